"""From a photo to what the network was trained on: resized, then scaled the way its training code did it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scorecam_cli.choices import Preprocess
from scorecam_cli.errors import PhotoError, UsageError

# Means and deviations of ImageNet, as keras.applications.imagenet_utils uses them.
CAFFE_MEAN_BGR = np.array([103.939, 116.779, 123.68], np.float32)
TORCH_MEAN_RGB = np.array([0.485, 0.456, 0.406], np.float32)
TORCH_STD_RGB = np.array([0.229, 0.224, 0.225], np.float32)

FOR_BANDS = ("none", "unit")
LONGEST_SIDE = 2**20  # pixels; Pillow keeps 8 bytes for each row, which for a column of 89 million are 716 MB
FINE = 64  # the averages that remain for each pixel of the input: each is off its place by 1/64 of one at most


@dataclass(frozen=True)
class Preparation:
    """One way to turn 0-255 pixels into model units.

    scale: float32 [H, W, c] in 0-255 -> float32 [H, W, c] in model units.
    formula: what is computed, for people. closed: what a closed mask (0 in model units) looks like to the model.
    closed_rgb: the same as a colour, the nearest in 0-255.
    """

    name: str
    formula: str
    closed: str
    closed_rgb: tuple[int, int, int]
    scale: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    grey: bool = True


PREPARATIONS = {
    prep.name: prep
    for prep in (
        Preparation(
            "caffe",
            "BGR - mean",
            "the mean colour of ImageNet",
            (124, 117, 104),  # CAFFE_MEAN_BGR, red first
            lambda x: x[..., ::-1] - CAFFE_MEAN_BGR,
            False,
        ),
        Preparation(
            "tf", "rgb / 127.5 - 1", "mid-grey", (128, 128, 128), lambda x: x / np.float32(127.5) - np.float32(1)
        ),
        Preparation(
            "torch",
            "(rgb / 255 - mean) / std",
            "the mean colour of ImageNet",
            (124, 116, 104),  # 255 * TORCH_MEAN_RGB = 123.7, 116.3, 103.5
            lambda x: (x / np.float32(255) - TORCH_MEAN_RGB) / TORCH_STD_RGB,
            False,
        ),
        Preparation("unit", "rgb / 255", "black", (0, 0, 0), lambda x: x / np.float32(255)),
        Preparation("none", "inside the model", "black", (0, 0, 0), lambda x: x),
        Preparation(
            "lite", "(rgb - 127) / 128", "mid-grey", (127, 127, 127), lambda x: (x - np.float32(127)) / np.float32(128)
        ),
    )
}

CHOICES_HELP = (
    "caffe (keras.applications VGG and ResNet: BGR minus mean), tf (MobileNet, Inception, Xception, `x / 127.5 - 1`), "
    "torch (DenseNet, models from PyTorch: mean and std), unit (`x / 255` or ImageDataGenerator(rescale=1./255)), "
    "none (trained on 0-255, or scaled inside the model)"
)


def prepare(
    pixels: NDArray[Any], *, size: tuple[int, int], channels: int, preparation: Preparation
) -> NDArray[np.float32]:
    """Resize a photo to the model's input and scale it to model units.

    The whole photo is resized to the input, whatever its shape, so that every part of it can show up in the map.

    Args:
        pixels: uint8 [H0, W0, 3], upright sRGB, or bands [H0, W0, c] of uint8, uint16 or float32.
        size: (H, W) of the model's input, pixels.
        channels: c, 3 for colour or 1 for grey (ITU-R 601 luma); any other for bands.
        preparation: one of PREPARATIONS.

    Returns:
        float32 [H, W, c] in model units.

    Raises:
        UsageError: the preparation is for colour and the model takes one channel, or bands.
        PhotoError: the photo has another number of bands than the model takes.
    """
    if channels not in (1, 3) or pixels.dtype != np.uint8 or pixels.shape[2] != 3:
        return _prepared_bands(pixels, size, channels, preparation)
    if channels == 1 and not preparation.grey:
        raise UsageError(
            f"--preprocess {preparation.name} is for colour photos and this model takes one channel; "
            "use unit, tf or none"
        )
    height, width = size
    photo = Image.fromarray(_shortened(pixels, size))
    if channels == 1:
        photo = photo.convert("L")
    if photo.size != (width, height):
        photo = photo.resize((width, height), Image.Resampling.BILINEAR)
    resized = np.asarray(photo, np.float32).reshape(height, width, channels)  # [H, W, c]
    return np.ascontiguousarray(preparation.scale(resized), np.float32)


def _prepared_bands(
    bands: NDArray[Any], size: tuple[int, int], channels: int, preparation: Preparation
) -> NDArray[np.float32]:
    """Bands resized one by one, and as they are, or divided by the largest whole number of their type."""
    if preparation.name not in FOR_BANDS:
        raise UsageError(
            f"--preprocess {preparation.name} is for photos of colours, and this model or photo has bands; "
            "scale them in the file and use none, or unit for uint8 and uint16"
        )
    if bands.shape[2] != channels:
        raise PhotoError(
            f"the photo has {bands.shape[2]} bands and the model takes {channels}; "
            f"give a .npy file of [height, width, {channels}]"
        )
    if max(bands.shape) > LONGEST_SIDE:
        raise PhotoError(f"bands of more than {LONGEST_SIDE:,} pixels on a side are not read; make the photo smaller")
    whole = np.issubdtype(bands.dtype, np.integer)
    if preparation.name == "unit" and not whole:
        raise PhotoError("the photo holds float32, and unit is for uint8 and uint16; use --preprocess none")
    height, width = size
    resized = [
        np.asarray(Image.fromarray(band).resize((width, height), Image.Resampling.BILINEAR))
        for band in np.moveaxis(bands, 2, 0).astype(np.float32)
    ]
    divisor = np.float32(np.iinfo(bands.dtype).max if preparation.name == "unit" else 1)
    return np.ascontiguousarray(np.stack(resized, axis=2) / divisor)  # [H, W, c]


def _shortened(rgb: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The photo with a side of more than LONGEST_SIDE pixels averaged to FINE times what the model takes.

    Args:
        rgb: uint8 [H0, W0, 3].
        size: (H, W) of the model's input, pixels.

    Returns:
        uint8 [h, w, 3]; the photo itself, unless a side is that long.
    """
    for axis, target in enumerate(size):
        length = rgb.shape[axis]
        if length <= LONGEST_SIDE:
            continue
        step = max(1, length // (FINE * target))
        along = rgb if axis == 0 else rgb.transpose(1, 0, 2)
        pieces = (along[at : at + step] for at in range(0, length, step))
        averages = [np.rint(piece.mean(0, dtype=np.float32)).astype(np.uint8) for piece in pieces]
        rgb = np.stack(averages, axis)
    return rgb


def choose_preparation(preprocess: Preprocess, *, named: str | None, prepares_itself: bool, model: str) -> Preparation:
    """The preparation to use: what was asked for, else what is known of the model.

    Args:
        preprocess: the user's `--preprocess`.
        named: preparation of a catalogued model; None for the user's own.
        prepares_itself: the model has a Rescaling or Normalization layer, or arithmetic, at its start.
        model: name or file, for the message.

    Raises:
        UsageError: nothing is known and nothing was asked for.
    """
    if preprocess != Preprocess.AUTO:
        return PREPARATIONS[str(preprocess)]
    if named is not None:
        return PREPARATIONS[named]
    if prepares_itself:
        return PREPARATIONS["none"]
    raise UsageError(
        f"{model} has no rescaling or normalisation layer at its start, "
        f"so say how its training code prepared the photos: --preprocess {CHOICES_HELP}"
    )
