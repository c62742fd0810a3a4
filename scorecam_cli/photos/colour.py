"""Any Pillow image to 8-bit sRGB on white: bit depths, colour spaces, embedded profiles, transparency."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from scorecam_cli.photos.draw import tiles, to_uint8

# What an ICC profile calls the colour space of its device side, and the Pillow mode that it speaks of.
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
_SPACE_NAMES = {"RGB": "RGB", "L": "grey", "CMYK": "CMYK", "LAB": "Lab"}
_TIFF_BITS_PER_SAMPLE = 258
_TIFF_PHOTOMETRIC = 262
_WHITE_IS_ZERO = 0
BAND_PIXELS = 2**20  # stretched at once: 8 MB as float64, where a whole photo of 89.5 million would take 716


def write_srgb(image: Image.Image, rgb: NDArray[np.uint8], *, png_bit_depth: int | None = None) -> list[str]:
    """The colours a viewer shows, transparency laid on white; part by part, in little memory beside the two pictures.

    Args:
        image: loaded, any mode.
        rgb: uint8 [h, w, 3], rows and columns as those of the image: where the sRGB colours are written to.
        png_bit_depth: bits a sample where the file was a PNG: its colour key is in those units.

    Returns:
        Sentences about what was mended.
    """
    notes: list[str] = []
    # Over all of the image, since its tags and its darkest and lightest values are those of the whole.
    plain = _plain_grey(image, notes)
    to_rgb: Callable[[Image.Image], Image.Image] | None = None
    for rows, columns in tiles(image.height, image.width, rows=max(64, BAND_PIXELS // image.width)):
        alpha = _alpha_of(_part(image, rows, columns), png_bit_depth)
        colours = _plain_colours(_part(plain, rows, columns))
        to_rgb = to_rgb or _converter(colours, image.info.get("icc_profile"), notes)
        part = to_rgb(colours)
        if alpha is not None:
            part = Image.composite(part, Image.new("RGB", part.size, "white"), alpha)
        rgb[rows, columns] = np.asarray(part)
    return notes


def _part(image: Image.Image, rows: slice, columns: slice) -> Image.Image:
    if (rows.stop, columns.stop) == (image.height, image.width) and rows.start == columns.start == 0:
        return image
    return image.crop((columns.start, rows.start, columns.stop, rows.stop))


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


def _plain_grey(image: Image.Image, notes: list[str]) -> Image.Image:
    """Grey of more than 8 bits as mode L, what it is elsewhere."""
    if image.mode.startswith("I;16"):
        return _deep_grey(image)
    return _stretched_grey(image, notes) if image.mode in ("I", "F") else image


def _plain_colours(image: Image.Image) -> Image.Image:
    """The same pixels without alpha in a mode that a colour profile can speak of: L, RGB, CMYK or LAB, 8 bits."""
    mode = image.mode
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
    tags = getattr(image, "tag_v2", {})
    highest = 4095 if tags.get(_TIFF_BITS_PER_SAMPLE) == (12,) else 65535  # 12-bit TIFF arrives as it is stored
    samples = np.asarray(image)  # [H0, W0]
    grey = np.empty(samples.shape, np.uint8)
    for part in tiles(*samples.shape):
        values = samples[part].astype(np.uint32)
        if tags.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO:
            values = highest - values  # Pillow turns negatives only at 8 bits and below
        grey[part] = (values * 255 + highest // 2) // highest
    return Image.fromarray(grey)


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


def _converter(image: Image.Image, icc: object, notes: list[str]) -> Callable[[Image.Image], Image.Image]:
    """To sRGB from images like this one: by the embedded profile where that is usable, else by plain conversion."""
    if isinstance(icc, bytes) and icc:
        try:
            return _through_profile(image, icc)
        except Exception as error:  # a damaged profile raises PyCMSError, OSError, ValueError, ... by its damage
            words = " ".join(str(error).split()) or type(error).__name__
            notes.append(f"the embedded colour profile was ignored: {words[:100]}")
    if image.mode == "LAB":
        return _transform("LAB", ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    return lambda part: part.convert("RGB")


def _through_profile(image: Image.Image, icc: bytes) -> Callable[[Image.Image], Image.Image]:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    mode = _PROFILE_MODES.get(profile.profile.xcolor_space.strip())
    if mode == "RGB" and image.mode == "L":
        # cameras and editors put their RGB profile on grey photos, too
        through = _transform("RGB", profile)
        return lambda part: through(part.convert("RGB"))
    if mode != image.mode:
        space = _SPACE_NAMES.get(mode or "", "another colour space")
        raise ValueError(f"it is for {space}, the photo is {_SPACE_NAMES[image.mode]}")
    return _transform(mode, profile)


def _transform(mode: str, profile: ImageCms.ImageCmsProfile) -> Callable[[Image.Image], Image.Image]:
    transform = ImageCms.buildTransform(profile, _srgb(), mode, "RGB", renderingIntent=ImageCms.Intent.PERCEPTUAL)
    transform.apply(Image.new(mode, (1, 1)))  # or its errors would come in the middle of the photo
    return transform.apply


@functools.cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
