/* The large view. */

function open(card) {
  current = card;
  const photo = JSON.parse(card.querySelector("script").textContent);
  const data = { ...photo, ...photo.runs[0] };
  byId("large-name").textContent = data.name;
  const among = visible.includes(card) ? visible : cards;
  const place = `${among.indexOf(card) + 1} of ${among.length}`;
  byId("large-place").textContent = data.folder ? `${place} · ${data.folder}` : place;
  byId("previous").disabled = among.length < 2;
  byId("next").disabled = among.length < 2;
  byId("large-reason").textContent = data.reason ? `${data.state}: ${data.reason}` : "";
  byId("large-reason").hidden = !data.reason;
  byId("tabs").replaceChildren(...data.classes.map((found, index) => tab(data, found, index)));
  byId("tabs").hidden = data.classes.length === 0;
  byId("figures").replaceChildren(...data.figures.map(figure));
  byId("measured").replaceChildren(...[measured(data)].filter(Boolean));
  show(data, 0);
  if (!large.open) large.showModal();
  byId("body").scrollTop = 0;
  const first = data.classes[0];
  byId("said").textContent = [data.name, place, first ? `${first.name} ${first.percent}` : data.state].join(", ");
}

function tab(data, found, index) {
  const button = make("button", { type: "button", role: "tab", id: `tab-${index}`, "aria-controls": "panel" });
  button.append(make("bdi", {}, found.name), " ", make("span", {}, found.percent));
  button.addEventListener("click", () => show(data, index));
  return button;
}

function show(data, index) {
  Array.from(byId("tabs").children).forEach((button, place) => {
    button.setAttribute("aria-selected", String(place === index));
    button.tabIndex = place === index ? 0 : -1;
  });
  const found = data.classes[index];
  if (found) byId("panel").setAttribute("aria-labelledby", `tab-${index}`);
  else byId("panel").removeAttribute("aria-labelledby");
  byId("doubts").replaceChildren(...(found ? found.doubts : []).map((each) => make("p", { class: "problem" }, each)));
  showStage(data, found, index);
  byId("words").replaceChildren(...[predictions(data, index), classFacts(found), warnings(data), settings(data)].filter(Boolean));
}

function showStage(data, found, index) {
  const stage = byId("stage");
  const frame = make("div", { class: "frame" });
  const photo = current.querySelector(".photo");
  if (photo) frame.append(picture(photo, photo.src, `Photo ${data.name}`));
  const own = current.querySelector(".map");
  const drawn = found && found.drawn;
  if (drawn) {
    const map = picture(photo || own, index === 0 ? own.src : found.address, `Map of the class ${found.name}`);
    map.id = "map";
    frame.append(map);
  }
  const like = photo || (drawn && own);
  stage.replaceChildren(...(like ? [frame] : []));
  if (like) frame.style.setProperty("--shape", String(like.getAttribute("width") / like.getAttribute("height")));
  byId("legend").hidden = !drawn;
  if (!drawn) return;
  const fixed = found.laid_over || !photo;
  const slider = byId("opacity");
  slider.parentElement.hidden = fixed;
  slider.value = String(chosenOpacity === null ? Math.round(data.alpha * 100) : chosenOpacity);
  setOpacity(fixed ? 100 : Number(slider.value));
  byId("bar").src = bars[data.colormap] || "";
  byId("bar").hidden = !bars[data.colormap] || found.flat;
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

function predictions(data, index) {
  if (data.classes.length === 0) return null;
  const list = make("ol", { class: "bars" });
  const order = [...data.classes, ...data.others].map((found, place) => [found, place]).sort((a, b) => b[0].probability - a[0].probability);
  for (const [found, place] of order) {
    const fill = make("div", { class: "fill" });
    fill.style.width = `${Math.min(Math.max(found.probability, 0), 1) * 100}%`;
    const row = make("div", { class: "row" }, make("bdi", {}, found.name), make("b", {}, found.percent));
    list.append(make("li", place === index ? { class: "now" } : {}, row, make("div", { class: "track" }, fill)));
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
