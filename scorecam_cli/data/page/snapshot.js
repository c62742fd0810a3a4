/* A PNG of what is seen: the pictures of the stage as they are coloured, zoomed and cut, with name, captions and scale. */

const MARGIN = 12;
const LINE = 24; // pixels of the screen, of one line of words
const MOST_PIXELS = 2 ** 24; // 4096 x 4096; some browsers draw no more
const NO_PICTURE =
  "A browser lets no page read pictures that lie beside it on a disk. Make the page as one file (scorecam report without --folder), " +
  "or open it through a server (python3 -m http.server in its folder), or take a picture of the screen.";

async function snapshot() {
  if (!current || shownPanes.length === 0) return;
  try {
    const canvas = await drawnStage();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    download(`${photoOf(current).name} ${shownPanes.at(-1).found?.name || ""}`.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 100) + ".png", "image/png", blob);
    saySnapshot("Saved as PNG");
  } catch (error) {
    saySnapshot(error.name === "SecurityError" ? NO_PICTURE : "The picture cannot be drawn here: take one of the screen");
  }
}

function saySnapshot(text) {
  byId("snapshot-said").textContent = text;
}

async function drawnStage() {
  const stage = byId("stage").getBoundingClientRect();
  const [width, height] = [stage.width + 2 * MARGIN, stage.height + 2 * LINE + 3 * MARGIN];
  const scale = Math.min(Math.max(2, window.devicePixelRatio), Math.sqrt(MOST_PIXELS / (width * height)));
  const canvas = make("canvas", { width: String(Math.floor(width * scale)), height: String(Math.floor(height * scale)) });
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const look = getComputedStyle(document.body);
  pen.fillStyle = look.backgroundColor;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = look.color;
  drawWords(pen, photoOf(current).key, MARGIN, MARGIN, width - 2 * MARGIN, `600 15px ${look.fontFamily}`);
  pen.translate(MARGIN - stage.left, MARGIN + LINE - stage.top);
  for (const [place, pane] of shownPanes.entries()) await drawPane(pen, pane, place, scale, look);
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  drawScale(pen, MARGIN, height - MARGIN - LINE, width - 2 * MARGIN, look);
  return canvas;
}

// One line of words within a width, cut with an ellipsis.
function drawWords(pen, text, left, top, width, font) {
  pen.font = font;
  pen.textBaseline = "middle";
  const fits = (shown) => pen.measureText(shown).width <= width;
  const letters = Array.from(text.slice(0, 300));
  let count = letters.length;
  while (count > 0 && !fits(`${letters.slice(0, count).join("")}…`)) count -= 1;
  const shown = fits(text) ? text : `${letters.slice(0, count).join("")}…`;
  pen.fillText(shown, left, top + LINE / 2, Math.max(width, 1));
  return pen.measureText(shown).width;
}

async function drawPane(pen, pane, place, scale, look) {
  const view = pane.view.getBoundingClientRect();
  const frame = pane.frame.getBoundingClientRect();
  const swiped = byId("stage").classList.contains("swipe") && place === 1 ? (view.width * cut) / 100 : 0;
  const seen = seenPart(frame, { left: view.left + swiped, top: view.top, right: view.right, bottom: view.bottom });
  pen.save();
  pen.beginPath();
  pen.rect(view.left + swiped, view.top, view.width - swiped, view.height);
  pen.clip();
  pen.imageSmoothingQuality = "high";
  pen.fillStyle = getComputedStyle(byId("stage")).backgroundColor;
  pen.fillRect(view.left, view.top, view.width, view.height);
  for (const image of pane.frame.querySelectorAll("img")) {
    await image.decode();
    if (getComputedStyle(image).visibility === "hidden" || seen.width < 1 || seen.height < 1) continue;
    if (image !== pane.map) pen.drawImage(image, frame.left, frame.top, frame.width, frame.height);
    else drawMap(pen, pane, frame, seen, scale);
  }
  pen.restore();
  pen.fillStyle = look.color;
  const caption = pane.element.querySelector("figcaption").getBoundingClientRect();
  const text = [pane.found ? `${pane.found.name} ${pane.found.percent}` : "photo", pane.run.name].filter(Boolean).join(" · ");
  pen.textAlign = swiped ? "right" : "left";
  drawWords(pen, text, swiped ? caption.right - 8 : caption.left + 8, caption.top, caption.width - 16, `13px ${look.fontFamily}`);
  pen.textAlign = "left";
}

