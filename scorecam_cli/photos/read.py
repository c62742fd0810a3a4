"""Bytes to a photo as a viewer shows it: upright, sRGB, 8 bits, transparency laid on white."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from scorecam_cli.config import MAX_PIXELS
from scorecam_cli.errors import PhotoError
from scorecam_cli.files.regular import read_regular
from scorecam_cli.files.signatures import READ_FORMATS, looks_like, photo_format
from scorecam_cli.photos.colour import to_srgb
from scorecam_cli.records import Photo

MAX_BYTES = 2**30  # 89,478,485 pixels x 8 bytes (16-bit RGBA, not compressed) = 716 MB, and room for metadata

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF")
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_photo(path: Path, *, max_pixels: int = MAX_PIXELS) -> Photo:
    """A photo file as a viewer shows it; the file is read once.

    Args:
        path: a photo, or a link to one.
        max_pixels: W0 x H0, the most that is decoded; the header is asked first.

    Returns:
        Photo with rgb uint8 [H0, W0, 3] and the SHA-256 of the file's bytes.

    Raises:
        PhotoError: the file is missing, no plain file, no photo, damaged or too large; one sentence without the path.
    """
    data = read_regular(path, max(MAX_BYTES, MAX_BYTES * max_pixels // MAX_PIXELS))
    return decode_photo(data, max_pixels=max_pixels)


def decode_photo(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Photo:
    """The first frame of an encoded photo, upright, in sRGB, transparency laid on white.

    Args:
        data: a whole JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or (with pillow-heif) HEIC file.
        max_pixels: the most that is decoded; the header is asked first.

    Returns:
        Photo with rgb uint8 [H0, W0, 3] and the SHA-256 of `data`; what was mended is in its warnings.

    Raises:
        PhotoError: no photo, damaged, cut short, or more than `max_pixels`.
    """
    if not data:
        raise PhotoError("the file is empty")
    with warnings.catch_warnings(), _pillow_allowing(max_pixels):
        warnings.simplefilter("ignore")  # Pillow warns on stderr of damaged metadata; the sentences below replace it
        image = _open(data, max_pixels)
        try:
            # What a decoder raises on hostile bytes has no common type: SyntaxError, struct.error, OverflowError, ...
            image.load()
            image, notes = _turn_upright(image)
            rgb, colour_notes = to_srgb(image, png_bit_depth=_png_bit_depth(data))
        except PhotoError:
            raise
        except MemoryError as error:
            raise PhotoError(f"not enough memory for a photo of {image.width} x {image.height} pixels") from error
        except Exception as error:
            raise PhotoError(_damaged(data, error)) from error
    return Photo(
        rgb=np.ascontiguousarray(rgb), sha256=hashlib.sha256(data).hexdigest(), warnings=(*notes, *colour_notes)
    )


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
    if photo_format(data) == "HEIC" and "HEIF" not in formats:
        raise PhotoError("HEIC needs the extra: pip install 'scorecam[heic]'")
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise PhotoError(_unidentified(data)) from error
    except Image.DecompressionBombError as error:
        raise PhotoError(_too_large(_declared_size(data, formats), max_pixels)) from error
    except Exception as error:
        raise PhotoError(_damaged(data, error)) from error
    if image.width * image.height > max_pixels:
        raise PhotoError(_too_large(image.size, max_pixels))
    return image


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


def _turn_upright(image: Image.Image) -> tuple[Image.Image, list[str]]:
    """The image turned as its EXIF orientation says.

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
            return image, [f"the EXIF data is damaged ({_one_line(error)}); the photo is taken to be upright"]
    if caught:
        notes.append(f"the EXIF data is damaged ({_one_line(caught[0].message)}); what could be read of it was used")
    if orientation in _UPRIGHT:
        return image.transpose(_UPRIGHT[orientation]), notes
    if orientation not in (0, 1):
        notes.append(f"the EXIF orientation {orientation!r:.20} does not exist; the photo is taken to be upright")
    return image, notes


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
    if announced:
        return f"a {announced} file that is damaged or cut short: its header cannot be understood"
    return f"not a photo: it looks like {looks_like(data)}; formats read are {READ_FORMATS}"


def _damaged(data: bytes, error: Exception) -> str:
    return f"the {photo_format(data) or 'image'} file is damaged or cut short: {_one_line(error)}"


def _too_large(size: tuple[int, int] | None, max_pixels: int) -> str:
    what = f"{size[0]} x {size[1]} pixels are" if size else "the photo is"
    return f"{what} too large: at most {max_pixels:,} pixels are read; make it smaller first or give --max-pixels"


def _one_line(error: Exception | Warning | str) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 120 else words[:117] + "..."
