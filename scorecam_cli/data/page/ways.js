/* Ways in and out: links, buttons, keys. */

function step(by) {
  const others = among();
  const next = others[(others.indexOf(current) + by + others.length) % others.length];
  setState({ photo: next.dataset.key, class: "", run: "" });
}

function closed() {
  if (printing) return;
  const card = current;
  current = null;
  if (state.photo) setState({ photo: "", class: "", run: "" });
  if (card && !card.hidden) card.querySelector("a").focus();
}

// What scrolls by keys where the focus is on nothing that takes these keys itself.
function scroll(key) {
  const screen = 0.9 * byId("body").clientHeight;
  const by = { PageDown: screen, PageUp: -screen, ArrowDown: 60, ArrowUp: -60, Home: -1e6, End: 1e6 }[key];
  if (by) byId("body").scrollBy({ top: by });
  return Boolean(by);
}

function keys(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.id === "opacity" || event.target.closest(".wide")) return;
  if (event.target.getAttribute("role") !== "tab" || event.key.startsWith("Page")) {
    if (scroll(event.key)) event.preventDefault();
  }
  const own = Object.hasOwn(viewerKeys, event.key) && !event.target.matches("input, select, textarea") && viewerKeys[event.key];
  if (own) {
    event.preventDefault();
    own.press();
    return;
  }
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const tabs = Array.from(byId("tabs").children);
  const at = tabs.indexOf(event.target);
  if (at < 0) {
    step(by);
    return;
  }
  const next = tabs[(at + by + tabs.length) % tabs.length];
  next.click();
  next.focus();
}
