/* Stars, labels and notes, by the digest of their photo; of two on one photo the newer counts. Kept by the browser. */

const LABELS = { right: "Right", "wrong-reason": "Right for the wrong reason", wrong: "Wrong" };
const LONGEST_REMARK = 4096; // letters; as the program reads them
const LAST_MOMENT = Date.UTC(10000, 0) - 1; // beyond it times have another form
const KEEPS_NOTHING = "This browser keeps nothing for this page: export before you close it.";
const store = `scorecam review ${location.pathname}`;
const remarks = new Map();
const ofPhotos = new Map(); // digest -> cards
for (const card of cards) {
  const digest = card.dataset.sha256;
  if (/^[0-9a-f]{64}$/.test(digest)) ofPhotos.set(digest, [...(ofPhotos.get(digest) || []), card]);
  else delete card.dataset.sha256; // no file could be read, or a manifest says anything
}
let notKept = ""; // why the browser keeps nothing
let toKeep = 0;

const silent = (sha256) => ({ sha256, name: "", flagged: false, label: "", note: "", changed: "" });
const remarkOn = (card) => remarks.get(card.dataset.sha256) || silent(card.dataset.sha256);
const says = (remark) => remark.flagged || remark.label !== "" || remark.note !== "";
const alike = (a, b) => a.flagged === b.flagged && a.label === b.label && a.note === b.note;

// A change by hand is newer than what it changes, whatever the clocks of others have said.
function remark(card, changes) {
  const before = remarkOn(card);
  const moment = Math.min(Math.max(Date.now(), Date.parse(before.changed || 0) + 1), LAST_MOMENT);
  const name = card.dataset.key.slice(0, LONGEST_REMARK);
  remarks.set(before.sha256, { ...before, name, ...changes, changed: new Date(moment).toISOString() });
  keepSoon();
}

// Takes in what another page or time has said; of two as old what is taken in counts.
function takeIn(found) {
  const told = { added: 0, newer: 0, older: 0 };
  for (const each of found) {
    const own = remarks.get(each.sha256);
    const later = !own || own.changed <= each.changed;
    if (later && !(own && says(own))) told.added += Number(says(each));
    else if (!alike(own, each)) told[later ? "newer" : "older"] += 1;
    if (later) remarks.set(each.sha256, each);
  }
  return told;
}

function keepSoon() {
  clearTimeout(toKeep);
  toKeep = setTimeout(keep, 300);
}

function keep() {
  clearTimeout(toKeep);
  toKeep = 0;
  try {
    localStorage.setItem(store, asJson());
    notKept = "";
  } catch {
    notKept = KEEPS_NOTHING;
  }
  showKept();
}

function keptEarlier() {
  try {
    const text = localStorage.getItem(store);
    return text === null ? [] : fromJson(text);
  } catch (error) {
    notKept = error instanceof Refused ? "What this browser kept for this page is damaged, and left out." : KEEPS_NOTHING;
    return [];
  }
}

// What the page brings, then what this browser kept; a sentence where the two disagree.
function beginRemarks() {
  const kept = keptEarlier();
  const brought = JSON.parse(byId("brought").textContent).photos;
  takeIn(kept);
  const { newer, older } = takeIn(brought);
  if (kept.length === 0 || newer + older === 0) return "";
  const said = [];
  if (older) said.push(`${counted(older)} newer in this browser than what the page brings, and shown as in the browser`);
  if (newer) said.push(`${counted(newer)} newer on the page than in this browser, and shown as on the page`);
  return `${said.join("; ")}.`;
}

const counted = (count) => (count === 1 ? "1 remark is" : `${count} remarks are`);
