document.documentElement.classList.add("scripted");
const byId = (id) => document.getElementById(id);
const grid = byId("grid");
const large = byId("large");
const names = new Intl.Collator(undefined, { numeric: true });

// Elements are made by name and filled with text: nothing is ever parsed as markup.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
