/* Maps of one channel are coloured by filters of SVG: no pixel is read, so that it works from a disk too. */

const SVG = "http://www.w3.org/2000/svg";
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"; // a level of 64 as one letter
const colours = JSON.parse(byId("colours").textContent); // name -> 256 colours as hexadecimal digits
const colourTables = new Map();
let layerCount = 0;

addField("colours", "l"); // a colour map; empty: the one that the map was drawn in
addField("veil", "v", "value"); // how opaque: "value", the more the larger; "even", everywhere alike
addField("opacity", "o"); // per cent; empty: what is usual
addField("from", "h", "0"); // per cent of the range, below which nothing is drawn
addField("contour", "i");
addField("common", "w"); // one scale for all maps that are shown

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// The 256 colours of a colour map, three bytes each; null where the page does not know it.
function colourTable(name) {
  if (!Object.hasOwn(colours, name)) return null;
  if (!colourTables.has(name)) {
    colourTables.set(name, Uint8Array.from({ length: 768 }, (_, place) => parseInt(colours[name].slice(2 * place, 2 * place + 2), 16)));
  }
  return colourTables.get(name);
}

const twoColours = ["RdBu_r", "PuOr_r", "coolwarm"]; // for signed maps, besides their own

// The colour map that a map is shown in. A choice for one kind of map says nothing of the other.
function coloursOf(run, found) {
  const fits = state.colours && found.signed === twoColours.includes(state.colours) && colourTable(state.colours);
  return fits ? state.colours : run.colormap;
}

const opacityOf = (run) => Number(state.opacity || (state.veil === "even" ? Math.round(run.alpha * 100) : 85)) / 100;

// Red, green, blue, opacity and whether a level lies within the contour: of each of 256 levels, each in [0, 1].
function curvesOf(run, found, range) {
  const table = colourTable(coloursOf(run, found)) || colourTable("gray");
  const top = found.signed ? 254 : 255;
  const [from, line] = [Number(state.from) / 100, Number(state.from) / 100 || 0.5];
  const curves = { R: [], G: [], B: [], A: [], inside: [] };
  for (let level = 0; level < 256; level += 1) {
    const place = placeOf(Math.min(level / top, 1), found, range);
    const strength = found.signed ? Math.abs(2 * place - 1) : place;
    const shown = found.flat ? 0 : opacityOf(run) * (state.veil === "even" ? 1 : found.signed ? strength : strength ** 1.5);
    const colour = 3 * Math.round(255 * place);
    curves.R.push(table[colour] / 255);
    curves.G.push(table[colour + 1] / 255);
    curves.B.push(table[colour + 2] / 255);
    curves.A.push(strength < from ? 0 : shown);
    curves.inside.push(strength >= line && !found.flat ? 1 : 0);
  }
  return curves;
}

// Where a share of a map's own range lies in the range that the colours go over.
function placeOf(share, found, range) {
  if (!range || found.lowest === null || found.flat) return share;
  const value = found.lowest + share * (found.highest - found.lowest);
  return Math.min(Math.max((value - range[0]) / (range[1] - range[0]), 0), 1);
}

const values = (curve) => curve.map((value) => value.toFixed(3)).join(" ");
const transfer = (input, result, functions) =>
  svg("feComponentTransfer", { in: input, result }, ...functions.map(([letter, curve]) => svg(`feFunc${letter}`, { type: "table", tableValues: values(curve) })));

// A filter that makes the picture of a map out of its levels.
function filterOf(id, run, found, range) {
  const curves = curvesOf(run, found, range);
  const filter = svg("filter", { id, x: "0", y: "0", width: "100%", height: "100%", "color-interpolation-filters": "sRGB" });
  filter.append(
    transfer("SourceGraphic", "colours", ["R", "G", "B"].map((letter) => [letter, curves[letter]])),
    svg("feColorMatrix", { in: "SourceGraphic", result: "levels", values: "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 0 0 0" }),
    transfer("levels", "opacity", [["A", curves.A]]),
    svg("feComposite", { in: "colours", in2: "opacity", operator: "in", result: "map" }),
  );
  if (state.contour) filter.append(...contour(curves.inside));
  return filter;
}

