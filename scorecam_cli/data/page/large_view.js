/* The large view. */

function open(card) {
  current = card;
  const data = photoOf(card);
  byId("large-name").textContent = data.name;
  const others = among();
  const place = `${others.indexOf(card) + 1} of ${others.length}`;
  byId("large-place").textContent = data.folder ? `${place} · ${data.folder}` : place;
  byId("previous").disabled = others.length < 2;
  byId("next").disabled = others.length < 2;
  byId("large-reason").textContent = data.reason ? `${data.state}: ${data.reason}` : "";
  byId("large-reason").hidden = !data.reason;
  byId("figures").replaceChildren(...data.figures.map(figure));
  byId("measured").replaceChildren(...[measured(data)].filter(Boolean));
  if (!large.open) large.showModal();
  byId("body").scrollTop = 0;
}

// The photo, run and class of the state, or nothing where it names none.
function showState(now, before) {
  const card = cardOfKey.get(now.photo);
  if (!card) {
    if (large.open) large.close();
    return;
  }
  const other = card !== current;
  if (!other && now.class === before.class && now.run === before.run) return;
  if (other) open(card);
  const photo = photoOf(card);
  const run = runOf(photo, now.run);
  const found = classOf(run, now.class);
  if (other || now.run !== before.run) byId("tabs").replaceChildren(...run.classes.map((each, index) => tab(run, each, index)));
  byId("tabs").hidden = run.classes.length === 0;
  show(photo, run, found);
  const place = byId("large-place").textContent.split(" · ")[0];
  if (other) announce([photo.name, place, found ? `${found.name} ${found.percent}` : photo.state].join(", "));
}

onState(showState);

function tab(run, found, index) {
  const button = make("button", { type: "button", role: "tab", id: `tab-${index}`, "aria-controls": "panel" });
  button.append(make("bdi", {}, found.name), " ", make("span", {}, found.percent));
  button.addEventListener("click", () => setState({ class: classKey(run, found) }));
  return button;
}

function show(photo, run, found) {
  const index = run.classes.indexOf(found);
  Array.from(byId("tabs").children).forEach((button, place) => {
    button.setAttribute("aria-selected", String(place === index));
    button.tabIndex = place === index ? 0 : -1;
  });
  if (found) byId("panel").setAttribute("aria-labelledby", `tab-${index}`);
  else byId("panel").removeAttribute("aria-labelledby");
  byId("doubts").replaceChildren(...(found ? found.doubts : []).map((each) => make("p", { class: "problem" }, each)));
  showStage(photo, run, found);
  const own = [predictions(run, found), classFacts(found), ...sidePanel.map((part) => part(photo, run, found))];
  byId("words").replaceChildren(...[...own, warnings(run), settings(run)].filter(Boolean));
  for (const listener of shownListeners) listener(photo, run, found);
}

// The element that shows the map of a class in colours; null where there is none.
function mapLayer(photo, run, found) {
  if (!found || !found.drawn) return null;
  const own = photo.card.querySelector(".map");
  const like = photo.card.querySelector(".photo") || own;
  return picture(like, found.address || own.src, `Map of the class ${found.name}`);
}

function showStage(data, run, found) {
  const stage = byId("stage");
  const frame = make("div", { class: "frame" });
  const photo = data.card.querySelector(".photo");
  if (photo) frame.append(picture(photo, photo.src, `Photo ${data.name}`));
  const map = mapLayer(data, run, found);
  if (map) {
    map.id = "map";
    frame.append(map);
  }
  const like = photo || (map && data.card.querySelector(".map"));
  stage.replaceChildren(...(like ? [frame] : []));
  if (like) frame.style.setProperty("--shape", String(like.getAttribute("width") / like.getAttribute("height")));
  byId("legend").hidden = !map;
  if (!map) return;
  const fixed = found.laid_over || !photo;
  const slider = byId("opacity");
  slider.parentElement.hidden = fixed;
  slider.value = String(chosenOpacity === null ? Math.round(run.alpha * 100) : chosenOpacity);
  setOpacity(fixed ? 100 : Number(slider.value));
  byId("bar").src = bars[run.colormap] || "";
  byId("bar").hidden = !bars[run.colormap] || found.flat;
  byId("low").textContent = found.flat ? `flat: ${found.low} everywhere` : found.low;
  byId("high").textContent = found.flat ? "" : found.high;
}

function picture(like, address, text) {
  const image = make("img", { alt: text, width: like.getAttribute("width"), height: like.getAttribute("height") });
  image.src = address;
  return image;
}

function setOpacity(percent) {
  const map = byId("map");
  if (map) map.style.opacity = String(percent / 100);
  byId("opacity-value").textContent = `${percent} %`;
  byId("opacity").setAttribute("aria-valuetext", `${percent} %`);
}

function section(title, content) {
  return make("section", {}, make("h3", {}, title), content);
}

function predictions(run, shown) {
  if (run.classes.length === 0) return null;
  const list = make("ol", { class: "bars" });
  const order = [...run.classes, ...run.others].sort((a, b) => b.probability - a.probability);
  for (const found of order) {
    const fill = make("div", { class: "fill" });
    fill.style.width = `${Math.min(Math.max(found.probability, 0), 1) * 100}%`;
    const row = make("div", { class: "row" }, make("bdi", {}, found.name), make("b", {}, found.percent));
    list.append(make("li", found === shown ? { class: "now" } : {}, row, make("div", { class: "track" }, fill)));
  }
  return section("Predictions", list);
}

function definitions(rows) {
  const list = make("dl", { class: "facts" });
  for (const [name, value] of rows) list.append(make("dt", {}, name), make("dd", { dir: "auto" }, value));
  return list;
}

const classFacts = (found) => (found && found.facts.length ? section("This class", definitions(found.facts)) : null);
const settings = (data) => (data.facts.length ? section("How it was made", definitions(data.facts)) : null);

function warnings(data) {
  if (data.warnings.length === 0) return null;
  return section("Warnings", make("ul", { class: "plain" }, ...data.warnings.map((each) => make("li", {}, each))));
}

function measured(data) {
  if (data.measured.length === 0) return null;
  const heads = ["", ...data.measured.map((row) => row[0] || "value")];
  const head = make("tr", {}, make("td"), ...heads.slice(1).map((name) => make("th", { scope: "col" }, name)));
  const body = make("tbody");
  data.columns.forEach((name, place) => {
    if (data.measured.every((row) => row[place + 1] === "")) return;
    const values = data.measured.map((row) => make("td", {}, row[place + 1]));
    body.append(make("tr", {}, make("th", { scope: "row" }, name), ...values));
  });
  const table = make("table", {}, make("thead", {}, head), body);
  return section("Metrics", make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Metrics" }, table));
}

function figure(each) {
  const image = make("img", { alt: each.title, width: each.size[0], height: each.size[1], src: each.address });
  return section(each.title, image);
}
