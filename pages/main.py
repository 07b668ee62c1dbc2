"""The script that lists the pages."""

from pathlib import Path

import streamlit as st

from resnet_viz.ui import state
from resnet_viz.ui.lessons import BY_KEY, LESSONS
from resnet_viz.ui.theme import readable_on_primary

ICON = Path(__file__).parents[1] / "resnet_viz" / "ui" / "assets" / "icon.png"
DOORS = ("race", "explain")  # beside the path itself

st.set_page_config(page_title="resnet-viz", page_icon=ICON, layout="wide")
pages = {
    lesson.key: st.Page(
        lesson.file, title=lesson.title, icon=f":material/{lesson.icon}:", url_path=lesson.key
    ) for lesson in LESSONS
}  # fmt: skip
home = st.Page("home.py", title="Start", icon=":material/home:", default=True)
library = st.Page("library.py", title="Library", icon=":material/inventory_2:", url_path="library")
shown = st.navigation(
    {
        "": [home, *(pages[key] for key in DOORS), library],
        "Look inside": [page for key, page in pages.items() if key not in DOORS],
    },
    position="top",
)
readable_on_primary()
state.read_done(BY_KEY)
shown.run()
