/* Counts that filter, and the two parts of the page. */

filters.push({
  name: "state",
  active: (state) => state.show.startsWith("state-"),
  matches: (photo, card, state) => card.dataset.state === state.show.slice("state-".length),
});

for (const chip of document.querySelectorAll("#chips button")) {
  chip.disabled = false;
  chip.addEventListener("click", () => setState({ show: chip.dataset.show, bar: "", tab: "photos" }));
}
for (const button of document.querySelectorAll("[data-tab]")) {
  button.addEventListener("click", () => setState({ tab: button.dataset.tab }, { push: true }));
}

function showHeader() {
  for (const chip of document.querySelectorAll("#chips button")) chip.setAttribute("aria-pressed", String(chip.dataset.show === state.show));
  for (const button of document.querySelectorAll("[data-tab]")) button.setAttribute("aria-pressed", String(button.dataset.tab === state.tab));
  byId("photos").hidden = state.tab === "numbers";
  byId("numbers").hidden = state.tab !== "numbers";
}

// How many are flagged, told by whoever counts them.
function countFlagged(count) {
  const chip = document.querySelector('#chips [data-show="flagged"]');
  chip.hidden = count === 0 && state.show !== "flagged";
  chip.lastElementChild.textContent = String(count);
}

onState(showHeader);
