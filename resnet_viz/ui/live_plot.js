// One Plotly chart that is never rebuilt: Plotly.react on a node that stays, so zoom and legend survive each update.

const FRAMES_A_SECOND = 12;
const NUMBERS_MS = 250; // until an open table shows what the chart shows
const loading = {};

function loadPlotly(url) {
  loading[url] ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => { delete loading[url]; reject(new Error("plotly.min.js did not load")); };
    document.head.appendChild(script);
  });
  return loading[url];
}

// Draw one small chart of each kind out of sight: the first real one then finds the library compiled.
function warmUp(Plotly) {
  const node = document.createElement("div");
  const done = () => Plotly.purge(node);
  Plotly.newPlot(node, [{ y: [1, 2] }, { type: "heatmap", z: [[1, 2]], yaxis: "y2" }], { width: 200, height: 200 })
    .then(done, done);
}

// Charts are drawn one a frame, in the order of the page, so the first is on screen while the others wait.
let line = Promise.resolve();
function inTurn(draw) {
  const drawn = line.then(() => new Promise((resolve) => requestAnimationFrame(resolve))).then(draw);
  line = drawn.catch(() => {}); // one that fails does not hold up the next
  return drawn;
}

// The page's own colours, so a change of theme needs nothing from the server.
function themed(layout, node) {
  const style = getComputedStyle(node);
  const colour = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const text = colour("--st-text-color", "#444");
  const ground = colour("--st-background-color", "#fff");
  const grid = colour("--st-border-color", "rgba(128,128,128,.25)");
  const result = {
    ...layout,
    autosize: true,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: text, family: colour("--st-font", "sans-serif"), size: 13 },
    hoverlabel: { bgcolor: colour("--st-secondary-background-color", "#fff"), font: { color: text } },
    modebar: { bgcolor: ground, color: text, activecolor: colour("--st-primary-color", "#06c") },
  };
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis\d*$/.test(name)) {
      result[name] = { gridcolor: grid, zeroline: false, automargin: true, ...layout[name] };
    }
  }
  return result;
}

// A trace as it was at x = until: a curve up to there, or cells with the colours of the last moment before.
function revealed(trace, until) {
  if (trace.meta?.color) {
    const moment = trace.meta.x.findLastIndex((x) => x <= until);
    return { ...trace, marker: { ...trace.marker, color: trace.meta.color[Math.max(moment, 0)] } };
  }
  const end = trace.x.findIndex((x) => x > until); // the points of a curve are in the order of x
  return end < 0 ? trace : { ...trace, x: trace.x.slice(0, end), y: trace.y.slice(0, end) };
}

// What a figure shows when it is asked for x: cells have moments, and are those of the last one before, or the first.
function shownAt(traces, x) {
  const moments = traces.flatMap((trace) => (trace.meta?.color ? trace.meta.x : []));
  return moments.length ? Math.max(Math.min(...moments), ...moments.filter((moment) => moment <= x)) : x;
}

// A recorded figure that draws itself along x, with a button and a slider: `shown` draws it and gives where it then is.
// Gives how to end it.
function replay(controls, { seconds, last, unit, autoplay }, shown) {
  const [button, slider, output] = controls.children;
  const before = controls.hidden || Number(slider.value) >= Number(slider.max) ? last : Number(slider.value);
  let timer = null;
  const show = (x) => {
    output.textContent = `${unit} ${Math.round(shown(x))}`;
    slider.setAttribute("aria-valuetext", output.textContent);
  };
  const at = () => Number(slider.value);
  const goTo = (x) => { slider.value = x; show(at()); };
  const pause = () => { clearInterval(timer); timer = null; button.textContent = at() < last ? "Play" : "Play again"; };
  const tick = () => { goTo(Math.min(last, at() + last / (seconds * FRAMES_A_SECOND))); if (at() >= last) pause(); };
  const play = () => {
    if (at() >= last) goTo(0);
    timer = setInterval(tick, 1000 / FRAMES_A_SECOND);
    button.textContent = "Pause";
  };
  button.onclick = () => (timer ? pause() : play());
  slider.oninput = () => { pause(); show(at()); };
  slider.max = last;
  controls.hidden = false;
  goTo(before); // what grows is followed, unless somebody looks at an earlier moment; nothing moves unasked …
  pause();
  if (autoplay && !window.matchMedia("(prefers-reduced-motion: reduce)").matches) play(); // … by who wants no motion
  return () => clearInterval(timer);
}

