/* Orders by what was measured, and by how far runs are apart; cards say what they are sorted by. */

const apartIn = (name) => (card, missing) => photoOf(card).disagreement?.[name] ?? missing;
orders["apart-maps"] = rising(apartIn("correlation"));
orders["apart-probability"] = falling(apartIn("difference"));

// The row of a photo that the method has, and the value of a measure in it.
const measuredRow = (photo, method) => photo.measured.findIndex((row) => row[0] === method);

function measuredValue(photo, method, place) {
  const row = photo.measured[measuredRow(photo, method)];
  return row && row[place + 1] !== "" ? Number(row[place + 1]) : null;
}

const measures = new Map(); // order -> method and place of the measure
for (const option of document.querySelectorAll('#sort option[value^="measure-"]')) {
  const [, , place, way] = option.value.split("-");
  const group = option.parentElement.label;
  const method = group === "Measured" ? "" : group.slice("Measured of ".length);
  const value = (card, missing) => measuredValue(photoOf(card), method, Number(place)) ?? missing;
  measures.set(option.value, { method, place: Number(place) });
  orders[option.value] = way === "up" ? rising(value) : falling(value);
}

filters.push({
  name: "disagreed",
  active: (state) => state.show === "disagreed",
  matches: (photo) => Boolean(photo.disagreement && photo.disagreement.answers),
});

const rounded = (value) => Number(value.toPrecision(3));

// What a card is sorted by, in words; empty where it says so already.
function sortedBy(photo) {
  const found = photo.disagreement;
  if (state.sort === "apart-maps") return found && found.correlation !== null ? `maps of the runs: correlation ${rounded(found.correlation)}` : "maps of the runs cannot be compared";
  if (state.sort === "apart-probability") return found && found.difference !== null ? `probabilities differ by ${rounded(100 * found.difference)} %` : "probabilities cannot be compared";
  const measure = measures.get(state.sort);
  if (!measure) return "";
  const row = measuredRow(photo, measure.method);
  const value = row < 0 ? "" : photo.measured[row][measure.place + 1];
  if (value === "") return "not measured";
  const first = photo.runs[0].classes[0];
  const about = photo.measured_of[row] || (first ? first.name : "");
  return [`${photo.columns[measure.place]} ${value}`, measure.method, about && `class ${about}`].filter(Boolean).join(", ");
}

function sayOrder(card) {
  const words = sortedBy(photoOf(card));
  let line = card.querySelector(".sorted-by");
  if (!words) {
    line?.remove();
    return;
  }
  if (!line) {
    line = make("span", { class: "sorted-by" });
    card.querySelector(".words").prepend(line);
  }
  line.textContent = words;
}

new MutationObserver((changes) => {
  for (const change of changes) for (const card of change.addedNodes) sayOrder(card);
}).observe(grid, { childList: true });

function between(photo) {
  const found = photo.disagreement;
  if (!found) return null;
  const rows = [["Predictions", found.answers ? "differ" : "are the same"]];
  if (found.correlation !== null) rows.push(["Correlation of maps, lowest", String(rounded(found.correlation))]);
  if (found.difference !== null) rows.push(["Difference of probabilities, largest", `${rounded(100 * found.difference)} %`]);
  return section("Between the runs", definitions(rows));
}

sidePanel.push(between);
