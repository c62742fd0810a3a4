/* What happens is tied to what does it; then the first look. */

byId("search").addEventListener("input", filter);
byId("filter").addEventListener("change", filter);
byId("sort").addEventListener("change", sort);
byId("tools").addEventListener("submit", (event) => event.preventDefault());
byId("opacity").addEventListener("input", (event) => {
  chosenOpacity = Number(event.target.value);
  setOpacity(chosenOpacity);
});
byId("previous").addEventListener("click", () => step(-1));
byId("next").addEventListener("click", () => step(1));
byId("close").addEventListener("click", () => large.close());
large.addEventListener("close", closed);
large.addEventListener("keydown", keys);
large.addEventListener("click", (event) => {
  if (event.target === large) large.close(); // beside the view, on the shade
});
window.addEventListener("hashchange", fromAddress);
window.addEventListener("beforeprint", beforePrint);
window.addEventListener("afterprint", afterPrint);
window.addEventListener("pageshow", sort); // a page that is come back to gets its fields back after this script has run
sort();
fromAddress();
