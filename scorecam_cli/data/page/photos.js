/* Cards and what is known of their photos. A card may be out of the document; what is known of it stays. */

const cards = Array.from(grid.children);
const cardOfKey = new Map(cards.map((card) => [card.dataset.key, card]));
const photos = new Map();
let visible = cards; // those that match, in their order
let current = null; // the card that is open

// What the page knows of a photo: `runs` with their `classes`, and `card`. Read once.
function photoOf(card) {
  if (!photos.has(card)) photos.set(card, { ...JSON.parse(card.querySelector("script").textContent), card });
  return photos.get(card);
}

// A class by what the address calls it: its index, and which of several of that index.
function classKey(run, found) {
  const alike = run.classes.filter((each) => each.index === found.index);
  return alike.length > 1 ? `${found.index}.${alike.indexOf(found)}` : String(found.index);
}

const runOf = (photo, id) => photo.runs.find((run) => run.id === id) || photo.runs[0];
const classOf = (run, key) => run.classes.find((found) => classKey(run, found) === key) || run.classes[0];
const among = () => (visible.includes(current) ? visible : cards);
