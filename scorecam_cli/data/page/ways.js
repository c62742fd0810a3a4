/* Ways in and out: links, buttons, keys. */

function step(by) {
  const others = among();
  const next = others[(others.indexOf(current) + by + others.length) % others.length];
  setState({ photo: next.dataset.key, class: "", run: "" });
}

function nextMode() {
  const usable = Array.from(byId("modes").children).filter((button) => !button.disabled);
  const at = usable.findIndex((button) => button.getAttribute("aria-pressed") === "true");
  const next = usable[(at + 1) % usable.length];
  setState({ mode: next.dataset.mode });
  announce(`View: ${next.textContent}`);
}

const stepKey = (by) => () => step(by);
Object.assign(viewerKeys, {
  "[": { words: "Previous photo; the left arrow too", press: stepKey(-1) },
  "]": { words: "Next photo; the right arrow too", press: stepKey(1) },
  "+": { words: "Zoom in", press: () => zoomBy(1.5) },
  "=": { press: () => zoomBy(1.5) },
  "-": { words: "Zoom out", press: () => zoomBy(1 / 1.5) },
  0: { words: "Fit", press: resetZoom },
  z: { words: "One pixel of the photo to one of the screen", press: zoomToPixels },
  m: { words: "Next view: single, classes, runs, swipe", press: nextMode },
  c: { words: "Contour", press: () => byId("contour").click() },
  x: { words: "Photo only, and back", press: () => byId("bare").click() },
  f: { words: "Side panel", press: foldSide },
  "?": { words: "These keys", press: showHelp },
});

function showHelp() {
  const rows = Object.entries(viewerKeys).filter(([, each]) => each.words);
  const moving = [["Arrows on the picture", "Move the cursor and read values; with Shift, move the picture"], ["Escape", "Close"]];
  const all = [...rows.map(([key, each]) => [key, each.words]), ...moving];
  byId("help-keys").replaceChildren(...all.flatMap(([key, words]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, words)]));
  byId("help").showModal();
}

const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Keys of the viewer, but for those that what has the focus takes itself.
function keys(event) {
  if (!current || byId("help").open || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape") {
    close();
    return;
  }
  const target = event.target;
  if (target.matches("textarea, select, input:not([type=checkbox]):not([type=range])")) return;
  const own = Object.hasOwn(viewerKeys, event.key) && viewerKeys[event.key];
  if (own) own.press();
  else if (!arrowKey(event, target)) return;
  event.preventDefault();
}

function arrowKey(event, target) {
  const by = arrows[event.key];
  if (!by || target.matches("input") || target.closest(".wide")) return false;
  if (target.id === "divider") moveCut(cut + 2 * (by[0] - by[1]));
  else if (target.id === "stage" && event.shiftKey) panBy(-40 * by[0], -40 * by[1]);
  else if (target.id === "stage") cursorBy(...by);
  else if (by[1]) return false;
  else if (target.getAttribute("role") === "tab") nextTab(target, by[0]);
  else step(by[0]);
  return true;
}

function nextTab(target, by) {
  const tabs = Array.from(byId("tabs").children);
  const next = tabs[(tabs.indexOf(target) + by + tabs.length) % tabs.length];
  next.click();
  next.focus();
}

function cursorBy(across, down) {
  const [x, y] = cursor || [0.5, 0.5];
  const inside = (share) => Math.min(Math.max(share, 0), 1);
  moveCursor(cursor ? [inside(x + 0.02 * across), inside(y + 0.02 * down)] : [x, y]);
  announce(`${Math.round(100 * cursor[0])} % across, ${Math.round(100 * cursor[1])} % down: ${readCursor() || "no map"}`);
}
