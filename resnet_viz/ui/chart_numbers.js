// The numbers of a chart as tables and as text, read off what Plotly was given.

const MOST_ROWS = 200; // of a table on the page; files have all
const MOST_COLUMNS = 12;
const WORDS = { class: "words" };

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
// Words without the few tags that Plotly understands, and with what stands for other signs.
const plain = (text) => String(text ?? "").replace(/<br\s*\/?>/g, ", ").replace(/<[^>]*>/g, "")
  .replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]).trim();
const titleOf = (axis) => plain(axis.title?.text ?? axis.title);
const axisOf = (layout, id) => layout[id.replace(/^[xy]/, "$&axis")] ?? {};

// What an axis writes at a value, or else the value.
function written(axis, value) {
  const place = axis.ticktext ? (axis.tickvals ?? []).indexOf(value) : -1;
  return place < 0 ? (typeof value === "string" ? plain(value) : value) : plain(axis.ticktext[place]);
}

function evenly(list, most) {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, place) => list[Math.round((place * (list.length - 1)) / (most - 1))]);
}

// A trace along its axis: { name, along, across, points of key, order, value, note }. Bars that lie go along y.
function seriesOf(trace, layout) {
  const lies = trace.orientation === "h" || (typeof trace.y?.[0] === "string" && typeof trace.x?.[0] !== "string");
  const [along, across] = lies ? ["y", "x"] : ["x", "y"];
  const axis = axisOf(layout, trace[`${along}axis`] ?? along);
  const told = Array.isArray(trace.text) && (trace.hovertemplate ?? "").includes("%{text}");
  const unit = plain(layout.meta?.cells); // then the colour is the number; before it is known, there is none
  const colours = Array.isArray(trace.marker?.color) ? trace.marker.color : [];
  const values = (unit ? colours : trace[across]) ?? [];
  const places = trace[along] ?? values.map((_, place) => place);
  const orders = axis.categoryarray ?? (typeof places[0] === "string" ? [...new Set(places)] : null);
  const reversed = axis.autorange === "reversed" || axis.range?.[0] > axis.range?.[1]; // before and after it is drawn
  const down = lies && !reversed; // the first is at the bottom
  const points = places.map((place, i) => {
    const order = orders ? orders.indexOf(place) : place;
    const key = told && !lies ? plain(trace.text[i]) : written(axis, place);
    const note = told && lies ? plain(trace.text[i]) : "";
    return { key, order: down ? -order : order, value: values[i] ?? null, note };
  });
  const about = { name: plain(trace.meta?.column ?? trace.name), along: titleOf(axis) };
  const listed = trace.type === "bar" || orders !== null;
  return { ...about, unit: unit || titleOf(axisOf(layout, trace[`${across}axis`] ?? across)), points, listed };
}

// A series that has several values at one place becomes several: those of several seeds, the edges of a band.
function split(series, names = []) {
  const passes = [];
  const seen = new Map();
  for (const point of series.points) {
    const pass = seen.get(point.key) ?? 0;
    seen.set(point.key, pass + 1);
    (passes[pass] ??= []).push(point);
  }
  if (passes.length < 2) return [series];
  return passes.map((points, pass) => ({ ...series, name: names[pass] ?? `${series.name} ${pass + 1}`, points }));
}

// A row a place, a column a series.
function wide(series) {
  const rows = new Map();
  series.forEach(({ points }, column) => {
    for (const { key, order, value } of points) {
      if (!rows.has(key)) rows.set(key, { order, cells: Array(series.length).fill(null) });
      const row = rows.get(key);
      row.order = Math.max(row.order, order);
      row.cells[column] = value;
    }
  });
  return [...rows].sort(([, one], [, other]) => one.order - other.order).map(([key, row]) => [key, ...row.cells]);
}

// A row a point: for series that hardly share a place, such as bars in several hues.
function long(series, noted) {
  const rows = series.flatMap(({ name, points }) => points.map((point) => ({ ...point, name })));
  if (series.every((one) => one.listed)) rows.sort((one, other) => one.order - other.order);
  return rows.map(({ key, name, value, note }) => [key, name, value, ...(noted ? [note] : [])]);
}

