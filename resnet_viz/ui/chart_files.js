// What can be taken home of one chart, made in the browser: pictures, a page that needs no network, its numbers.

const LEAST_WIDTH = 800; // pixels of a picture, however narrow the page is
const PNG_SCALE = 2;

function saveAs(content, type, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser has begun to read it by then
}

// The figure as it is seen, zoom and all, on the page's own ground: readable wherever it is opened.
function grounded(node) {
  const ground = getComputedStyle(node).getPropertyValue("--st-background-color").trim() || "#fff";
  return { data: node.data, layout: { ...node.layout, paper_bgcolor: ground, plot_bgcolor: ground } };
}

function picture(format, scale) {
  return ({ Plotly, node, name }) => {
    const least = node.data.length ? LEAST_WIDTH : 0; // a diagram keeps its form
    const size = { width: Math.max(least, node.clientWidth), height: node.clientHeight };
    return Plotly.downloadImage(grounded(node), { format, scale, filename: name, ...size });
  };
}

// A page of its own: the library, the figure, what it shows, its numbers.
function standAlone({ data, layout }, { name, alt, library, tables }) {
  const script = (value) => JSON.stringify(value).replaceAll("<", "\\u003c");
  const said = made("p", alt).outerHTML;
  const listed = tables.map((table) => table.outerHTML).join("");
  const numbers = listed && `<details><summary>Numbers</summary>${listed}</details>`;
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width">
${made("title", name).outerHTML}
<style>
body { font-family: sans-serif; margin: 1rem; background: ${layout.paper_bgcolor}; color: ${layout.font.color}; }
#chart { height: 70vh; } #chart .modebar-container { top: auto !important; bottom: 1.75rem; } th, td { padding: 0.1rem 0.6rem; text-align: right; } caption { text-align: left; }
</style>`;
  const config = { responsive: true, displaylogo: false, showSendToCloud: false };
  const draw = `Plotly.newPlot("chart", ${script(data)}, ${script(layout)}, ${script(config)});`;
  const parts = [library.replace(/<\/script/gi, "<\\/script"), draw];
  const scripts = parts.map((code) => `<script>${code}</script>`).join("");
  return `<!doctype html>
<html lang="en"><head>${head}</head>
<body><main><div id="chart" role="figure"></div>${said}${numbers}</main>${scripts}</body></html>
`;
}

async function page({ node, name, data }) {
  const answer = await fetch(data.plotly_url);
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const figure = grounded(node);
  const more = { name, alt: data.alt, library: await answer.text(), tables: tablesOf(figure).map(drawnTable) };
  saveAs(standAlone(figure, more), "text/html", `${name}.html`);
}

const FILES = {
  PNG: { title: "Save as PNG picture", make: picture("png", PNG_SCALE) },
  SVG: { title: "Save as SVG picture", make: picture("svg", 1) },
  HTML: { title: "Save as HTML page that needs no network", make: page },
  CSV: {
    title: "Save numbers as CSV",
    counts: true,
    // The mark at the beginning tells spreadsheets that it is UTF-8.
    make: ({ node, name }) => saveAs(`\ufeff${csvOf(tablesOf(node))}`, "text/csv", `${name}.csv`),
  },
  Copy: {
    title: "Copy numbers for a spreadsheet",
    counts: true,
    done: "The numbers are on the clipboard.",
    make: ({ node }) => navigator.clipboard.writeText(tabbed(tablesOf(node))),
  },
};

// The buttons; `given` tells what is drawn when one is pressed, `say` shows a sentence.
function fileButtons(given, say) {
  const possible = Object.entries(FILES).filter(([kind]) => kind !== "Copy" || navigator.clipboard); // there on https
  return possible.map(([kind, { title, done, make, counts = false }]) => {
    const button = made("button", kind, { type: "button", title, "aria-label": title, "data-counts": counts });
    button.onclick = async () => {
      const drawn = given();
      say("One moment …");
      try {
        await make(drawn);
        say(done ?? `Saved as ${drawn.name}.${kind.toLowerCase()}.`);
      } catch (error) {
        say(`That did not work: ${error.message ?? error}. Try again, or reload the page.`);
      }
    };
    return button;
  });
}
