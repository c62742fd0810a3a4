"""One program on every kind of model, in a process and an environment of its own: a line of JSON for each.

python -m tests.matrix.one_tool tf-keras-vis [KIND ...]
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tests.matrix.kinds import KINDS, LEGACY, Kind, Scene, keras, scenes

Explain = Callable[[Any, Kind, Scene], NDArray[np.float32]]
AROUND = 2  # pixels: one cell of the grid, whose upsampling may carry the peak over the square's border
LONGEST = 90  # letters of an error in a cell


def scorecam(model: Any, kind: Kind, scene: Scene) -> NDArray[np.float32]:
    import scorecam_cli

    options: dict[str, Any] = {"preprocess": "none"} if kind.name in ("Swin (KerasHub)", "ViT of KerasHub") else {}
    if kind.beside is not None:
        options["constant_inputs"] = {"age": kind.beside}
    if kind.name == "open size":
        options["input_size"] = scene.rgb.shape[:2]
    index = 1 if kind.one_unit else scene.colour
    return scorecam_cli.explain(scene.rgb, model, classes=index, **options).classes[0].map


def tf_keras_vis(model: Any, kind: Kind, scene: Scene) -> NDArray[np.float32]:
    from tf_keras_vis.scorecam import Scorecam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import BinaryScore, CategoricalScore

    score = BinaryScore(True) if kind.one_unit else CategoricalScore(scene.colour)
    photo = scene.rgb[None].astype(np.float32)
    given = photo if kind.beside is None else [photo, np.full((1, 1), kind.beside, np.float32)]
    try:
        found = Scorecam(model, model_modifier=ReplaceToLinear(), clone=True)(score, given)
    except (AttributeError, TypeError):  # a model that cannot be cloned and changed may be explained as it is
        found = Scorecam(model, clone=False)(score, given)
    return np.asarray(found[0] if isinstance(found, list) else found)[0]


def xplique(model: Any, kind: Kind, scene: Scene) -> NDArray[np.float32]:
    from xplique.attributions import GradCAM

    target = np.ones((1, 1)) if kind.one_unit else np.eye(3)[[scene.colour]]
    photo = scene.rgb[None].astype(np.float32)
    given = photo if kind.beside is None else [photo, np.full((1, 1), kind.beside, np.float32)]
    found = np.asarray(GradCAM(model)(given, target.astype(np.float32)))[0]
    return found[..., 0] if found.ndim == 3 else found


def tf_explain(model: Any, kind: Kind, scene: Scene) -> NDArray[np.float32]:
    import cv2
    from tf_explain.core.grad_cam import GradCAM

    photo = scene.rgb[None].astype(np.float32)
    given = photo if kind.beside is None else [photo, np.full((1, 1), kind.beside, np.float32)]
    index = 0 if kind.one_unit else scene.colour
    shown = GradCAM().explain((given, None), model, index, colormap=cv2.COLORMAP_BONE, image_weight=0.0)
    return np.asarray(shown, np.float32).sum(axis=-1)  # a map of greys, brighter where it is larger


TOOLS: dict[str, tuple[str, Explain]] = {
    "scorecam": ("Score-CAM", scorecam),
    "tf-keras-vis": ("Score-CAM", tf_keras_vis),
    "xplique": ("Grad-CAM", xplique),
    "tf-explain": ("Grad-CAM", tf_explain),
}


def verdict(kind: Kind, found: list[tuple[Scene, NDArray[np.float32]]]) -> str:
    """`right`, `runs`, or what is wrong with the maps.

    Args:
        kind: of the model.
        found: each photo with its map, float [H, W].
    """
    for scene, saliency in found:
        if saliency.shape != scene.rgb.shape[:2]:
            return f"wrong: a map of {list(saliency.shape)} for {list(scene.rgb.shape[:2])} pixels"
        if not np.isfinite(saliency).all():
            return "wrong: not finite"
        if np.ptp(saliency) <= 1e-6 * np.abs(saliency).max():
            return "wrong: the same everywhere"
    if not kind.known:
        return "runs"
    inside = sum(_peak_inside(scene, saliency) for scene, saliency in found)
    return "right" if inside == len(found) else f"wrong: peak in the square on {inside} of {len(found)}"


def _peak_inside(scene: Scene, saliency: NDArray[np.float32]) -> bool:
    row, column = np.unravel_index(saliency.argmax(), saliency.shape)
    return all(
        span.start - AROUND <= at < span.stop + AROUND for at, span in ((row, scene.rows), (column, scene.columns))
    )


def cell(tool: Explain, kind: Kind) -> str:
    """What came of one kind of model; an error in its first words."""
    if LEGACY and "KerasHub" in kind.name:
        return "no model: KerasHub needs Keras 3"
    photos = scenes(kind.side)
    if kind.one_unit:
        photos = photos[:1]  # the unit is for red
    try:
        model = kind.build()
    except Exception as error:  # of the environment, not of the program
        return f"no model: {first_words(error)}"
    try:
        return verdict(kind, [(scene, np.asarray(tool(model, kind, scene))) for scene in photos])
    except Exception as error:  # whatever another program raises is what the cell says
        return f"fails: {first_words(error)}"


def first_words(error: BaseException) -> str:
    """The type and the first line that says something, without Markdown's letters and without paths."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    words = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    words = " ".join(word for word in words.replace("|", "/").replace("`", "'").split() if word.count("/") < 2)
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def main() -> None:
    """Every cell of one program; its versions first."""
    name = sys.argv[1]
    warnings.simplefilter("ignore")
    of = {"tensorflow": tf.__version__, "keras": keras.__version__}
    own = "" if name == "scorecam" else importlib.metadata.version(name)
    print(json.dumps({"version": own, "versions": of}), flush=True)
    for kind in KINDS if len(sys.argv) < 3 else [each for each in KINDS if each.name in sys.argv[2:]]:
        print(json.dumps({"kind": kind.name, "cell": cell(TOOLS[name][1], kind)}), flush=True)


if __name__ == "__main__":
    main()
