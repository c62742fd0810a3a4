"""Bytes to a photo as a viewer shows it: upright, sRGB, 8 bits, transparency laid on white."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from scorecam_cli.config import MAX_PIXELS
from scorecam_cli.errors import PhotoError
from scorecam_cli.files.npy import MARK
from scorecam_cli.files.signatures import READ_FORMATS, looks_like, photo_format, webp_size
from scorecam_cli.photos.bands import bands_in, photo_of
from scorecam_cli.photos.colour import write_srgb
from scorecam_cli.photos.forms import is_whole_container, unread_form
from scorecam_cli.photos.quiet import quiet_warnings
from scorecam_cli.photos.tiff_bands import has_bands, tiff_bands
from scorecam_cli.records import Photo

Admit = Callable[[int], None]
Allocate = Callable[[tuple[int, int, int]], NDArray[np.uint8]]

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF")
LONGEST_ROW = 2**31 // 32 - 8  # Pillow's decoders count the bits of a row, up to 32 a pixel, in 32 bits
MOST_BAND_BYTES = 2**30  # of the bands of a photo: as large as the largest file of any
_ORIENTATION_TAG = 0x0112
# By EXIF orientation: a view of the upright photo [H0, W0, 3] whose rows are those that the file stores.
_AS_STORED: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda rgb: rgb,
    2: lambda rgb: rgb[:, ::-1],
    3: lambda rgb: rgb[::-1, ::-1],
    4: lambda rgb: rgb[::-1],
    5: lambda rgb: rgb.transpose(1, 0, 2),
    6: lambda rgb: rgb.transpose(1, 0, 2)[::-1],
    7: lambda rgb: rgb[::-1, ::-1].transpose(1, 0, 2),
    8: lambda rgb: rgb.transpose(1, 0, 2)[:, ::-1],
}


def decode_photo(
    data: bytes,
    *,
    max_pixels: int = MAX_PIXELS,
    admit: Admit = lambda pixels: None,
    allocate: Allocate = lambda shape: np.empty(shape, np.uint8),
) -> Photo:
    """The first frame of an encoded photo, upright, in sRGB, transparency laid on white.

    Args:
        data: a whole JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or (with pillow-heif) HEIC file; or a file of bands, .npy or
            (with tifffile) TIFF.
        max_pixels: the most that is decoded; the header is asked first.
        admit: called with W0 x H0 before the pixels are decoded.
        allocate: uint8 array of a shape, which the photo is put into.

    Returns:
        Photo with rgb uint8 [H0, W0, 3] and the SHA-256 of `data`; what was mended is in its warnings.

    Raises:
        PhotoError: no photo, damaged, cut short, or more than `max_pixels`.
    """
    if not data:
        raise PhotoError("the file is empty")
    if (bands := _bands(data, max_pixels, admit)) is not None:
        return photo_of(bands, sha256=hashlib.sha256(data).hexdigest(), allocate=allocate)
    with quiet_warnings(), _pillow_allowing(max_pixels):  # the sentences below replace what Pillow warns of
        if size := webp_size(data):  # whose canvas is taken as soon as it is opened
            _admit(size, max_pixels, admit)
        image = _open(data, max_pixels)
        if not size:
            _admit(image.size, max_pixels, admit)
        try:
            # What a decoder raises on hostile bytes has no common type: SyntaxError, struct.error, OverflowError, ...
            image.load()
            orientation, notes = _orientation(image)
            width, height = image.size if orientation < 5 else image.size[::-1]
            rgb = allocate((height, width, 3))
            notes += write_srgb(image, _AS_STORED[orientation](rgb), png_bit_depth=_png_bit_depth(data))
        except PhotoError:
            raise
        except MemoryError as error:
            raise PhotoError(_no_memory(image)) from error
        except Exception as error:
            raise PhotoError(_damaged(data, error)) from error
    return Photo(rgb=rgb, sha256=hashlib.sha256(data).hexdigest(), warnings=tuple(notes))


def _bands(data: bytes, max_pixels: int, admit: Admit) -> NDArray[Any] | None:
    """The bands [H0, W0, c] of a file that holds some; None for a photo of colours."""

    def admit_bands(height: int, width: int, pixel_bytes: int) -> None:
        most = MOST_BAND_BYTES * max(1, max_pixels // MAX_PIXELS)
        if height * width <= max_pixels and height * width * pixel_bytes > most:
            raise PhotoError(
                f"{width} x {height} pixels of {pixel_bytes} bytes are too large: at most {most:,} bytes are read; "
                "make it smaller first or give --max-pixels"
            )
        weighs = 1 + pixel_bytes // 3  # pixels of three bytes, each of its pixels
        _admit((width, height), max_pixels, lambda pixels: admit(weighs * pixels))

    if data.startswith(MARK):
        bands = bands_in(data)
        admit_bands(bands.shape[0], bands.shape[1], bands.shape[2] * bands.dtype.itemsize)
        return bands
    if not has_bands(data):
        return None
    try:
        return tiff_bands(data, admit=admit_bands)
    except MemoryError as error:
        raise PhotoError("not enough memory for the bands of the TIFF file") from error


@contextmanager
def _pillow_allowing(max_pixels: int) -> Iterator[None]:
    """Raise Pillow's own limit, twice `Image.MAX_IMAGE_PIXELS`, for a while, where more pixels are asked for."""
    limit = Image.MAX_IMAGE_PIXELS
    if limit is None or max_pixels <= 2 * limit:
        yield
        return
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _open(data: bytes, max_pixels: int) -> Image.Image:
    """The file's header, understood and found to be no larger than allowed; no pixel is decoded yet."""
    formats = _readable_formats()
    announced = photo_format(data)
    if announced in ("HEIC", "HEIF") and "HEIF" not in formats:
        raise PhotoError(f"{announced} needs the extra: pip install 'scorecam[heic]'")
    try:
        image: Image.Image | None = Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise PhotoError(_unidentified(data)) from error
    except Image.DecompressionBombError as error:
        raise PhotoError(_too_large(_declared_size(data, formats), max_pixels)) from error
    except MemoryError:
        image = None  # said below, when what the parser held is free again
    except Exception as error:
        raise PhotoError(_damaged(data, error)) from error
    if image is None:
        raise PhotoError(f"the header of the {announced or 'image'} file takes more memory than it may")
    return image


