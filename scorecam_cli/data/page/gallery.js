/* The gallery: sort, filter, count. */

const FIRST = 40; // cards that are put in at a time: more than a screen of them
const number = (text, missing) => (text === "" || text === "-" || text === undefined ? missing : Number(text));
// What cards are sorted and searched by, read once.
const noted = new Map();
for (const card of cards) {
  const { number: place, key, search, state: reached, probability, compactness } = card.dataset;
  noted.set(card, { place: Number(place), key, text: search.toLowerCase(), reached, probability, compactness, class: card.dataset.class });
}
const given = (a, b) => noted.get(a).place - noted.get(b).place;
const rising = (of) => (a, b) => of(a, Infinity) - of(b, Infinity) || 0;
const falling = (of) => (a, b) => of(b, -Infinity) - of(a, -Infinity) || 0;
const probability = (card, missing) => number(noted.get(card).probability, missing);
const compactness = (card, missing) => number(noted.get(card).compactness, missing);
const mapped = (a, b) => (noted.get(b).class !== "") - (noted.get(a).class !== "");
const orders = {
  improbable: (a, b) => mapped(a, b) || rising(probability)(a, b),
  probable: falling(probability),
  name: (a, b) => names.compare(noted.get(a).key, noted.get(b).key),
  spread: falling(compactness),
  focused: rising(compactness),
};

const classesShown = new Set(Array.from(noted.values(), (each) => each.class).filter(Boolean));

// What leaves photos out: `active(state)` tells whether it is asked, `matches(photo, card, state)` whether one stays.
const filters = [
  {
    name: "query",
    active: (state) => state.query.trim() !== "",
    matches: (photo, card, state) => {
      const { text } = noted.get(card);
      return state.query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
    },
  },
  { name: "problems", active: (state) => state.show === "problems", matches: (photo, card) => card.dataset.state !== "shown" },
  { name: "doubtful", active: (state) => state.show === "doubtful", matches: (photo, card) => "doubtful" in card.dataset },
  {
    name: "class",
    active: (state) => classesShown.has(state.show),
    matches: (photo, card, state) => noted.get(card).class === state.show,
  },
];

function orderOf(name) {
  return Object.hasOwn(orders, name) ? orders[name] : orders.improbable;
}

let inPage = 0; // how many of the visible cards are in the document

// Sorts and filters; the first cards are put in, the others once they are scrolled to.
function arrange() {
  const order = orderOf(state.sort);
  const asked = filters.filter((each) => each.active(state));
  const sorted = cards.slice().sort((a, b) => order(a, b) || given(a, b));
  visible = asked.length ? sorted.filter((card) => asked.every((each) => each.matches(photoOf(card), card, state))) : sorted;
  grid.replaceChildren();
  inPage = 0;
  putMore(FIRST);
  const all = cards.length === 1 ? "1 photo" : `${cards.length} photos`;
  byId("count").textContent = visible.length === cards.length ? all : `${visible.length} of ${all}`;
  byId("none").hidden = visible.length > 0;
}

function putMore(count) {
  const next = visible.slice(inPage, inPage + count);
  next.forEach((card, place) => {
    card.setAttribute("aria-posinset", String(inPage + place + 1));
    card.setAttribute("aria-setsize", String(visible.length));
  });
  grid.append(...next);
  inPage += next.length;
  nearEnd.unobserve(byId("more"));
  if (inPage < visible.length) nearEnd.observe(byId("more"));
}

const nearEnd = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && putMore(FIRST), { rootMargin: "1200px" });

// Puts cards in up to a given one; all of them where none is given.
function putIn(card) {
  const wanted = card ? visible.indexOf(card) + 1 : visible.length;
  if (wanted > inPage) putMore(Math.ceil((wanted - inPage) / FIRST) * FIRST);
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
