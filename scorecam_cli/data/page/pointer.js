/* Mouse, pen and fingers on the stage: cursor, wheel, drag, pinch, double click, the divider of a swipe. */

const pointers = new Map(); // those that are down: id -> [x, y]
let dragged = null; // what a drag moves: "picture", "divider", or a swipe of the finger through the photos
let pinched = 0; // how far apart two fingers were
let fitSince = -Infinity; // when zooming out came to its end

// The pane under a point, and where that is: in pixels from the middle of its view, and as shares of its picture.
function underPoint(x, y) {
  const pane = shownPanes.find(({ view }) => within(view.getBoundingClientRect(), x, y));
  if (!pane) return null;
  const view = pane.view.getBoundingClientRect();
  const frame = pane.frame.getBoundingClientRect();
  const place = [(x - frame.left) / frame.width, (y - frame.top) / frame.height];
  return { x: x - view.left - view.width / 2, y: y - view.top - view.height / 2, place: place.every((share) => share >= 0 && share <= 1) ? place : null };
}

const within = (box, x, y) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;

function watchPointers(stage) {
  stage.addEventListener("wheel", wheel, { passive: false });
  stage.addEventListener("dblclick", (event) => {
    const at = underPoint(event.clientX, event.clientY);
    if (!at) return;
    if (zoom.times > 1) resetZoom();
    else zoomBy(3, at.x, at.y);
  });
  stage.addEventListener("pointerdown", down);
  stage.addEventListener("pointermove", move);
  stage.addEventListener("pointerup", up);
  stage.addEventListener("pointercancel", up);
  stage.addEventListener("pointerleave", () => pointers.size === 0 && moveCursor(null));
}

// Where all of the picture is seen and the page can be scrolled, the wheel scrolls it.
function wheel(event) {
  const at = underPoint(event.clientX, event.clientY);
  const out = event.deltaY > 0;
  const ended = zoom.times === 1 && event.timeStamp - fitSince > 400;
  if (!at || (!event.ctrlKey && ended && (out || window.scrollY > 0))) return;
  event.preventDefault();
  const before = zoom.times;
  zoomBy(Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) / 200), at.x, at.y);
  if (zoom.times === 1 && before > 1) fitSince = event.timeStamp;
}

function down(event) {
  if (event.button) return;
  pointers.set(event.pointerId, [event.clientX, event.clientY]);
  const touch = event.pointerType === "touch";
  if (event.target.id === "divider" || (byId("divider") && zoom.times === 1)) dragged = "divider";
  else dragged = zoom.times > 1 || !touch ? "picture" : "photos";
  pinched = pointers.size === 2 ? apart() : 0;
  if (!touch) event.preventDefault(); // the focus stays where it is
  if (event.target.id === "divider") event.target.focus();
  if (dragged !== "photos") byId("stage").setPointerCapture(event.pointerId);
  if (dragged === "divider") cutAt(event.clientX);
}

function apart() {
  const [[x, y], [u, v]] = pointers.values();
  return Math.hypot(x - u, y - v);
}

function move(event) {
  const before = pointers.get(event.pointerId);
  const at = underPoint(event.clientX, event.clientY);
  if (!before) {
    moveCursor(at && at.place);
    return;
  }
  if (pointers.size === 2) {
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    const distance = apart();
    if (at && pinched) zoomBy(distance / pinched, at.x, at.y);
    pinched = distance;
    dragged = "picture";
    return;
  }
  if (dragged === "photos") return;
  pointers.set(event.pointerId, [event.clientX, event.clientY]);
  if (dragged === "divider") cutAt(event.clientX);
  else panBy(event.clientX - before[0], event.clientY - before[1]);
}

function up(event) {
  const began = pointers.get(event.pointerId);
  pointers.delete(event.pointerId);
  pinched = 0;
  if (!began || event.type === "pointercancel" || dragged !== "photos") return;
  const across = event.clientX - began[0];
  if (Math.abs(across) > 60 && Math.abs(across) > 2 * Math.abs(event.clientY - began[1])) step(across < 0 ? 1 : -1);
  else if (Math.abs(across) < 8) moveCursor(underPoint(event.clientX, event.clientY)?.place || null); // a tap reads the value
}

function cutAt(x) {
  const box = byId("stage").getBoundingClientRect();
  moveCut((100 * (x - box.left)) / box.width);
}
