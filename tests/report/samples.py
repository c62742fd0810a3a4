"""Photos that were explained, as `scorecam explain` leaves them, without a model: the maps are drawn by hand."""

import hashlib
import json
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from scorecam_cli.faithfulness.compactness import compactness
from scorecam_cli.figures.kinds import output_paths
from scorecam_cli.files.write import write_array, write_png
from scorecam_cli.photos import draw


def blob(row, column, *, height=28, width=28, spread=4.0):
    """A map with one bump: float32 [height, width], between 0.5 and 20."""
    rows, columns = np.mgrid[:height, :width]
    bump = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * spread**2))
    return (0.5 + 19.5 * bump / bump.max()).astype(np.float32)


def save_photo(path, *, width=60, height=40, seed=0):
    rgb = np.random.default_rng(seed).integers(0, 255, (height // 4, width // 4, 3), dtype=np.uint8)
    Image.fromarray(rgb).resize((width, height)).save(path)
    return path


def explained(
    photo,
    classes,
    *,
    folder=None,
    save=("heatmap", "overlay"),
    colormap="turbo",
    mark="scorecam",
    changes=None,
    doubts=(),
):
    """Write what `explain` writes for a photo; classes: (index, name, probability, map). The manifest's path.

    doubts: about each class.
    """
    folder = folder or photo.parent
    folder.mkdir(parents=True, exist_ok=True)
    rgb = np.asarray(Image.open(photo).convert("RGB"))
    entries = []
    for index, name, probability, saliency in classes:
        paths = output_paths(folder / photo.name, index, save, mark=mark)
        heat = draw.heatmap(saliency, width=rgb.shape[1], height=rgb.shape[0], colormap=colormap)
        for kind, path in paths.items():
            if kind == "npy":
                write_array(path, saliency)
            else:
                write_png(path, heat if kind == "heatmap" else draw.overlay(rgb, heat, alpha=0.5))
        entries.append(
            {
                "index": index,
                "name": name,
                "wnid": f"n{index:08d}",
                "probability": probability,
                "logit": 2.5,
                "map_min": float(saliency.min()),
                "map_max": float(saliency.max()),
                "compactness": compactness(saliency),
                "estimated_correlation": 0.97,
                "doubts": list(doubts[len(entries)]) if doubts else [],
                "files": {kind: path.name for kind, path in paths.items()},
            }
        )
    manifest = {
        "schema": 1,
        "photo": str(photo),
        "photo_sha256": hashlib.sha256(photo.read_bytes()).hexdigest(),
        "width": rgb.shape[1],
        "height": rgb.shape[0],
        "model": "TestNet",
        "weights": "imagenet",
        "layer": "top",
        "method": "score-cam",
        "variant": "article",
        "precision": "float32",
        "preprocess": "caffe",
        "closed_mask": "the mean colour of ImageNet",
        "input": [224, 224, 3],
        "batch_size": 32,
        "channels": 8,
        "live_channels": 6,
        "passes": 5,
        "classes": entries,
        "warnings": [],
        "versions": {"scorecam": "0.1.0"},
        "seconds": {"passes": 1.0, "total": 1.25},
        "settings": {"colormap": colormap, "alpha": 0.5},
        **(changes or {}),
    }
    path = folder / f"{photo.name}.{mark}.json"
    path.write_text(json.dumps(manifest), "ascii")
    return path


class _Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.cards, self.texts, self._json = [], [], [], False

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append((tag, values))
        self._json = tag == "script" and values.get("type") == "application/json" and "id" not in values

    def handle_data(self, data):
        if self._json:
            photo = json.loads(data)
            self.cards.append({**photo["runs"][0], **photo})
            self._json = False
        self.texts.append(data)


def parsed(html):
    """The page as a parser sees it: `tags` (name, attributes), `texts`, and `cards`: a photo with its first run."""
    page = _Page()
    page.feed(html)
    page.close()
    return page
