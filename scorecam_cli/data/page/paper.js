/* On paper nothing waits to be scrolled to or unfolded. */

let unfolded = [];

function beforePrint() {
  if (!current) putIn(null);
  for (const image of document.images) image.loading = "eager";
  unfolded = Array.from(document.querySelectorAll("details:not([open])"));
  for (const each of unfolded) each.open = true;
}

function afterPrint() {
  for (const each of unfolded) each.open = false;
}
