/* The gallery: sort, filter, count. */

const number = (text, missing) => (text === "" || text === "-" || text === undefined ? missing : Number(text));
const given = (a, b) => Number(a.dataset.number) - Number(b.dataset.number);
const rising = (of) => (a, b) => of(a, Infinity) - of(b, Infinity) || 0;
const falling = (of) => (a, b) => of(b, -Infinity) - of(a, -Infinity) || 0;
const probability = (card, missing) => number(card.dataset.probability, missing);
const compactness = (card, missing) => number(card.dataset.compactness, missing);
const mapped = (a, b) => (b.dataset.class !== "") - (a.dataset.class !== "");
const orders = {
  improbable: (a, b) => mapped(a, b) || rising(probability)(a, b),
  probable: falling(probability),
  name: (a, b) => names.compare(a.dataset.key, b.dataset.key),
  spread: falling(compactness),
  focused: rising(compactness),
};

function orderOf(name) {
  const parts = /^metric-(\d+)-(up|down)$/.exec(name);
  if (!parts) return orders[name];
  const metric = (card, missing) => number(card.dataset.metrics.split(" ")[Number(parts[1])], missing);
  return parts[2] === "up" ? rising(metric) : falling(metric);
}

function matches(card, words, kind) {
  if (kind === "problems" && card.dataset.state === "shown") return false;
  if (kind === "doubtful" && !("doubtful" in card.dataset)) return false;
  if (kind !== "" && kind !== "problems" && kind !== "doubtful" && card.dataset.class !== kind) return false;
  const text = card.dataset.search.toLowerCase();
  return words.every((word) => text.includes(word));
}

function filter() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const kind = byId("filter").value;
  visible = Array.from(grid.children).filter((card) => {
    card.hidden = !matches(card, words, kind);
    return !card.hidden;
  });
  const all = cards.length === 1 ? "1 photo" : `${cards.length} photos`;
  byId("count").textContent = visible.length === cards.length ? all : `${visible.length} of ${all}`;
  byId("none").hidden = visible.length > 0;
}

function sort() {
  const order = orderOf(byId("sort").value);
  grid.append(...cards.slice().sort((a, b) => order(a, b) || given(a, b)));
  filter();
}
