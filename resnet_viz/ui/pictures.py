"""Pictures of a visitor: files, camera, clipboard, samples. Names are only shown; files are named by content."""

import re
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from resnet_viz.engine.explainer import Explainer
from resnet_viz.places import SAMPLES, sample_picture
from resnet_viz.questions import MAX_PICTURE_BYTES
from resnet_viz.ui import state

TYPES = ["jpg", "jpeg", "png", "webp"]
MAX_PICTURES = 12
MAX_NAME = 40  # characters of a name within a sentence


@dataclass(frozen=True)
class Shown:
    """A picture: what the visitor calls it, and where it lies."""

    name: str
    path: Path

    @property
    def plain_name(self) -> str:
        """The name where a page's text is Markdown: nothing in it can be read as a mark."""
        return re.sub(r"[^\w .-]|_", "", self.name)[:MAX_NAME].strip() or "a picture"


def choose_pictures(explainer: Explainer) -> list[Shown]:
    """Draw the ways to give pictures; those given, newest kinds first, at most MAX_PICTURES."""
    names = st.pills("Samples", list(SAMPLES), selection_mode="multi", default=["coffee"], wrap=True, key="samples")
    files = st.file_uploader("Your pictures", TYPES, accept_multiple_files=True, key="files")
    given = [(file.name, file.getvalue()) for file in files]
    if st.toggle("Camera", key="camera_on") and (photo := st.camera_input("Take a picture", key="camera")):
        given.append(("camera", photo.getvalue()))
    pasted = st.chat_input("Or paste one here", accept_file="multiple", file_type=TYPES, key="paste", max_chars=1)
    if pasted is not None:
        state.add_pasted([(file.name, file.getvalue()) for file in pasted.files])
    given += state.pasted()
    if state.pasted():
        st.button("Forget pasted pictures", key="forget_pasted", on_click=state.forget_pasted)
    kept = [shown for name, content in given if (shown := _keep(explainer, name, content))]
    kept += [Shown(name, sample_picture(name)) for name in names]
    if len(kept) > MAX_PICTURES:
        st.caption(f"The first {MAX_PICTURES} pictures are used.")
    return kept[:MAX_PICTURES]


def _keep(explainer: Explainer, name: str, content: bytes) -> Shown | None:
    """Hand a picture to the explainer, which names its file by its content; one that is too large is refused here."""
    name = plain(name)
    if len(content) > MAX_PICTURE_BYTES:
        st.error(f"{name} has {len(content) / 1e6:.1f} MB; at most {MAX_PICTURE_BYTES / 1e6:.0f} MB are read.")
        return None
    try:
        return Shown(name, explainer.picture(content))
    except OSError:
        st.error(f"{name} can't be kept: the disk of this server is full. Ask whoever runs it.")
        return None


def plain(name: str) -> str:
    """A name as text: what Markdown would read as a sign is left out."""
    kept = "".join(sign for sign in name if sign.isalnum() or sign in " .-()")
    return kept[:40] or "a picture"
