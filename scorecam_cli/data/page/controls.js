/* What maps look like: colours, opacity, threshold, contour, scale. */

const colourNames = { RdBu_r: "red for, blue against", PuOr_r: "orange for, purple against", coolwarm: "warm for, cold against" };

function showControls(run, found) {
  const drawn = shownPanes.filter((pane) => pane.map);
  byId("legend").hidden = drawn.length === 0;
  const channels = drawn.filter((pane) => pane.found.channel);
  for (const name of ["colours-choice", "veil", "from", "contour"]) byId(name).parentElement.hidden = channels.length === 0;
  byId("opacity").parentElement.hidden = drawn.every((pane) => pane.found.laid_over);
  byId("common-label").hidden = channels.length < 2;
  byId("against-label").hidden = !byId("stage").classList.contains("swipe");
  fillAgainst(run, found);
  if (found && found.drawn) showScale(run, found);
  fillColours(run, found);
  byId("veil").value = state.veil === "even" ? "even" : "value";
  showRange("opacity", Math.round(100 * opacityOf(run)));
  showRange("from", Number(state.from) || 0);
  byId("contour").checked = state.contour !== "";
  byId("common").checked = state.common !== "";
}

function showRange(name, percent) {
  byId(name).value = String(percent);
  byId(`${name}-value`).textContent = `${percent} %`;
  byId(name).setAttribute("aria-valuetext", `${percent} %`);
}

const short = (value) => String(Number(value.toPrecision(3)));

function showScale(run, found) {
  const range = rangeOf();
  const bar = byId("bar");
  bar.hidden = found.flat || !drawBar(bar, coloursOf(run, found));
  byId("low").textContent = found.flat ? `flat: ${found.low} everywhere` : range ? short(range[0]) : found.low;
  byId("high").textContent = found.flat ? "" : range ? short(range[1]) : found.high;
}

function fillColours(run, found) {
  const signed = Boolean(found && found.signed);
  const offered = Object.keys(colours).filter((name) => twoColours.includes(name) === signed && name !== run.colormap);
  const words = (name) => colourNames[name] || name;
  const options = [["", `${words(run.colormap)} (as drawn)`], ...offered.map((name) => [name, words(name)])];
  byId("colours-choice").replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
  byId("colours-choice").value = found && coloursOf(run, found) === state.colours ? state.colours : "";
}

function fillAgainst(run, found) {
  if (byId("against-label").hidden) return;
  const offered = againsts(photoOf(current), run, found);
  byId("against").replaceChildren(...offered.map(([value, words]) => make("option", { value }, words)));
  byId("against").value = offered.some(([value]) => value === state.against) ? state.against : offered[0][0];
}

for (const [name, field] of [["colours-choice", "colours"], ["veil", "veil"], ["against", "against"], ["run", "run"]]) {
  byId(name).addEventListener("change", (event) => setState({ [field]: event.target.value, ...(field === "veil" ? { opacity: "" } : {}) }));
}
for (const name of ["opacity", "from"]) byId(name).addEventListener("input", (event) => setState({ [name]: event.target.value }));
for (const name of ["contour", "common"]) byId(name).addEventListener("change", (event) => setState({ [name]: event.target.checked ? "1" : "" }));
byId("bare").addEventListener("change", (event) => large.classList.toggle("bare", event.target.checked));
byId("modes").addEventListener("click", (event) => {
  if (event.target.dataset.mode) setState({ mode: event.target.dataset.mode });
});
byId("fold").addEventListener("click", foldSide);

function foldSide() {
  const folded = large.classList.toggle("folded");
  byId("fold").setAttribute("aria-expanded", String(!folded));
  layOut();
}