function seenPart(frame, view) {
  const [left, top] = [Math.max(frame.left, view.left), Math.max(frame.top, view.top)];
  return { left, top, width: Math.min(frame.right, view.right) - left, height: Math.min(frame.bottom, view.bottom) - top };
}

// A map over the part of its frame that is seen, each level in its colour.
function drawMap(pen, pane, frame, seen, scale) {
  if (!pane.found.channel) {
    pen.globalAlpha = Number(pane.map.style.opacity || 1);
    pen.drawImage(pane.map, frame.left, frame.top, frame.width, frame.height);
    return;
  }
  const [width, height] = [Math.max(1, Math.round(seen.width * scale)), Math.max(1, Math.round(seen.height * scale))];
  const own = make("canvas", { width: String(width), height: String(height) });
  const brush = own.getContext("2d");
  brush.imageSmoothingQuality = "high";
  const [across, down] = [width / seen.width, height / seen.height];
  brush.drawImage(pane.map, (frame.left - seen.left) * across, (frame.top - seen.top) * down, frame.width * across, frame.height * down);
  const pixels = brush.getImageData(0, 0, width, height);
  colourPixels(pixels, curvesOf(pane.run, pane.found, rangeOf()), frame.width * scale / pane.frame.offsetWidth);
  brush.putImageData(pixels, 0, 0);
  pen.drawImage(own, seen.left, seen.top, seen.width, seen.height);
}

// times: how many pixels one of the frame has, which the contour is as wide as.
function colourPixels(pixels, curves, times) {
  const { data, width, height } = pixels;
  const colours = new Uint32Array(256);
  const bytes = new Uint8Array(colours.buffer);
  for (let level = 0; level < 256; level += 1) bytes.set(["R", "G", "B", "A"].map((letter) => Math.round(255 * curves[letter][level])), 4 * level);
  const inside = new Uint8Array(width * height);
  const whole = new Uint32Array(data.buffer);
  for (let at = 0; at < inside.length; at += 1) {
    const level = data[4 * at];
    inside[at] = curves.inside[level];
    whole[at] = colours[level];
  }
  if (!state.contour) return;
  bytes.set([0, 0, 0, 255, 255, 255, 255, 255]);
  for (const [place, radius] of [3, 1.6].entries()) {
    const wide = widened(inside, width, height, Math.round(radius * times));
    for (let at = 0; at < inside.length; at += 1) if (wide[at] && !inside[at]) whole[at] = colours[place];
  }
}

// What lies at most a radius beside what is inside, across and down.
function widened(inside, width, height, radius) {
  const along = (from, count, lines, step, jump) => {
    const to = new Uint8Array(from.length);
    for (let line = 0; line < lines; line += 1) {
      let left = -1;
      for (let place = -radius; place < count; place += 1) {
        const ahead = place + radius;
        if (ahead < count && from[line * jump + ahead * step]) left = ahead + radius;
        if (place >= 0 && left >= place) to[line * jump + place * step] = 1;
      }
    }
    return to;
  };
  return along(along(inside, width, height, 1, width), height, width, width, 1);
}

function drawScale(pen, left, top, width, look) {
  const font = `13px ${look.fontFamily}`;
  pen.fillStyle = look.color;
  const maps = shownPanes.filter((pane) => pane.map);
  if (maps.length === 0) return;
  if (maps.length > 1 && !rangeOf()) {
    drawWords(pen, "The colours of each map go over its own range", left, top, width, font);
    return;
  }
  let at = left + drawWords(pen, `Map value ${byId("low").textContent}`, left, top, width / 3, font) + 8;
  if (!byId("bar").hidden) {
    pen.imageSmoothingEnabled = false;
    pen.drawImage(byId("bar"), at, top + LINE / 2 - 6, 150, 12);
    at += 158;
  }
  drawWords(pen, byId("high").textContent, at, top, width / 3, font);
}

byId("snapshot").addEventListener("click", snapshot);
viewerKeys.p = { words: "Save what is seen as PNG", press: snapshot };
onShow(() => saySnapshot(""));
