/* What is said beside and below the picture. */

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
  const digest = (value) => (/^[0-9a-f]{40,}$/.test(value) ? { dir: "auto", class: "digest", title: value } : { dir: "auto" });
  for (const [name, value] of rows) list.append(make("dt", {}, name), make("dd", digest(value), value));
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
  const heads = ["", ...data.measured.map((row, place) => [row[0] || "value", data.measured_of[place]].filter(Boolean).join(" of "))];
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
