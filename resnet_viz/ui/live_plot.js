// One Plotly chart that is never rebuilt: Plotly.react on a node that stays, so zoom and legend survive each update.

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
  const grid = colour("--st-border-color", "rgba(128,128,128,.25)");
  const result = {
    ...layout,
    autosize: true,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: text, family: colour("--st-font", "sans-serif"), size: 13 },
    hoverlabel: { bgcolor: colour("--st-secondary-background-color", "#fff"), font: { color: text } },
  };
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis\d*$/.test(name)) {
      result[name] = { gridcolor: grid, zeroline: false, automargin: true, ...layout[name] };
    }
  }
  return result;
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
  node.style.height = `${data.height}px`;
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", data.alt);
  node.latest = data;
  const draw = (Plotly) => {
    if (node.latest !== data) return; // a newer update has come since
    const drawing = JSON.stringify(data.figure) + getComputedStyle(node).color;
    if (node.drawing === drawing) return; // nothing new: leave the node alone
    node.drawing = drawing;
    message.textContent = "";
    const config = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] };
    return Plotly.react(node, data.figure.data, themed(data.figure.layout, node), config);
  };
  loadPlotly(data.plotly_url)
    .then((Plotly) => inTurn(() => draw(Plotly)))
    .catch((error) => { message.textContent = `The chart can't be drawn: ${error.message}. Reload the page.`; });
  return () => { if (window.Plotly) window.Plotly.purge(node); };
}
