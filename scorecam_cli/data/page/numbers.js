/* Distributions over the photos, whose bars filter; each run has its own. */

addField("bar", "b"); // a bar that filters: what is counted, the run, from and to: `probability:r0:0.8:0.9`

const BARS = 10;
const COUNTED = {
  probability: { words: "Probability of the class of the map", of: (found) => (found.percent.endsWith("%") ? found.probability : null), ends: [0, 1], last: "100 %" },
  compactness: { words: "Half of the map lies in", of: (found) => found.compactness, ends: [0, 0.5], last: "50 % of the pixels" },
  estimate: { words: "Estimated correlation with the exact map", of: (found) => (found.estimate < 1 ? found.estimate : null), ends: null, last: "1" },
};

// What is counted of a photo in a run; null where the run has no map of it.
function countedOf(kind, photo, id) {
  const run = photo.runs.find((each) => each.id === id);
  const value = run && run.classes.length ? COUNTED[kind].of(run.classes[0]) : null;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function barOf(text) {
  const [kind, run, from, to] = text.split(":");
  const ends = [Number(from), Number(to)];
  return Object.hasOwn(COUNTED, kind) && ends.every(Number.isFinite) ? { kind, run, ends } : null;
}

const inBar = (value, [from, to], last) => value !== null && value >= from && (value < to || (value <= to && last));

filters.push({
  name: "bar",
  active: (state) => barOf(state.bar) !== null,
  matches: (photo, card, state) => {
    const { kind, run, ends } = barOf(state.bar);
    return inBar(countedOf(kind, photo, run), ends, ends[1] >= (COUNTED[kind].ends || [0, 1])[1]);
  },
});

function histogram(kind, run, counted) {
  const low = Math.min(...counted);
  const [from, to] = COUNTED[kind].ends || [Math.min(Math.floor(low * 10) / 10, 0.9), 1];
  const edges = Array.from({ length: BARS + 1 }, (_, place) => from + ((to - from) * place) / BARS);
  const sizes = Array.from({ length: BARS }, (_, place) => counted.filter((value) => inBar(value, [edges[place], edges[place + 1]], place === BARS - 1)).length);
  const most = Math.max(...sizes, 1);
  const list = make("div", { class: "columns", role: "group", "aria-label": `${COUNTED[kind].words}${run.name ? `, ${run.name}` : ""}` });
  sizes.forEach((size, place) => {
    const ends = [edges[place], edges[place + 1]].map((edge) => Number(edge.toFixed(6)));
    const words = ends.map((edge) => Number((100 * edge).toFixed(1))).join(" to ");
    const bar = make("i");
    bar.style.height = `${(84 * size) / most}px`;
    const button = make("button", { type: "button", "aria-label": `${words} %: ${size === 1 ? "1 photo" : `${size} photos`}`, title: `${words} %: ${size}` }, size ? String(size) : "", bar);
    button.disabled = size === 0;
    button.dataset.bar = `${kind}:${run.id}:${ends.join(":")}`;
    button.addEventListener("click", () => setState({ bar: button.dataset.bar === state.bar ? "" : button.dataset.bar, tab: "photos" }, { push: true }));
    list.append(button);
  });
  const ends = make("div", { class: "ends" }, make("span", {}, `${Number((100 * from).toFixed(1))} %`), make("span", {}, COUNTED[kind].ends ? COUNTED[kind].last : "100 %"));
  const title = [COUNTED[kind].words, run.name].filter(Boolean).join(" · ");
  return make("section", { class: "histogram" }, make("h3", {}, title), list, ends);
}

// Made once it is looked at.
function showHistograms() {
  const place = byId("histograms");
  if (state.tab !== "numbers" || place.childNodes.length) return;
  const runs = new Map();
  for (const card of cards) for (const run of photoOf(card).runs) if (run.id) runs.set(run.id, run);
  for (const kind of Object.keys(COUNTED)) {
    for (const run of Array.from(runs.values()).slice(0, 12)) {
      const counted = cards.map((card) => countedOf(kind, photoOf(card), run.id)).filter((value) => value !== null);
      if (counted.length > 1) place.append(histogram(kind, run, counted));
    }
  }
}

// The bar that filters, beside the count, to be taken away again.
function showBar() {
  byId("bar-chip")?.remove();
  const bar = barOf(state.bar);
  if (!bar) return;
  const words = bar.ends.map((edge) => Number((100 * edge).toFixed(1))).join(" to ");
  const name = photoOf(cards[0]).runs.length && (document.querySelector(`[data-run="${CSS.escape(bar.run)}"]`)?.textContent || "");
  const chip = make("button", { type: "button", class: "chip", id: "bar-chip", "aria-pressed": "true" }, `${COUNTED[bar.kind].words} ${words} %${name ? `, ${name}` : ""} `, make("span", { "aria-hidden": "true" }, "×"), make("span", { class: "unseen" }, " take away"));
  chip.addEventListener("click", () => setState({ bar: "" }));
  byId("chips").append(chip);
}

for (const button of document.querySelectorAll("#numbers [data-show]")) {
  button.addEventListener("click", () => setState({ show: button.dataset.show, tab: "photos" }, { push: true }));
}

onState((now, before) => {
  showHistograms();
  if (now.bar === before.bar) return;
  showBar();
  for (const button of document.querySelectorAll("[data-bar]")) button.setAttribute("aria-pressed", String(button.dataset.bar === now.bar));
  arrange();
});
