/* The film strip: the photos around the one that is open. */

const STRIP_REACH = 10;
const stripLinks = new Map(); // card -> its link, so that a picture is read once

function showStrip() {
  const others = among();
  const at = others.indexOf(current);
  const near = others.slice(Math.max(0, at - STRIP_REACH), at + STRIP_REACH + 1);
  for (const card of Array.from(stripLinks.keys())) if (!near.includes(card)) stripLinks.delete(card);
  for (const card of near) if (!stripLinks.has(card)) stripLinks.set(card, stripLink(card));
  const links = near.map((card) => stripLinks.get(card));
  links.forEach((link, place) => {
    const open = near[place] === current;
    link.tabIndex = open ? 0 : -1;
    if (open) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
  const strip = byId("strip");
  strip.hidden = near.length < 2;
  strip.replaceChildren(...links);
  const own = stripLinks.get(current);
  if (own) strip.scrollLeft = own.offsetLeft - (strip.clientWidth - own.offsetWidth) / 2;
}

function stripLink(card) {
  const like = card.querySelector(".photo") || card.querySelector(".map.alone");
  const link = make("a", { href: card.querySelector("a").getAttribute("href"), "aria-label": card.dataset.key });
  if (like) link.append(picture(like, like.src, ""));
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setState({ photo: card.dataset.key, class: "", run: "" });
  });
  return link;
}
