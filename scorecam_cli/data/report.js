"use strict";
(() => {
  document.documentElement.classList.add("scripted");
  const byId = (id) => document.getElementById(id);
  const grid = byId("grid");
  const cards = Array.from(grid.children);
  const cardOfKey = new Map(cards.map((card) => [card.dataset.key, card]));
  const bars = JSON.parse(byId("bars").textContent);
  const large = byId("large");
  const names = new Intl.Collator(undefined, { numeric: true });
  let visible = cards;
  let current = null; // the card that the large view shows
  let chosenOpacity = null; // once the slider was moved, its place is kept for all photos

  // Elements are made by name and filled with text: nothing is ever parsed as markup.
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

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

  /* The large view. */

  function open(card) {
    current = card;
    const data = JSON.parse(card.querySelector("script").textContent);
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

  /* Ways in and out: links, buttons, keys. */

  function fromAddress() {
    let key = null;
    try {
      key = decodeURIComponent(location.hash.slice(1));
    } catch {
      key = null;
    }
    const card = key ? cardOfKey.get(key) : undefined;
    if (card) open(card);
    else if (large.open) large.close();
  }

  function step(by) {
    const among = visible.includes(current) ? visible : cards;
    const next = among[(among.indexOf(current) + by + among.length) % among.length];
    history.replaceState(null, "", next.querySelector("a").getAttribute("href"));
    open(next);
  }

  function closed() {
    if (printing) return;
    const card = current;
    current = null;
    if (location.hash) history.replaceState(null, "", "#");
    if (card && !card.hidden) card.querySelector("a").focus();
  }

  /* On paper the large view is a part of the page like any other, and nothing waits to be scrolled to. */

  let printing = false;
  let unfolded = [];

  function beforePrint() {
    printing = large.open;
    for (const image of document.images) image.loading = "eager";
    unfolded = Array.from(document.querySelectorAll("details:not([open])"));
    for (const each of unfolded) each.open = true;
    if (!printing) return;
    large.close();
    large.show(); // a modal one is on a layer of its own, of one sheet
  }

  function afterPrint() {
    for (const each of unfolded) each.open = false;
    if (!printing) return;
    large.close();
    large.showModal();
    setTimeout(() => (printing = false)); // behind the events of both
  }

  // What scrolls by keys where the focus is on nothing that takes these keys itself.
  function scroll(key) {
    const screen = 0.9 * byId("body").clientHeight;
    const by = { PageDown: screen, PageUp: -screen, ArrowDown: 60, ArrowUp: -60, Home: -1e6, End: 1e6 }[key];
    if (by) byId("body").scrollBy({ top: by });
    return Boolean(by);
  }

  function keys(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.id === "opacity" || event.target.closest(".wide")) return;
    if (event.target.getAttribute("role") !== "tab" || event.key.startsWith("Page")) {
      if (scroll(event.key)) event.preventDefault();
    }
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const tabs = Array.from(byId("tabs").children);
    const at = tabs.indexOf(event.target);
    if (at < 0) {
      step(by);
      return;
    }
    const next = tabs[(at + by + tabs.length) % tabs.length];
    next.click();
    next.focus();
  }

  byId("search").addEventListener("input", filter);
  byId("filter").addEventListener("change", filter);
  byId("sort").addEventListener("change", sort);
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
  byId("opacity").addEventListener("input", (event) => {
    chosenOpacity = Number(event.target.value);
    setOpacity(chosenOpacity);
  });
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  byId("close").addEventListener("click", () => large.close());
  large.addEventListener("close", closed);
  large.addEventListener("keydown", keys);
  large.addEventListener("click", (event) => {
    if (event.target === large) large.close(); // beside the view, on the shade
  });
  window.addEventListener("hashchange", fromAddress);
  window.addEventListener("beforeprint", beforePrint);
  window.addEventListener("afterprint", afterPrint);
  window.addEventListener("pageshow", sort); // a page that is come back to gets its fields back after this script has run
  sort();
  fromAddress();
})();