def _admit(size: tuple[int, int], max_pixels: int, admit: Admit) -> None:
    if size[0] * size[1] > max_pixels:
        raise PhotoError(_too_large(size, max_pixels))
    admit(size[0] * size[1])


def _readable_formats() -> tuple[str, ...]:
    """The formats that Pillow may try: an allow-list, since some of its decoders run programs or read other files."""
    try:
        import pillow_heif
    except ImportError:
        return _FORMATS
    pillow_heif.register_heif_opener()
    return (*_FORMATS, "HEIF")


def _declared_size(data: bytes, formats: tuple[str, ...]) -> tuple[int, int] | None:
    """Width and height of a header that `Image.open` itself refuses as a bomb, without naming them."""
    for name in formats:
        factory, accept = Image.OPEN[name]
        try:
            if accept is None or accept(data[:16]) is True:
                return factory(io.BytesIO(data), "").size
        except Exception:  # another format's decoder on these bytes: the next one is asked
            continue
    return None


def _orientation(image: Image.Image) -> tuple[int, list[str]]:
    """How the pixels lie, 1-8 as EXIF counts, and sentences about what was mended.

    The orientation that XMP repeats is left aside: viewers go by EXIF, and HEIC and AVIF turn their pixels by a
    property of their own that Pillow's plugins have already laid over the EXIF value.
    """
    for key in ("xmp", "XML:com.adobe.xmp"):
        image.info.pop(key, None)
    notes = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            orientation = _exif_of(image).get(_ORIENTATION_TAG, 1)
        except Exception as error:  # damaged EXIF raises whatever its parser stumbled over
            return 1, [f"the EXIF data is damaged ({_one_line(error)}); the photo is taken to be upright"]
    if caught:
        notes.append(f"the EXIF data is damaged ({_one_line(caught[0].message)}); what could be read of it was used")
    if orientation in _AS_STORED:
        return int(orientation), notes
    if orientation != 0:
        notes.append(f"the EXIF orientation {orientation!r:.20} does not exist; the photo is taken to be upright")
    return 1, notes


def _exif_of(image: Image.Image) -> Image.Exif:
    """The photo's EXIF data, parsed now: Pillow hides damage that it met while it opened the file."""
    data = image.info.get("exif")
    if not isinstance(data, bytes):
        return image.getexif()
    exif = Image.Exif()
    exif.load(data)
    return exif


def _png_bit_depth(data: bytes) -> int | None:
    """Bits a sample in a PNG file; Pillow does not say them. None for other formats."""
    return data[24] if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) > 24 else None


def _unidentified(data: bytes) -> str:
    announced = photo_format(data)
    if form := unread_form(data):
        return _unread(form)
    if announced and is_whole_container(data):
        return f"{_a(announced)} file that is damaged, or of a form that is not read"
    if announced:
        return f"{_a(announced)} file that is damaged or cut short: its header cannot be understood"
    return f"not a photo: it looks like {looks_like(data)}; formats read are {READ_FORMATS}"


def _damaged(data: bytes, error: Exception) -> str:
    announced = photo_format(data)
    # A TIFF file of a form that is not read is not opened: here its pixels are damaged.
    if announced != "TIFF" and (form := unread_form(data)):
        return _unread(form)
    what = "damaged, or of a form that is not read" if is_whole_container(data) else "damaged or cut short"
    return f"the {announced or 'image'} file is {what}: {_one_line(error)}"


def _unread(form: str) -> str:
    return f"{form}, a form that is not read; save the photo as an 8-bit PNG first"


def _a(name: str) -> str:
    return f"an {name}" if name == "AVIF" else f"a {name}"


def _no_memory(image: Image.Image) -> str:
    size = f"{image.width} x {image.height} pixels"
    if image.width > LONGEST_ROW:
        return f"{size}: rows of more than {LONGEST_ROW:,} pixels are not read; cut the photo into narrower ones"
    return f"not enough memory for a photo of {size}"


def _too_large(size: tuple[int, int] | None, max_pixels: int) -> str:
    what = f"{size[0]} x {size[1]} pixels are" if size else "the photo is"
    return f"{what} too large: at most {max_pixels:,} pixels are read; make it smaller first or give --max-pixels"


def _one_line(error: Exception | Warning | str) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 120 else words[:117] + "..."