// A white line between two dark ones, where the levels come to be inside.
function contour(inside) {
  const ring = (radius, colour, result) => [
    svg("feMorphology", { in: "inside", operator: "dilate", radius, result: `${result}-wide` }),
    svg("feComposite", { in: `${result}-wide`, in2: "inside", operator: "out", result: `${result}-ring` }),
    svg("feFlood", { "flood-color": colour }),
    svg("feComposite", { in2: `${result}-ring`, operator: "in", result }),
  ];
  const merged = svg("feMerge", {}, ...["map", "dark", "light"].map((name) => svg("feMergeNode", { in: name })));
  return [transfer("levels", "inside", [["A", inside]]), ...ring("3", "#000", "dark"), ...ring("1.6", "#fff", "light"), merged];
}

// The element that shows the map of a class in colours; null where there is none. range: [low, high] of the colours.
function mapLayer(photo, run, found, range = null) {
  if (!found || !found.drawn) return null;
  const own = photo.card.querySelector(".map");
  const like = photo.card.querySelector(".photo") || own;
  const said = [`Map of the class ${found.name}`, found.seen].filter(Boolean).join(": ");
  const map = picture(like, found.address || own.src, said);
  map.className = found.laid_over ? "map alone" : "map";
  map.dataset.filter = `m${(layerCount += 1)}`;
  recolour(map, run, found, range);
  return map;
}

// Shows a map as the state has it; its filter stays as long as `dropLayers` is not told of it.
function recolour(map, run, found, range) {
  if (!found.channel) {
    map.style.opacity = found.laid_over ? "1" : String(opacityOf(run));
    return;
  }
  const id = map.dataset.filter;
  const filter = filterOf(id, run, found, range);
  const old = byId(id);
  if (old) old.replaceWith(filter);
  else byId("filters").append(filter);
  map.style.filter = `url(#${id})`;
}

function dropLayers(maps) {
  for (const map of maps) byId(map.dataset.filter)?.remove();
}

// The colours from low to high in a canvas of 256 pixels; false where the colour map is not known.
function drawBar(canvas, name) {
  const table = colourTable(name);
  if (!table) return false;
  const pen = canvas.getContext("2d");
  const pixels = pen.createImageData(256, 1);
  for (let level = 0; level < 256; level += 1) pixels.data.set([...table.slice(3 * level, 3 * level + 3), 255], 4 * level);
  pen.putImageData(pixels, 0, 0);
  return true;
}

// The share of a map's range at a place, both in [0, 1]; null where no values are known. Between values it is linear.
function shareAt(found, across, down) {
  if (!found.values) return null;
  const [columns, levels] = found.values;
  const rows = levels.length / columns;
  const x = Math.min(Math.max(across * columns - 0.5, 0), columns - 1);
  const y = Math.min(Math.max(down * rows - 0.5, 0), rows - 1);
  const at = (row, column) => DIGITS.indexOf(levels[Math.min(row, rows - 1) * columns + Math.min(column, columns - 1)]) / 63;
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const above = at(top, left) * (1 - x + left) + at(top, left + 1) * (x - left);
  const below = at(top + 1, left) * (1 - x + left) + at(top + 1, left + 1) * (x - left);
  return above * (1 - y + top) + below * (y - top);
}

// The value of a map at a place, in words.
function valueAt(found, across, down) {
  const share = shareAt(found, across, down);
  if (share === null || found.lowest === null) return "";
  const value = found.lowest + share * (found.highest - found.lowest);
  return `about ${Number(value.toPrecision(2))}${found.signed ? "" : ` (${Math.round(100 * share)} % of the range)`}`;
}