function seriesTable(series) {
  const { along, unit } = series[0];
  const first = along || "name";
  const caption = along ? `${unit || "value"} by ${along}` : unit;
  const rows = wide(series);
  const lengths = series.map(({ points }) => points.length);
  const noted = series.some(({ points }) => points.some(({ note }) => note));
  const shared = rows.length < lengths.reduce((sum, length) => sum + length, 0);
  if (noted || (series.length > 1 && (!shared || rows.length > 1.5 * Math.max(...lengths)))) {
    const head = [first, "kind", unit || "value", ...(noted ? ["note"] : [])];
    return { caption, head, rows: long(series, noted), unit };
  }
  const units = new Set(series.map((one) => one.unit));
  const names = series.map((one) => (units.size > 1 ? `${one.name} (${one.unit})` : one.name || unit || "value"));
  return { caption, head: [first, ...names], rows, unit };
}

function heatTable(trace, layout) {
  const [x, y] = ["x", "y"].map((kind) => axisOf(layout, trace[`${kind}axis`] ?? kind));
  const columns = (trace.x ?? trace.z[0]?.map((_, place) => place) ?? []).map((value) => written(x, value));
  const rows = trace.z.map((cells, place) => [written(y, trace.y?.[place] ?? place), ...cells]);
  const [down, across, unit] = [titleOf(y) || "row", titleOf(x) || "column", plain(layout.meta?.cells) || "value"];
  const caption = `${plain(trace.name)}: ${unit}, ${down} by ${across}`;
  const head = [`${down} \\ ${across}`, ...columns];
  return { caption, name: plain(trace.name), head, rows, unit, cells: [down, across] };
}

// Every table of a figure: one an x axis, and one a heat map.
function tablesOf({ data, layout }) {
  const maps = data.filter((trace) => trace.type === "heatmap").map((trace) => heatTable(trace, layout));
  const axes = new Map();
  for (const trace of data) {
    if (trace.type === "heatmap") continue;
    const axis = trace.xaxis ?? "x";
    axes.set(axis, [...(axes.get(axis) ?? []), ...split(seriesOf(trace, layout), trace.meta?.columns)]);
  }
  const tables = [...axes.values()].map(seriesTable).concat(maps);
  return tables.filter((table) => table.rows.length);
}

// All numbers in one table, head first: of several tables, a row a number.
function flat(tables) {
  if (tables.length === 1 && !tables[0].cells) return [tables[0].head, ...tables[0].rows];
  const { cells, unit } = tables[0] ?? {};
  const rows = tables.flatMap(({ name, caption, head, rows }) =>
    rows.flatMap(([key, ...values]) => values.map((value, column) => [name ?? caption, key, head[column + 1], value])));
  return [["chart", ...(cells ?? ["place", "curve"]), unit || "value"], ...rows];
}

// What a spreadsheet reads; it shall take no name for a formula.
function safe(value) {
  return typeof value === "string" && /^[=+\-@]/.test(value) ? `'${value}` : String(value ?? "");
}

// One field of a CSV.
function field(value) {
  const text = safe(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csvOf = (tables) => flat(tables).map((row) => row.map(field).join(",") + "\r\n").join("");
const tabbed = (tables) => flat(tables).map((row) => row.map(safe).join("\t")).join("\n");

function shown(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(8))) : String(value);
}

function made(name, text, attributes = {}) {
  const element = document.createElement(name);
  element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// A table of HTML, thinned to what one can read.
function drawnTable({ caption, head, rows }) {
  const places = evenly(head.map((_, place) => place).slice(1), MOST_COLUMNS);
  const few = evenly(rows, MOST_ROWS);
  const left = [[few.length, rows.length, "rows"], [places.length, head.length - 1, "columns"]]
    .filter(([here, all]) => here < all)
    .map(([here, all, what]) => `${here} of ${all.toLocaleString("en")} ${what}`);
  const table = document.createElement("table");
  table.append(made("caption", caption + (left.length ? ` (${left.join(", ")}; the CSV has all that the chart has)` : "")));
  const top = table.createTHead().insertRow();
  const kinds = head.map((_, place) => (few.some((row) => typeof row[place] === "string") ? WORDS : {}));
  for (const place of [0, ...places]) top.append(made("th", shown(head[place]), { scope: "col", ...kinds[place] }));
  const body = table.createTBody();
  for (const row of few) {
    const line = body.insertRow();
    line.append(made("th", shown(row[0]), { scope: "row" }));
    for (const place of places) line.append(made("td", shown(row[place]), kinds[place]));
  }
  return table;
}

function drawnTables(tables) {
  return tables.length ? tables.map(drawnTable) : [made("p", "There are no numbers yet: they come with the curves.")];
}
