"""From a model file that another process has open to a classifier: which input is the photo, which output the class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.black_box.black_box import BlackBox, Runner
from scorecam_cli.black_box.process import OutOfMemoryError, Process
from scorecam_cli.black_box.tensors import Picture, Tensor, told
from scorecam_cli.choices import HeadKind
from scorecam_cli.errors import ModelError, PhotoError, UsageError
from scorecam_cli.inspection.inspect import FileKind
from scorecam_cli.inspection.limits import DAMAGED
from scorecam_cli.models.constants import Constant
from scorecam_cli.models.heads import head_of
from scorecam_cli.models.labels import Labels
from scorecam_cli.models.preparation import Preparation
from scorecam_cli.records import MOST_BANDS

DEFAULT_SIZE = (224, 224)  # of a model that takes any size
COLOURS = (1, 3)
SAME = 1e-3  # between a photo's numbers alone and in a batch; float16 models differ by less


def open_file(path: Path, kind: FileKind) -> tuple[Process, list[Tensor], list[Tensor]]:
    """A model file, open, and its inputs and outputs.

    Raises:
        ModelError: it cannot be opened.
    """
    process = Process(path, kind)
    try:
        inputs, outputs = ([told(each) for each in process.told[side]] for side in ("inputs", "outputs"))
    except (ValueError, KeyError, TypeError) as error:
        process.end()
        raise ModelError(f"{path} takes or returns something else than arrays of numbers") from error
    if not inputs or not outputs:
        raise ModelError(f"{path} {DAMAGED}")
    return process, inputs, outputs


def build_black_box(
    path: Path,
    kind: FileKind,
    *,
    labels: Callable[[int], Labels],
    preparation: Callable[[bool], Preparation],
    constants: Mapping[str, Constant],
    output: str | None,
    wanted_size: tuple[int, int] | None,
    head: HeadKind,
    version: str,
) -> BlackBox:
    """Open a file and find out what it takes and returns.

    Args:
        path, kind: the file, looked into before.
        labels: from the number of classes to their names.
        preparation: from "the model prepares the photo itself" to the preparation to use.
        constants: of its inputs beside the photo, by name.
        output: name or number of the output that says the class; None: there is one.
        wanted_size: (H, W) for a model that leaves its size open.
        head: what the numbers are that it returns.
        version: of scorecam.

    Raises:
        ModelError: it cannot be opened, or is no image classifier.
        UsageError: preparation, labels, constants, output or size do not fit.
    """
    process, inputs, outputs = open_file(path, kind)
    name = str(path)
    place = _free_input(inputs, constants, name)
    picture = picture_of(inputs[place], place, first=kind is FileKind.ONNX, name=name)
    size = _size(picture, wanted_size, name)
    chosen = _chosen(outputs, output, name)
    fixed = {
        at: constants[each.name].fitted(each.shape[1:], each.dtype) for at, each in enumerate(inputs) if at != place
    }
    runner = Runner(process, picture, outputs[chosen], chosen, fixed, _together(inputs))
    read = head_of(_tried(runner, size, name), asked=head, step=outputs[chosen].scale, name=name)
    return BlackBox(
        runner,
        name=name,
        size=size,
        channels=picture.channels or 0,
        head=read,
        labels=labels(read.classes),
        preparation=preparation(picture.tensor.counts),
        versions={"scorecam": version, **_versions(process.told)},
    )


def picture_of(tensor: Tensor, place: int, *, first: bool, name: str) -> Picture:
    """The input as a picture: where its colours are is told by which side can be a number of colours.

    Args:
        first: where both can be, the first is.

    Raises:
        ModelError: it is no image.
    """
    sides = (tensor.shape[1], tensor.shape[3]) if len(tensor.shape) == 4 else (None, None)
    fit = [side in COLOURS for side in sides]
    if not any(fit):  # bands: a number of them, and no image is as small
        fit = [side is not None and 1 <= side <= MOST_BANDS for side in sides]
        fit = [False, False] if all(fit) else fit
    if not any(fit):
        raise ModelError(
            f"{name} takes {tensor}; scorecam explains classifiers of images [batch, H, W, c] or [batch, c, H, W], "
            f"c being 1, 3, or up to {MOST_BANDS} where the image is larger"
        )
    if tensor.dtype == "int8" and not tensor.scale:
        raise ModelError(f"{name} takes int8 and does not say what its numbers stand for; convert it again")
    return Picture(tensor, place, channels_first=first if all(fit) else fit[0])


def _free_input(inputs: Sequence[Tensor], constants: Mapping[str, Constant], name: str) -> int:
    listed = ", ".join(map(str, inputs))
    if unknown := [each for each in constants if each not in {known.name for known in inputs}]:
        raise UsageError(f"{name} has no input {unknown[0]!r}; it takes {listed}")
    free = [place for place, known in enumerate(inputs) if known.name not in constants]
    if not free:
        raise UsageError(f"{name} has no input left for the photo; it takes {listed}")
    if len(free) > 1:
        raise ModelError(
            f"{name} takes {len(inputs)} inputs, {listed}; "
            "give all but the photo with --constant-input NAME=FILE.npy or NAME=NUMBER"
        )
    return free[0]


def _chosen(outputs: Sequence[Tensor], output: str | None, name: str) -> int:
    listed = ", ".join(map(str, outputs))
    if output is None:
        if len(outputs) > 1:
            raise ModelError(
                f"{name} has {len(outputs)} outputs, {listed}; name the one that says the class with --output"
            )
        return 0
    places = [at for at, known in enumerate(outputs) if output == known.name] or [
        at for at in range(len(outputs)) if output == str(at)
    ]
    if not places:
        raise UsageError(f"output {output!r} does not exist; {name} has {listed}")
    return places[0]


def _size(picture: Picture, wanted: tuple[int, int] | None, name: str) -> tuple[int, int]:
    height, width = picture.sides
    for side, asked in zip((height, width), wanted or (None, None), strict=True):
        if asked is not None and side not in (None, asked):
            raise ModelError(f"{name} takes images of {height} x {width} and no others; leave out --input-size")
    open_size = wanted or DEFAULT_SIZE
    return height or open_size[0], width or open_size[1]


def _together(inputs: Sequence[Tensor]) -> int | None:
    """The batch size that the model is fixed to; None where it takes any."""
    return next((each.shape[0] for each in inputs if each.shape and each.shape[0] is not None), None)


def _tried(runner: Runner, size: tuple[int, int], name: str) -> NDArray[np.float32]:
    """What the model says of eight images of noise and flat grey; it is then known whether it takes them in batches.

    Raises:
        ModelError: it does not run, or returns something else than [batch, classes].
    """
    shape = (*size, runner.picture.channels or 0)
    noise = np.random.default_rng(0)
    images = [noise.uniform(0, 255, shape) / scale for scale in (1, 1, 1, 255, 255, 255)]
    batch = np.stack([*images, np.zeros(shape), np.full(shape, 255.0)]).astype(np.float32)
    sides = runner.output.shape[1:]
    if sum(side not in (None, 1) for side in sides) > 1:
        raise ModelError(f"{name} returns {runner.output}; scorecam explains classifiers that return [batch, classes]")
    try:
        alone = np.concatenate([runner(batch[at : at + 1]) for at in range(len(batch))])
    except (PhotoError, OutOfMemoryError) as error:
        why = str(error) or "it takes more memory than it may"
        raise ModelError(f"{name} does not run on an input of {' x '.join(map(str, shape))}: {why}") from error
    if runner.together is None and not _same_in_a_batch(runner, batch, alone):
        runner.together = 1
    return alone


def _same_in_a_batch(runner: Runner, batch: NDArray[np.float32], alone: NDArray[np.float32]) -> bool:
    """Whether the model says the same of photos that it is shown together; some say that they take any number."""
    try:
        found = runner(batch)
    except (PhotoError, OutOfMemoryError):
        return False
    largest = float(np.abs(alone[np.isfinite(alone)]).max(initial=1.0))
    return found.shape == alone.shape and bool(np.allclose(found, alone, atol=SAME * largest, equal_nan=True))


def _versions(found: Mapping[str, Any]) -> dict[str, str]:
    versions = found.get("versions")
    if not isinstance(versions, dict):
        return {}
    return {str(name)[:40]: str(value)[:40] for name, value in versions.items()}
