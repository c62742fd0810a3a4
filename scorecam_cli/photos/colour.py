"""Any Pillow image to 8-bit sRGB on white: bit depths, colour spaces, embedded profiles, transparency."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from scorecam_cli.photos.draw import to_uint8

# What an ICC profile calls the colour space of its device side, and the Pillow mode that it speaks of.
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
_SPACE_NAMES = {"RGB": "RGB", "L": "grey", "CMYK": "CMYK", "LAB": "Lab"}
_TIFF_BITS_PER_SAMPLE = 258
_TIFF_PHOTOMETRIC = 262
_WHITE_IS_ZERO = 0
BAND_PIXELS = 2**20  # stretched at once: 8 MB as float64, where a whole photo of 89.5 million would take 716


def to_srgb(image: Image.Image, *, png_bit_depth: int | None = None) -> tuple[NDArray[np.uint8], list[str]]:
    """The colours a viewer shows, transparency laid on white.

    Args:
        image: loaded and upright, any mode.
        png_bit_depth: bits a sample where the file was a PNG: its colour key is in those units.

    Returns:
        uint8 [H0, W0, 3] in sRGB, and sentences about what was mended.
    """
    notes: list[str] = []
    alpha = _alpha_of(image, png_bit_depth)
    colours = _plain_colours(image, notes)
    rgb = _apply_profile(colours, image.info.get("icc_profile"), notes)
    if alpha is not None:
        rgb = Image.composite(rgb, Image.new("RGB", rgb.size, "white"), alpha)
    return np.asarray(rgb), notes  # [H0, W0, 3]


def _alpha_of(image: Image.Image, png_bit_depth: int | None) -> Image.Image | None:
    """The opacity as mode L, 255 opaque; None where the image has none.

    It is taken before any colour conversion: colour management knows no alpha and would drop it.
    """
    if image.mode in ("RGBa", "La"):
        return image.getchannel("a")
    if image.mode in ("RGBA", "LA", "PA"):
        return image.getchannel("A")
    key = image.info.get("transparency")
    if image.mode == "P":
        if key is None and (image.palette is None or image.palette.mode != "RGBA"):
            return None
        return image.convert("RGBA").getchannel("A")
    if key is None:
        return None
    return _keyed_alpha(image, key, png_bit_depth)


def _keyed_alpha(image: Image.Image, key: object, png_bit_depth: int | None) -> Image.Image | None:
    """Opacity 0 where a pixel has exactly the colour that the file declares transparent."""
    samples = np.asarray(image.convert("L") if image.mode == "1" else image)  # [H0, W0] or [H0, W0, 3]
    colour = np.atleast_1d(np.asarray(key, dtype=np.int64))
    if colour.size != (1 if samples.ndim == 2 else samples.shape[2]):
        return None
    if image.mode == "L" and png_bit_depth in (1, 2, 4):
        colour = colour * 255 // (2**png_bit_depth - 1)  # Pillow spreads the samples over 0-255, not the key
    if image.mode == "RGB" and png_bit_depth == 16:
        colour = colour >> 8  # Pillow keeps the high byte of the samples, but all of the key
    same = samples == (colour if samples.ndim == 3 else colour[0])
    transparent = same.all(axis=2) if samples.ndim == 3 else same  # [H0, W0]
    return Image.fromarray(np.where(transparent, np.uint8(0), np.uint8(255)))


def _plain_colours(image: Image.Image, notes: list[str]) -> Image.Image:
    """The same pixels without alpha in a mode that a colour profile can speak of: L, RGB, CMYK or LAB, 8 bits."""
    mode = image.mode
    if mode.startswith("I;16"):
        return _deep_grey(image)
    if mode in ("I", "F"):
        return _stretched_grey(image, notes)
    if mode == "La":
        return image.convert("LA").getchannel("L")
    if mode == "LA":
        return image.getchannel("L")
    if mode == "RGBa":
        return image.convert("RGBA").convert("RGB")
    if mode == "1":
        return image.convert("L")
    if mode in ("L", "RGB", "CMYK", "LAB"):
        return image
    return image.convert("RGBA" if mode in ("P", "PA") else "RGB").convert("RGB")


def _deep_grey(image: Image.Image) -> Image.Image:
    """16-bit grey to 8 bits: 65535 / 257 = 255 exactly; Pillow's own conversion clips at 255."""
    samples = np.asarray(image).astype(np.uint32)  # [H0, W0]
    tags = getattr(image, "tag_v2", {})
    highest = 4095 if tags.get(_TIFF_BITS_PER_SAMPLE) == (12,) else 65535  # 12-bit TIFF arrives as it is stored
    if tags.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO:
        samples = highest - samples  # Pillow turns negatives only at 8 bits and below
    return Image.fromarray(((samples * 255 + highest // 2) // highest).astype(np.uint8))


def _stretched_grey(image: Image.Image, notes: list[str]) -> Image.Image:
    """Grey without a fixed white (32-bit integers, floats): its own darkest and lightest values become 0 and 255."""
    samples = np.asarray(image)  # [H0, W0], float32 or int32
    rows = max(1, BAND_PIXELS // samples.shape[1])
    bands = [slice(top, top + rows) for top in range(0, samples.shape[0], rows)]
    low, high = _finite_range(samples[band] for band in bands)
    scale = 1 / (high - low) if high > low else 0.0
    grey = np.empty(samples.shape, np.uint8)  # [H0, W0]
    for band in bands:
        values = np.nan_to_num(samples[band].astype(np.float64), nan=low)
        grey[band] = to_uint8((np.clip(values, low, high) - low) * scale)
    what = "floating-point" if image.mode == "F" else "32-bit"
    notes.append(f"{what} grey values were stretched from {low:g}..{high:g} to black..white")
    return Image.fromarray(grey)


def _finite_range(bands: Iterable[NDArray[Any]]) -> tuple[float, float]:
    """The smallest and the largest number among those that are finite; 0 and 0 where none is."""
    finite = (band[np.isfinite(band)] for band in bands)
    ranges = [(float(band.min()), float(band.max())) for band in finite if band.size]
    if not ranges:
        return 0.0, 0.0
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _apply_profile(image: Image.Image, icc: object, notes: list[str]) -> Image.Image:
    """The image in sRGB: by its embedded profile where that is usable, else by Pillow's plain conversion."""
    if isinstance(icc, bytes) and icc:
        try:
            return _through_profile(image, icc)
        except Exception as error:  # a damaged profile raises PyCMSError, OSError, ValueError, ... by its damage
            words = " ".join(str(error).split()) or type(error).__name__
            notes.append(f"the embedded colour profile was ignored: {words[:100]}")
    if image.mode == "LAB":
        return _transform(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    return image.convert("RGB")


def _through_profile(image: Image.Image, icc: bytes) -> Image.Image:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    mode = _PROFILE_MODES.get(profile.profile.xcolor_space.strip())
    if mode == "RGB" and image.mode == "L":
        image = image.convert("RGB")  # cameras and editors put their RGB profile on grey photos, too
    if mode != image.mode:
        space = _SPACE_NAMES.get(mode or "", "another colour space")
        raise ValueError(f"it is for {space}, the photo is {_SPACE_NAMES[image.mode]}")
    return _transform(image, profile)


def _transform(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    converted = ImageCms.profileToProfile(
        image, profile, _srgb(), renderingIntent=ImageCms.Intent.PERCEPTUAL, outputMode="RGB"
    )
    assert converted is not None  # None only where the image is changed in place
    return converted


@functools.cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