// Below the chart: its numbers and files. Costs nothing while it is closed. Gives what to call when the chart changed.
function numbersAndFiles(more, node) {
  const [summary, files, said, numbers] = more.children;
  const about = node.latest.alt.split(/[.;:] /)[0];
  const counts = node.latest.figure.data.length > 0; // a diagram has no numbers
  summary.textContent = counts ? "Numbers and files" : "Files";
  summary.setAttribute("aria-label", `${summary.textContent}: ${about}`);
  numbers.setAttribute("aria-label", `Numbers: ${about}`);
  numbers.hidden = !counts;
  if (!files.children.length) {
    const given = () => ({ Plotly: window.Plotly, node, name: node.latest.name, data: node.latest });
    files.append(...fileButtons(given, (text) => { said.textContent = text; }));
  }
  for (const button of files.children) button.hidden = !counts && button.dataset.counts === "true";
  let waits = null;
  const fill = () => { waits = null; numbers.replaceChildren(...drawnTables(node.data ? tablesOf(node) : [])); };
  more.ontoggle = () => { if (more.open) fill(); else numbers.replaceChildren(); };
  return () => { if (more.open) waits ??= setTimeout(fill, NUMBERS_MS); }; // a replay draws many frames a second
}

// Do something when the page is drawn and rests; at once where a browser can't tell.
const whenIdle = window.requestIdleCallback ?? ((act) => act());

export default function (component) {
  const { data, parentElement } = component;
  const node = parentElement.querySelector(".live-plot");
  if (!data.figure) { // nothing to draw yet: only fetch and parse the library
    // When it fails, the first chart tries again and says so.
    whenIdle(() => loadPlotly(data.plotly_url).then((Plotly) => whenIdle(() => warmUp(Plotly)), () => {}));
    return;
  }
  const message = parentElement.querySelector(".live-plot-message");
  const more = parentElement.querySelector(".live-plot-more");
  more.hidden = false;
  node.style.height = data.share ? `min(${data.height}px, ${100 * data.share}vw)` : `${data.height}px`;
  node.setAttribute("role", "figure"); // not "img": the buttons within can be reached
  node.setAttribute("aria-label", data.alt);
  node.latest = data;
  const draw = (Plotly) => {
    if (node.latest !== data) return; // a newer update has come since
    const drawing = JSON.stringify(data.figure) + getComputedStyle(node).color;
    if (node.drawing === drawing) return; // nothing new: leave the node alone
    node.drawing = drawing;
    message.textContent = "";
    // The buttons below make better pictures, and to scale by itself is what a reset does.
    const modeBarButtonsToRemove = ["select2d", "lasso2d", "toImage", "autoScale2d"];
    const config = { responsive: true, displaylogo: false, showSendToCloud: false, modeBarButtonsToRemove };
    const layout = themed(data.figure.layout, node);
    const changed = numbersAndFiles(more, node);
    // Plotly writes what a visitor does into what it is given. Given the same once more, for another theme or moment,
    // it would take that for a wish of the page and forget it with the next update: so it has a copy.
    const show = (traces) => Plotly.react(node, structuredClone(traces), structuredClone(layout), config).then(changed);
    node.endReplay?.();
    if (!data.replay) return show(data.figure.data);
    const upTo = (x) => {
      show(data.figure.data.map((trace) => revealed(trace, x)));
      return shownAt(data.figure.data, x);
    };
    node.endReplay = replay(parentElement.querySelector(".live-plot-replay"), data.replay, upTo);
  };
  loadPlotly(data.plotly_url)
    .then((Plotly) => inTurn(() => draw(Plotly)))
    .catch((error) => { message.textContent = `The chart can't be drawn: ${error.message}. Reload the page.`; });
  return () => { // also called when a newer call came before this one had begun: the node then lives on
    if (node.isConnected) return;
    node.endReplay?.();
    if (window.Plotly) window.Plotly.purge(node);
  };
}
