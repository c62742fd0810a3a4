"""One contestant of `tests.bench.speed` that runs on torch, in a process of its own without TensorFlow.

    python -m tests.bench.torch_contestants setup VGG16 FOLDER PHOTO cpu               once per model, after that of
                                                                                       tests.bench.contestants
    python -m tests.bench.torch_contestants torch-cam VGG16 FOLDER PHOTO cpu MAP       one timed map

All get the same network as ours, translated by `tests.bench.translated` and checked, with logits at its end as the
networks of torchvision have; as many threads as there are cores; and the same warm-up, a pass of each batch size.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.bench.contest import PAPER, Setup, Timed, batch_sizes, read_image, read_setup, report
from tests.bench.stand_ins import stand_in_for_torchvision
from tests.bench.translated import Translated, part_name, translate

MODULE = "model.pt"
PYTORCH_GRAD_CAM_BATCH, TORCH_CAM_BATCH = 16, 32  # their defaults
SMALL_BATCH = 8  # with which torch is fastest on small networks: it asks the system for memory anew in each pass
CHECKED, TOLERANCE = 4, 1e-4  # photos; of the logarithms of the probabilities, or of their range where that is larger


class TranslationError(Exception):
    """The translated network answers otherwise than the Keras network."""


def main(arguments: list[str]) -> None:
    """Do what the arguments say: `setup`, or a name of CONTESTANTS."""
    who, name, folder, _, device, *stem = arguments
    if who == "setup":
        _set_up(name, Path(folder))
        return
    if device == "gpu" and not torch.cuda.is_available():
        raise SystemExit(f"torch {torch.__version__} sees no GPU")
    torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    place = torch.device("cuda" if device == "gpu" else "cpu")
    model = torch.load(Path(folder) / MODULE, weights_only=False, map_location=place)  # written by _set_up
    image = torch.from_numpy(read_image(Path(folder)).transpose(2, 0, 1)[None].copy()).to(place)  # [1, c, H, W]
    report(CONTESTANTS[who](model.requires_grad_(False), image, read_setup(Path(folder))), Path(stem[0]))


def time_pytorch_grad_cam(model: Translated, image: Tensor, setup: Setup, *, batch: int) -> Timed:
    """pytorch-grad-cam: softmax over all channels of the logits, the sum of raw activations."""
    stand_in_for_torchvision()
    from pytorch_grad_cam import ScoreCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    with torch.inference_mode(), ScoreCAM(model, [_target(model, setup)]) as cam:
        cam.batch_size = batch
        _warm_up(model, image, passes=setup.channels, batch=batch)
        started = time.perf_counter()
        maps = cam(image, targets=[ClassifierOutputTarget(setup.class_index)])  # [1, H, W]
        seconds = time.perf_counter() - started
    return Timed(seconds, setup.channels, {PAPER: np.asarray(maps[0], np.float32)})


def time_torch_cam(model: Translated, image: Tensor, setup: Setup, *, batch: int) -> Timed:
    """torch-cam: softmax over all channels of the rise of the logit, the sum of raw activations."""
    from torchcam.methods import ScoreCAM

    with torch.inference_mode(), ScoreCAM(model, _target(model, setup), batch_size=batch) as cam:
        _warm_up(model, image, passes=setup.channels, batch=batch)
        started = time.perf_counter()
        logits = model(image)
        maps = cam(setup.class_index, logits)[0].cpu().numpy()  # [1, h, w]
        seconds = time.perf_counter() - started
    return Timed(seconds, setup.channels, {PAPER: np.asarray(maps[0], np.float32)})


def time_floor(model: Translated, image: Tensor, setup: Setup, *, batch: int) -> Timed:
    """The network alone on as many unmasked photos as the others mask: no map."""
    with torch.inference_mode():
        _warm_up(model, image, passes=setup.channels, batch=batch)
        photos = image.repeat(min(batch, setup.channels), 1, 1, 1)  # [B, c, H, W]
        started = time.perf_counter()
        for first in range(0, setup.channels, batch):
            model(photos[: setup.channels - first]).cpu()
        seconds = time.perf_counter() - started
    return Timed(seconds, setup.channels, {})


CONTESTANTS: dict[str, Callable[..., Timed]] = {
    "pytorch-grad-cam": partial(time_pytorch_grad_cam, batch=PYTORCH_GRAD_CAM_BATCH),
    "torch-cam": partial(time_torch_cam, batch=TORCH_CAM_BATCH),
    "torch-floor": partial(time_floor, batch=TORCH_CAM_BATCH),
    "pytorch-grad-cam-8": partial(time_pytorch_grad_cam, batch=SMALL_BATCH),
    "torch-cam-8": partial(time_torch_cam, batch=SMALL_BATCH),
    "torch-floor-8": partial(time_floor, batch=SMALL_BATCH),
}


def check_translation(model: Any, translated: nn.Module, photos: np.ndarray[Any, Any]) -> float:
    """How far apart the logarithms of both networks' probabilities are at the most, for photos [B, H, W, c].

    Raises:
        TranslationError: they are further apart than TOLERANCE.
    """
    with torch.inference_mode():
        logits = translated(torch.from_numpy(photos.transpose(0, 3, 1, 2).copy()))
        found = torch.log_softmax(logits.double(), dim=1).numpy()
    probabilities = np.asarray(model(photos, training=False), np.float64)  # [B, C]
    possible = probabilities > 0
    expected = np.log(probabilities, where=possible, out=np.zeros_like(probabilities))
    apart = float(np.abs(found - expected)[possible].max())
    if not apart <= TOLERANCE * max(1.0, float(np.ptp(expected[possible]))):
        raise TranslationError(f"{model.name}: log-probabilities of the translated network are {apart:.2g} apart")
    return apart


def _set_up(name: str, folder: Path) -> None:
    """Translate the model, compare both, and write the torch module into the folder."""
    from tests.bench.contestants import load

    model, image = load(name, folder=folder), read_image(folder)  # [H, W, c]
    translated = translate(model)
    shares = np.linspace(1, 0.1, CHECKED, dtype=np.float32)[:, None, None, None]
    apart = check_translation(model, translated, image * shares)
    print(f"{name}: log-probabilities in Keras and torch are {apart:.1e} apart at the most")
    torch.save(translated, folder / MODULE)


def _target(model: Translated, setup: Setup) -> nn.Module:
    return model.parts[part_name(setup.layer)]


def _warm_up(model: nn.Module, image: Tensor, *, passes: int, batch: int) -> None:
    """One pass of the photo alone and of each batch size, as the others do."""
    for size in (1, *batch_sizes(passes, batch)):
        model(image.repeat(size, 1, 1, 1)).cpu()


if __name__ == "__main__":
    main(sys.argv[1:])
