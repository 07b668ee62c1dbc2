"""Charts: a snapshot in, a Plotly figure out. Pure functions; no torch, no Streamlit."""

from resnet_viz.charts.race import error_figure, gradient_heat_figure, gradient_now_figure, loss_figure

__all__ = ["error_figure", "gradient_heat_figure", "gradient_now_figure", "loss_figure"]
