/* The stage: one picture or several, under one zoom and one cursor. */

let shownPanes = []; // { run, found, map, view, frame, read }
let cut = 50; // per cent of the width that a swipe leaves of the first picture

// Pictures and their captions; the first time, or where others are to be seen.
function showStage(photo, run, found) {
  const { mode, panes } = panesOf(photo, run, found);
  const stage = byId("stage");
  dropLayers(shownPanes.map((pane) => pane.map).filter(Boolean));
  shownPanes = panes.map((pane) => ({ ...pane }));
  for (const pane of shownPanes) buildPane(photo, pane);
  const like = photo.card.querySelector(".photo") || photo.card.querySelector(".map");
  stage.className = mode;
  stage.hidden = !like;
  if (like) stage.style.setProperty("--shape", String(like.getAttribute("width") / like.getAttribute("height")));
  stage.replaceChildren(...shownPanes.map((pane) => pane.element), ...(mode === "swipe" ? [divider()] : []));
  if (mode === "swipe") moveCut(cut);
  const chosen = shownPanes.find((pane) => pane.run === run && pane.found === found) || shownPanes[0];
  if (chosen && chosen.map) chosen.map.id = "map";
  for (const button of byId("modes").children) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    button.disabled = !modes(photo, run, found)[button.dataset.mode];
  }
  layOut();
  moveCursor(null);
}

function buildPane(photo, pane) {
  const own = photo.card.querySelector(".photo");
  pane.frame = make("div", { class: "frame" });
  if (own) pane.frame.append(picture(own, own.src, `Photo ${photo.name}`));
  pane.map = mapLayer(photo, pane.run, pane.found, rangeOf());
  if (pane.map) pane.frame.append(pane.map);
  pane.cross = make("span", { class: "cross", hidden: "" });
  pane.frame.append(pane.cross);
  pane.view = make("div", { class: "view" }, pane.frame);
  pane.read = make("span", { class: "read" });
  const name = pane.found ? [make("bdi", {}, pane.found.name), ` ${pane.found.percent}`] : ["photo"];
  const caption = make("figcaption", {}, ...name, pane.run.name ? ` · ${pane.run.name}` : "", " ", pane.read);
  pane.element = make("figure", { class: "pane" }, pane.view, caption);
}

function picture(like, address, text) {
  const image = make("img", { alt: text, width: like.getAttribute("width"), height: like.getAttribute("height"), draggable: "false" });
  image.src = address;
  return image;
}

// The range that all maps on the stage share; null where each has its own.
function rangeOf() {
  if (!state.common) return null;
  const known = shownPanes.map((pane) => pane.found).filter((found) => found && found.channel && found.lowest !== null);
  if (known.length < 2 || new Set(known.map((found) => found.signed)).size > 1) return null;
  const range = [Math.min(...known.map((found) => found.lowest)), Math.max(...known.map((found) => found.highest))];
  return range[1] > range[0] ? range : null;
}

function recolourStage() {
  for (const pane of shownPanes) if (pane.map) recolour(pane.map, pane.run, pane.found, rangeOf());
}

// As many columns as make the pictures largest.
function layOut() {
  const stage = byId("stage");
  const [width, height] = [stage.clientWidth, stage.clientHeight];
  const shape = Number(stage.style.getPropertyValue("--shape")) || 1;
  const count = stage.classList.contains("swipe") ? 1 : Math.max(shownPanes.length, 1);
  const size = (columns) => Math.min(width / columns, (height / Math.ceil(count / columns) - 24) * shape);
  let best = 1;
  for (let columns = 2; columns <= count; columns += 1) if (size(columns) > size(best)) best = columns;
  stage.style.setProperty("--columns", String(best));
  applyZoom();
}

/* One zoom over all: how many times as large, and how far from the middle, in pixels. */

let zoom = { times: 1, x: 0, y: 0 };
const LARGEST = 32;

function resetZoom() {
  zoom = { times: 1, x: 0, y: 0 };
  applyZoom();
}

function applyZoom() {
  const view = shownPanes[0]?.view;
  if (view) {
    const { clientWidth: width, clientHeight: height } = view;
    const frame = shownPanes[0].frame;
    const most = (inner, outer) => Math.max(0, (inner * zoom.times - outer) / 2);
    const within = (value, limit) => Math.min(Math.max(value, -limit), limit);
    zoom.x = within(zoom.x, most(frame.offsetWidth, width));
    zoom.y = within(zoom.y, most(frame.offsetHeight, height));
  }
  for (const { frame } of shownPanes) {
    frame.style.transform = zoom.times === 1 ? "" : `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.times})`;
    frame.style.setProperty("--times", String(zoom.times));
  }
  byId("stage").classList.toggle("zoomed", zoom.times > 1);
  byId("zoom-out").disabled = zoom.times === 1;
}

// Zooms so that what lies at a place, in pixels from the middle of its view, stays there.
function zoomBy(factor, x = 0, y = 0) {
  const times = Math.min(Math.max(zoom.times * factor, 1), LARGEST);
  const ratio = times / zoom.times;
  zoom = { times, x: x - (x - zoom.x) * ratio, y: y - (y - zoom.y) * ratio };
  applyZoom();
}

// One pixel of the photo is one of the screen.
function zoomToPixels() {
  const frame = shownPanes[0]?.frame;
  const image = frame?.querySelector("img");
  if (image) zoomBy(image.getAttribute("width") / (frame.offsetWidth * window.devicePixelRatio) / zoom.times);
}

function panBy(x, y) {
  zoom = { ...zoom, x: zoom.x + x, y: zoom.y + y };
  applyZoom();
}

/* One cursor over all. */

let cursor = null; // across and down, each in [0, 1]

function moveCursor(place) {
  cursor = place;
  for (const pane of shownPanes) {
    pane.cross.hidden = !place;
    if (place) {
      pane.cross.style.left = `${100 * place[0]}%`;
      pane.cross.style.top = `${100 * place[1]}%`;
    }
    pane.read.textContent = place && pane.found ? valueAt(pane.found, ...place) : "";
  }
}

// Which values lie under the cursor, in words.
function readCursor() {
  const found = shownPanes.filter((pane) => pane.found && pane.read.textContent);
  return found.map((pane) => [pane.found.name, shownPanes.length > 1 ? pane.run.name : "", pane.read.textContent].filter(Boolean).join(" ")).join("; ");
}

/* What a swipe uncovers. */

function divider() {
  const handle = make("div", { id: "divider", role: "slider", tabindex: "0", "aria-label": "Divider", "aria-valuemin": "0", "aria-valuemax": "100" });
  return handle;
}

function moveCut(percent) {
  cut = Math.min(Math.max(percent, 0), 100);
  byId("stage").style.setProperty("--cut", `${cut}%`);
  const handle = byId("divider");
  if (!handle) return;
  handle.setAttribute("aria-valuenow", String(Math.round(cut)));
  handle.setAttribute("aria-valuetext", `${Math.round(cut)} % ${shownPanes[0]?.found?.name || "photo"}`);
}
