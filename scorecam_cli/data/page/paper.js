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
