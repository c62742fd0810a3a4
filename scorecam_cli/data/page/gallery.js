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

// What leaves photos out: `active(state)` tells whether it is asked, `matches(photo, card, state)` whether one stays.
const filters = [
  {
    name: "query",
    active: (state) => state.query.trim() !== "",
    matches: (photo, card, state) => {
      const text = card.dataset.search.toLowerCase();
      return state.query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
    },
  },
  { name: "problems", active: (state) => state.show === "problems", matches: (photo, card) => card.dataset.state !== "shown" },
  { name: "doubtful", active: (state) => state.show === "doubtful", matches: (photo, card) => "doubtful" in card.dataset },
  {
    name: "class",
    active: (state) => state.show.startsWith("class-"),
    matches: (photo, card, state) => card.dataset.class === state.show,
  },
];

function orderOf(name) {
  const parts = /^metric-(\d+)-(up|down)$/.exec(name);
  if (!parts) return Object.hasOwn(orders, name) ? orders[name] : orders.improbable;
  const metric = (card, missing) => number(card.dataset.metrics.split(" ")[Number(parts[1])], missing);
  return parts[2] === "up" ? rising(metric) : falling(metric);
}

function arrange() {
  const order = orderOf(state.sort);
  grid.append(...cards.slice().sort((a, b) => order(a, b) || given(a, b)));
  const asked = filters.filter((each) => each.active(state));
  visible = Array.from(grid.children).filter((card) => {
    card.hidden = !asked.every((each) => each.matches(photoOf(card), card, state));
    return !card.hidden;
  });
  const all = cards.length === 1 ? "1 photo" : `${cards.length} photos`;
  byId("count").textContent = visible.length === cards.length ? all : `${visible.length} of ${all}`;
  byId("none").hidden = visible.length > 0;
}

// The fields say what is seen, also where the browser has filled them in with something earlier.
function fillFields() {
  byId("search").value = state.query;
  byId("filter").value = state.show;
  byId("sort").value = state.sort;
}

onState((now, before) => {
  if (["query", "show", "sort"].every((name) => now[name] === before[name])) return;
  fillFields();
  arrange();
});
