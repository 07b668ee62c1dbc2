import pytest

from resnet_viz.ui.live_plot import SCRIPTS, file_name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("loss_0a1B2c", "resnet-viz-loss-0a1B2c"),
        ("dots_ImageNet validation, top-5 error (%)", "resnet-viz-dots-ImageNet-validation-top-5-error"),
        ("../../etc/passwd\n<b>", "resnet-viz-etc-passwd-b"),
    ],
)
def test_a_file_is_called_after_its_chart_and_nothing_else(key: str, name: str) -> None:
    assert file_name(key) == name


def test_the_script_that_exports_comes_last() -> None:
    assert SCRIPTS[-1] == "live_plot.js"
