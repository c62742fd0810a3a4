/* Stars, labels and notes beside the map, on the cards, and in a fold above them with the ways out and in. */

const SHOWN = { flagged: (found) => found.flagged, unlabelled: (found) => found.label === "" };
for (const label of Object.keys(LABELS)) SHOWN[`labelled-${label}`] = (found) => found.label === label;
for (const [name, holds] of Object.entries(SHOWN)) {
  filters.push({ name, active: (now) => now.show === name, matches: (photo, card) => holds(remarkOn(card)) });
}
orders.labelled = (a, b) => (remarkOn(a).label !== "") - (remarkOn(b).label !== "");

function mark(card, changes) {
  if (!card.dataset.sha256) return;
  remark(card, changes);
  for (const each of ofPhotos.get(card.dataset.sha256)) markCard(each);
  countRemarks();
}

const toggled = {
  star: (card) => ({ flagged: !remarkOn(card).flagged }),
  label: (card, label) => ({ label: remarkOn(card).label === label ? "" : label }),
};

// What is said of a photo, for whoever cannot see the mark.
function inWords(found) {
  const parts = [found.flagged ? "flagged" : "not flagged", found.label ? LABELS[found.label].toLowerCase() : "no label"];
  return parts.join(", ");
}

function markCard(card) {
  const found = remarkOn(card);
  const marks = make("span", { class: "marks" });
  if (found.flagged) marks.append(make("span", { class: "star" }, make("span", { "aria-hidden": "true" }, "★"), make("span", { class: "unseen" }, "flagged")));
  if (found.label) marks.append(" ", make("span", { class: `label is-${found.label}` }, LABELS[found.label]));
  card.querySelector(".marks")?.remove();
  card.querySelector(".noted")?.remove();
  if (marks.childNodes.length) card.querySelector(".words").prepend(marks);
  if (found.note.trim()) card.querySelector(".words").append(make("span", { class: "name noted" }, make("bdi", {}, found.note)));
}

function reviewPanel(photo) {
  const card = photo.card;
  if (!card.dataset.sha256) return null;
  const star = make("button", { type: "button", class: "choice star" }, make("span", { "aria-hidden": "true" }, "★ "), "Flag");
  const labels = make("div", { class: "labels", role: "group", "aria-label": "Label" });
  for (const [label, words] of Object.entries(LABELS)) {
    const button = make("button", { type: "button", class: `choice is-${label}`, "data-label": label }, words);
    button.addEventListener("click", () => mark(card, toggled.label(card, label)));
    labels.append(button);
  }
  star.addEventListener("click", () => mark(card, toggled.star(card)));
  const note = make("textarea", { id: "note", rows: "3", maxlength: String(LONGEST_REMARK), dir: "auto" });
  note.value = remarkOn(card).note;
  note.addEventListener("input", () => mark(card, { note: note.value }));
  const panel = make("section", { class: "review", id: "review-panel" }, make("h3", {}, "Review"), star, labels, make("label", {}, "Note ", note));
  panel.append(make("p", { class: "kept" }, notKept));
  pressed(panel, card);
  return panel;
}

sidePanel.push(reviewPanel);

function pressed(panel, card) {
  const found = remarkOn(card);
  panel.querySelector(".choice.star").setAttribute("aria-pressed", String(found.flagged));
  for (const button of panel.querySelectorAll("[data-label]")) button.setAttribute("aria-pressed", String(button.dataset.label === found.label));
}

function byKey(changes) {
  if (!current || !current.dataset.sha256) return;
  mark(current, changes(current));
  announce(inWords(remarkOn(current)));
}

viewerKeys.s = { words: "Flag, or take the flag away", press: () => byKey(toggled.star) };
Object.entries(LABELS).forEach(([label, words], place) => {
  viewerKeys[String(place + 1)] = { words: `Label: ${words.toLowerCase()}`, press: () => byKey((card) => toggled.label(card, label)) };
});
viewerKeys.n = { words: "Write a note", press: () => byId("note")?.focus() };

function countRemarks() {
  const found = cards.map(remarkOn);
  for (const [name, holds] of Object.entries(SHOWN)) {
    const option = document.querySelector(`#filter option[value="${name}"]`);
    option.textContent = `${option.dataset.words} (${found.filter(holds).length})`;
  }
  const [flagged, labelled] = [found.filter(SHOWN.flagged).length, found.filter((each) => each.label).length];
  countFlagged(flagged);
  byId("review-count").textContent = `${flagged} flagged, ${labelled} of ${cards.length} labelled`;
  for (const button of document.querySelectorAll("[data-flagged]")) button.disabled = flagged === 0;
  if (byId("review-panel") && current) pressed(byId("review-panel"), current);
}

function showKept() {
  byId("review-kept").textContent = notKept || "Kept in this browser, for this page; an export is what can be sent and put back.";
  for (const each of document.querySelectorAll(".review .kept")) each.textContent = notKept;
}

function sayOfReview(text) {
  byId("review-said").textContent = text;
}
