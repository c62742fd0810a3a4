/* The ways out and in: exports, imports, the names of what is flagged. */

function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // after the browser has taken it
}

// Names as `--files-from` reads them, one a line, and how many flagged photos have none that fits.
function flaggedNames() {
  const flagged = cards.filter((card) => remarkOn(card).flagged);
  const listed = flagged.map((card) => photoOf(card).listed ?? photoOf(card).key);
  const fitting = listed.filter(Boolean);
  return { text: fitting.map((name) => `${name}\n`).join(""), count: fitting.length, left: listed.length - fitting.length };
}

function saidOf({ count, left }, done) {
  const names = count === 1 ? "1 name" : `${count} names`;
  const more = left ? ` ${left === 1 ? "1 photo has" : `${left} photos have`} a name that no list can hold.` : "";
  return `${names} ${done}: give them to scorecam explain --files-from, in the folder that holds the photos.${more}`;
}

async function copyFlagged() {
  const found = flaggedNames();
  sayOfReview((await copied(found.text)) ? saidOf(found, "copied") : "This browser lets no page copy: save the names as a file.");
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = make("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" });
    const before = document.activeElement;
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    before?.focus();
    return done;
  }
}

async function importFiles(files) {
  const said = [];
  for (const file of files) said.push(await importFile(file));
  sayOfReview(said.join(" "));
}

async function importFile(file) {
  try {
    if (file.size > MOST_BYTES) throw new Refused(`it is larger than ${MOST_BYTES / 2 ** 20} MiB`);
    const found = fromText(await file.text());
    const told = takeIn(found);
    keep();
    for (const each of found) for (const card of ofPhotos.get(each.sha256) || []) markCard(card);
    countRemarks();
    arrange();
    if (current) byId("note") && (byId("note").value = remarkOn(current).note);
    return importWords(file.name, told, found.filter((each) => !ofPhotos.has(each.sha256)).length);
  } catch (error) {
    return `${printed(file.name)}: ${error instanceof Refused ? error.message : "it cannot be read"}; nothing of it was taken.`;
  }
}

function importWords(name, { added, newer, older }, elsewhere) {
  const parts = [`${added} added`];
  if (newer) parts.push(`${newer} newer than here and taken`);
  if (older) parts.push(`${older} older than here and left`);
  if (elsewhere) parts.push(`${elsewhere} of photos that are not on this page, kept for the next export`);
  return `${printed(name)}: ${parts.join(", ")}.`;
}

// A name of which every letter can be seen.
const printed = (text) => text.slice(0, 200).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (letter) => `\\u{${letter.codePointAt(0).toString(16)}}`);

function beginReview() {
  const said = beginRemarks();
  for (const digest of remarks.keys()) for (const card of ofPhotos.get(digest) || []) markCard(card);
  countRemarks();
  showKept();
  sayOfReview(said);
  byId("export-json").addEventListener("click", () => download("review.json", "application/json", asJson()));
  byId("export-csv").addEventListener("click", () => download("review.csv", "text/csv", asCsv()));
  byId("save-flagged").addEventListener("click", () => {
    const found = flaggedNames();
    download("flagged.txt", "text/plain", found.text);
    sayOfReview(saidOf(found, "saved"));
  });
  byId("copy-flagged").addEventListener("click", copyFlagged);
  byId("import-review").addEventListener("change", async (event) => {
    await importFiles(Array.from(event.target.files));
    event.target.value = "";
  });
  window.addEventListener("pagehide", () => toKeep && keep());
  window.addEventListener("storage", fromOtherTab);
}

// Another tab has this page open, too.
function fromOtherTab(event) {
  if (event.key !== store || event.newValue === null) return;
  try {
    takeIn(fromJson(event.newValue));
  } catch {
    return;
  }
  for (const digest of remarks.keys()) for (const card of ofPhotos.get(digest) || []) markCard(card);
  countRemarks();
}
