/* The viewer: a photo in the whole window, in the page's own flow. */

let galleryAt = 0; // where the gallery was scrolled to when a photo was opened

addField("against", "a"); // what a swipe uncovers: "photo", "c" and a class, "r" and a run

const watched = ["photo", "class", "run", "mode", "against", "colours", "veil", "opacity", "from", "contour", "common"];

// The photo, run and class of the state, or the gallery where it names none.
function showState(now, before) {
  const card = cardOfKey.get(now.photo);
  if (!card) {
    if (current) leave();
    return;
  }
  const other = card !== current;
  if (!other && watched.every((name) => now[name] === before[name])) return;
  if (!current) enter();
  current = card;
  const photo = photoOf(card);
  const run = runOf(photo, now.run);
  const found = classOf(run, now.class);
  const same = !other && ["class", "run"].every((name) => now[name] === before[name]);
  if (other) showPhoto(photo);
  if (other || now.run !== before.run) showChoices(photo, run);
  if (!same) showWords(photo, run, found);
  if (same && ["mode", "against"].every((name) => now[name] === before[name])) recolourStage();
  else showStage(photo, run, found);
  showControls(run, found);
  if (!same) for (const listener of shownListeners) listener(photo, run, found);
  if (other) sayPhoto(photo, found);
}

onState(showState);

function enter() {
  galleryAt = window.scrollY;
  document.documentElement.classList.add("viewing");
  large.hidden = false;
  window.scrollTo(0, 0);
  setTimeout(() => byId("large-name").focus({ preventScroll: true })); // behind what the browser does with the address
}

function leave() {
  const card = current;
  current = null;
  large.hidden = true;
  document.documentElement.classList.remove("viewing");
  putIn(card);
  window.scrollTo(0, galleryAt);
  if (card.isConnected) card.querySelector("a").focus();
}

function close() {
  setState({ photo: "", class: "", run: "", against: "" });
}

function placeOfPhoto() {
  const others = among();
  return `${others.indexOf(current) + 1} of ${others.length}`;
}

function showPhoto(photo) {
  byId("large-name").textContent = photo.name;
  byId("large-place").textContent = photo.folder ? `${placeOfPhoto()} · ${photo.folder}` : placeOfPhoto();
  byId("previous").disabled = byId("next").disabled = among().length < 2;
  byId("large-reason").textContent = photo.reason ? `${photo.state}: ${photo.reason}` : "";
  byId("large-reason").hidden = !photo.reason;
  byId("measured").replaceChildren(...[measured(photo)].filter(Boolean));
  resetZoom();
  showStrip();
}

function sayPhoto(photo, found) {
  const said = [photo.name, placeOfPhoto(), found ? `${found.name} ${found.percent}` : photo.state];
  if (found && found.seen) said.push(found.seen);
  announce(said.filter(Boolean).join(", "));
}

function showChoices(photo, run) {
  byId("tabs").replaceChildren(...run.classes.map((each, index) => tab(run, each, index)));
  byId("tabs").hidden = run.classes.length === 0;
  byId("run").replaceChildren(...photo.runs.map((each) => make("option", { value: each.id }, each.name || "the run")));
  byId("run").value = run.id;
  byId("runs-label").hidden = photo.runs.length < 2;
}

function tab(run, found, index) {
  const button = make("button", { type: "button", role: "tab", id: `tab-${index}`, "aria-controls": "panel" });
  button.append(make("bdi", {}, found.name), " ", make("span", {}, found.percent));
  button.addEventListener("click", () => setState({ class: classKey(run, found) }));
  return button;
}

function showWords(photo, run, found) {
  const index = run.classes.indexOf(found);
  Array.from(byId("tabs").children).forEach((button, place) => {
    button.setAttribute("aria-selected", String(place === index));
    button.tabIndex = place === index ? 0 : -1;
  });
  if (found) byId("panel").setAttribute("aria-labelledby", `tab-${index}`);
  else byId("panel").removeAttribute("aria-labelledby");
  byId("doubts").replaceChildren(...(found ? found.doubts : []).map((each) => make("p", { class: "problem" }, each)));
  const own = [predictions(run, found), classFacts(found), ...sidePanel.map((part) => part(photo, run, found))];
  byId("words").replaceChildren(...[...own, warnings(run), settings(run)].filter(Boolean));
  const figures = photo.figures.filter((each) => each.class === null || !found || each.class === found.index);
  byId("figures").replaceChildren(...figures.map(figure));
}

// The maps that a mode shows, each with its run; the first is the chosen one where the mode has one.
function panesOf(photo, run, found) {
  const mode = modes(photo, run, found)[state.mode] ? state.mode : "single";
  const one = { run, found };
  if (mode === "classes") return { mode, panes: run.classes.filter((each) => each.drawn).slice(0, MOST_PANES).map((each) => ({ run, found: each })) };
  if (mode === "runs") return { mode, panes: photo.runs.slice(0, MOST_PANES).map((each) => ({ run: each, found: likeIn(each, found) })) };
  if (mode === "swipe") return { mode, panes: [opposite(photo, run, found), one] };
  return { mode, panes: [one] };
}

const MOST_PANES = 12;
const likeIn = (run, found) => run.classes.find((each) => found && each.index === found.index) || run.classes[0];

// Which modes have something to show.
function modes(photo, run, found) {
  const drawn = Boolean(found && found.drawn);
  return { single: true, classes: run.classes.filter((each) => each.drawn).length > 1, runs: photo.runs.length > 1, swipe: drawn };
}

// What a map may be swiped against: [value, words, run, class].
function againsts(photo, run, found) {
  const others = run.classes.filter((each) => each !== found && each.drawn).map((each) => [`c${classKey(run, each)}`, each.name, run, each]);
  const runs = photo.runs.filter((each) => each !== run && each.classes.length).map((each) => [`r${each.id}`, each.name, each, likeIn(each, found)]);
  return [...runs, ...others, ["photo", "the photo alone", run, null]];
}

function opposite(photo, run, found) {
  const offered = againsts(photo, run, found);
  const [, , otherRun, other] = offered.find(([value]) => value === state.against) || offered[0];
  return { run: otherRun, found: other };
}
