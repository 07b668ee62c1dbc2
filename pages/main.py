"""The script that lists the pages."""

from pathlib import Path

import streamlit as st

ICON = Path(__file__).parents[1] / "resnet_viz" / "ui" / "assets" / "icon.png"

st.set_page_config(page_title="resnet-viz", page_icon=ICON, layout="wide")
# The default page lives at the root; the second entry makes /race a link that can be shared.
race = st.Page("race.py", title="Race", icon=":material/sports_score:", url_path="start", default=True)
race_link = st.Page("race.py", title="Race", url_path="race", visibility="hidden")
explain = st.Page("explain.py", title="Explain", icon=":material/image_search:", url_path="explain")
block = st.Page("block.py", title="One block", icon=":material/calculate:", url_path="block")
highway = st.Page("highway.py", title="Gradient highway", icon=":material/trending_flat:", url_path="highway")
st.navigation([race, race_link, block, highway, explain], position="top").run()
