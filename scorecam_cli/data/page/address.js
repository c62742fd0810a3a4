/* What is looked at, as one record of texts that the address holds: `#p=chelsea.jpg&c=285&q=cat&s=name`. */

const state = {};
const fields = {}; // name of a value -> its letters in the address, and what it is where the address is silent
const listeners = [];

// Further values that the address holds; before the first look.
function addField(name, letters, initial = "") {
  fields[name] = { letters, initial };
  state[name] = initial;
}

addField("photo", "p");
addField("class", "c");
addField("run", "r");
addField("query", "q");
addField("show", "f");
addField("sort", "s", "improbable");
addField("tab", "t", "photos");
addField("mode", "m", "single");

// Calls a function with what is looked at now and what was before, after each change.
function onState(listener) {
  listeners.push(listener);
}

function addressOf(values) {
  const parts = [];
  for (const [name, { letters, initial }] of Object.entries(fields)) {
    if (values[name] !== initial) parts.push(`${letters}=${encodeURIComponent(values[name])}`);
  }
  return `#${parts.join("&")}`;
}

// push: the way back leads to what is looked at now.
function setState(changes, { push = false } = {}) {
  const before = { ...state };
  Object.assign(state, changes);
  const address = addressOf(state);
  try {
    if (address !== (location.hash || "#")) history[push ? "pushState" : "replaceState"](null, "", address);
  } catch {
    /* a browser that allows so many changes a minute only: the page goes on, the address stays behind */
  }
  for (const listener of listeners) listener(state, before);
}

function fromAddress() {
  const before = { ...state };
  Object.assign(state, stateIn(location.hash.slice(1)));
  for (const listener of listeners) listener(state, before);
}

// The values in a fragment; one without `=` is the name of a photo.
function stateIn(fragment) {
  const values = {};
  for (const [name, { initial }] of Object.entries(fields)) values[name] = initial;
  if (!fragment.includes("=")) return { ...values, photo: decoded(fragment) };
  for (const part of fragment.split("&")) {
    const cut = part.indexOf("=");
    const found = Object.entries(fields).find(([, field]) => field.letters === part.slice(0, cut));
    if (found) values[found[0]] = decoded(part.slice(cut + 1));
  }
  return values;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
