/* Remarks as JSON and CSV, out and in. What comes in may be of any hand: all of it is checked before any is taken. */

class Refused extends Error {}

const COLUMNS = ["sha256", "name", "flagged", "label", "note", "changed"];
const COMPUTED = /^'*\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/; // what a spreadsheet would compute, or a quote before it
const MOST_BYTES = 2 ** 26;

const inOrder = () => Array.from(remarks.values()).sort((a, b) => names.compare(a.name, b.name));
const asJson = () => JSON.stringify({ schema: 1, title: document.title, photos: inOrder() }, null, 1);

// A cell that a spreadsheet shows as text: in quotes, with one more in front where it would be computed.
const cell = (text) => `"${(COMPUTED.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

// With a byte order mark, by which spreadsheets know that it is UTF-8.
function asCsv() {
  const rows = inOrder().map((each) => COLUMNS.map((name) => cell(name === "flagged" ? (each.flagged ? "yes" : "no") : each[name])));
  return `\ufeff${[COLUMNS, ...rows].map((cells) => cells.join(",")).join("\r\n")}\r\n`;
}

// Remarks of a text, JSON or CSV; throws Refused with a sentence.
function fromText(text) {
  const plain = text.replace(/^\ufeff/, "");
  return /^\s*[[{]/.test(plain) ? fromJson(plain) : fromCsv(plain);
}

function fromJson(text) {
  let value = null;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refused("it is no JSON, or cut short");
  }
  if (value === null || value.schema !== 1 || !Array.isArray(value.photos)) throw new Refused("it is no review of schema 1");
  return value.photos.map((each, place) => checkedRemark(each, `photo ${place + 1}`));
}

function fromCsv(text) {
  const first = text.split("\n", 1)[0];
  const most = (mark) => first.split(mark).length;
  const rows = rowsOf(text, [",", ";", "\t"].reduce((best, mark) => (most(mark) > most(best) ? mark : best)));
  const heading = (rows.shift() || []).map((name) => name.trim().toLowerCase());
  if (!heading.includes("sha256") || !["flagged", "label", "note"].some((name) => heading.includes(name))) {
    throw new Refused("it has no columns sha256 and flagged, label or note");
  }
  return rows.map((cells, place) => {
    const of = (name) => cells[heading.indexOf(name)] || "";
    const flagged = { yes: true, true: true, 1: true, no: false, false: false, 0: false, "": false }[of("flagged").trim().toLowerCase()];
    const texts = { name: unguarded(of("name")), note: unguarded(of("note")), changed: of("changed").trim() };
    const words = { sha256: of("sha256").trim().toLowerCase(), label: of("label").trim().toLowerCase() };
    return checkedRemark({ flagged, ...texts, ...words }, `row ${place + 2}`);
  });
}

const unguarded = (text) => (text.startsWith("'") && COMPUTED.test(text) ? text.slice(1) : text);

// Cells of each row that holds any; quotes as in RFC 4180.
function rowsOf(text, delimiter) {
  const rows = [];
  let cells = [""];
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (quoted && letter === '"' && text[at + 1] === '"') at += 1;
    else if (letter === '"' && (quoted || cells.at(-1) === "")) {
      quoted = !quoted;
      continue;
    }
    if (quoted || (letter !== delimiter && letter !== "\n" && letter !== "\r")) cells[cells.length - 1] += letter;
    else if (letter === delimiter) cells.push("");
    else if (letter === "\n" || text[at + 1] !== "\n") {
      rows.push(cells);
      cells = [""];
    }
  }
  if (quoted) throw new Refused("a cell in quotes does not end");
  rows.push(cells);
  return rows.filter((each) => each.some((found) => found.trim() !== ""));
}

function checkedRemark(found, where) {
  const values = { ...silent(""), ...(typeof found === "object" && found !== null && !Array.isArray(found) ? found : {}) };
  const wrong = (name) => new Refused(`${where}: ${name} is nothing that a page exports`);
  for (const name of COLUMNS) if (typeof values[name] !== (name === "flagged" ? "boolean" : "string")) throw wrong(name);
  if (!/^[0-9a-f]{64}$/.test(values.sha256)) throw wrong("sha256");
  if (values.label !== "" && !Object.hasOwn(LABELS, values.label)) throw wrong("label");
  for (const name of ["name", "note"]) if (values[name].length > LONGEST_REMARK) throw wrong(name);
  if (values.changed !== "") values.changed = moment(values.changed) || wrong("changed");
  if (values.changed instanceof Refused) throw values.changed;
  return Object.fromEntries(COLUMNS.map((name) => [name, values[name]]));
}

// A time in the one form that can be compared as text; one without a zone is of Greenwich. Empty for anything else.
function moment(text) {
  if (!/^\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/.test(text)) return "";
  const time = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text.slice(10)) || text.length === 10 ? text : `${text}Z`);
  return Number.isNaN(time) || time > LAST_MOMENT || time < Date.UTC(1, 0) ? "" : new Date(time).toISOString();
}
