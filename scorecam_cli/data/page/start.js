/* What happens is tied to what does it; then the first look. */

byId("search").addEventListener("input", (event) => setState({ query: event.target.value }));
byId("filter").addEventListener("change", (event) => setState({ show: event.target.value }));
byId("sort").addEventListener("change", (event) => setState({ sort: event.target.value }));
grid.addEventListener("click", (event) => {
  const card = event.target.closest(".card");
  if (!card || event.button || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  setState({ photo: card.dataset.key, class: "", run: "" }, { push: true });
});
byId("tools").addEventListener("submit", (event) => event.preventDefault());
byId("previous").addEventListener("click", () => step(-1));
byId("next").addEventListener("click", () => step(1));
byId("close").addEventListener("click", close);
byId("keys").addEventListener("click", showHelp);
byId("zoom-in").addEventListener("click", () => zoomBy(1.5));
byId("zoom-out").addEventListener("click", () => zoomBy(1 / 1.5));
byId("zoom-fit").addEventListener("click", resetZoom);
byId("stage").addEventListener("blur", () => moveCursor(null));
watchPointers(byId("stage"));
new ResizeObserver(layOut).observe(byId("stage"));
document.addEventListener("keydown", keys);
window.addEventListener("hashchange", fromAddress);
window.addEventListener("popstate", fromAddress);
window.addEventListener("beforeprint", beforePrint);
window.addEventListener("afterprint", afterPrint);
window.addEventListener("pageshow", fillFields); // a page that is come back to gets its fields back after this script has run
beginReview();
arrange();
fromAddress();
showHeader();
fillFields();
