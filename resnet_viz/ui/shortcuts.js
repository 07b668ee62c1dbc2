// Streamlit's shortcuts are deaf while any input has the focus, also a switch, a choice or a slider, in which nobody
// types: there a function key is said once more, to the page.

const TAKES_NO_TEXT = "input:is([type=checkbox], [type=radio], [type=range])";

document.addEventListener("keydown", (event) => {
  if (!/^F\d+$/.test(event.key) || !event.target.matches?.(TAKES_NO_TEXT)) return;
  if (!document.body.dispatchEvent(new KeyboardEvent("keydown", event))) event.preventDefault();
});

export default function () {}
