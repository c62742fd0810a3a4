"""Bands from TIFF files of more samples a pixel than colours have, read by tifffile where it is installed.

Letters: H0 W0 the photo, pixels; c its bands.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import PhotoError
from scorecam_cli.photos.bands import DTYPES, checked_bands
from scorecam_cli.photos.forms import tiff_tags
from scorecam_cli.photos.quiet import quiet_tifffile, quiet_warnings
from scorecam_cli.records import MOST_BANDS

_PHOTOMETRIC, _SAMPLES, _EXTRA = 262, 277, 338
_GREY, _CMYK = (0, 1), 5
_WHAT = "the TIFF file"
_TIMES_PACKED = 1100  # deflate makes at most 1,032 bytes of one; and a strip's own beginning


def has_bands(data: bytes) -> bool:
    """Whether it is a TIFF file of bands, not of colours: of several grey samples, or of more than four of any kind.

    Grey with transparency, RGB and CMYK with one sample more are colours, as photos have them.
    """
    if not data.startswith((b"II", b"MM")):
        return False
    tags = tiff_tags(data)
    samples, photometric = tags.get(_SAMPLES, (1,))[0], tags.get(_PHOTOMETRIC, (1,))[0]
    if photometric == _CMYK:
        return False
    transparent = samples == 2 and tags.get(_EXTRA, (0,))[0] in (1, 2)
    return samples > 4 or (photometric in _GREY and samples > 1 and not transparent)


def tiff_bands(data: bytes, *, admit: Callable[[int, int, int], None]) -> NDArray[Any]:
    """The bands [H0, W0, c] of the first picture in a TIFF file: whole, upright, of a type that bands have.

    Args:
        data: all bytes of the file.
        admit: called with H0, W0 and the bytes of a pixel before any is decoded; it may refuse.

    Raises:
        PhotoError: tifffile is not installed, or the file is damaged, cut short, packed in a way that it cannot undo,
            or holds something else than bands. As `admit` raises.
    """
    try:
        import tifffile
    except ImportError as error:
        raise PhotoError(f"{_WHAT} holds bands, which need the extra: pip install 'scorecam[tiff]'") from error
    try:
        with quiet_warnings(), quiet_tifffile(), tifffile.TiffFile(io.BytesIO(data)) as file:
            page: Any = file.pages[0]
            _check(page, len(data))
            admit(page.imagelength, page.imagewidth, page.samplesperpixel * page.dtype.itemsize)
            array = np.asarray(page.asarray(maxworkers=1))
    except (PhotoError, MemoryError):
        raise
    except Exception as error:  # whatever a parser of 25,000 lines stumbles over
        words = " ".join(str(error).split()) or type(error).__name__
        if "imagecodecs" in words:
            raise PhotoError(
                f"{_WHAT} is packed with {_packing(page)}, which tifffile reads with imagecodecs alone; "
                "save it without packing, or with deflate"
            ) from error
        raise PhotoError(f"{_WHAT} of bands is damaged, or of a form that is not read: {words[:120]}") from error
    bands = array.transpose(1, 2, 0) if page.planarconfig == 2 and array.ndim == 3 else array
    return checked_bands(np.ascontiguousarray(bands), what=_WHAT)


def _check(page: Any, size: int) -> None:
    """Raise PhotoError unless a header says what can be, and no less than the file holds: tifffile fills what lacks."""
    if page.dtype is None or page.dtype.name not in DTYPES:
        kind = "samples of different kinds" if page.dtype is None else page.dtype.name
        raise PhotoError(f"{_WHAT} holds {kind}; save it as {', '.join(DTYPES[:-1])} or {DTYPES[-1]}")
    if not 1 <= page.samplesperpixel <= MOST_BANDS or page.imagedepth != 1:
        raise PhotoError(
            f"{_WHAT} has {page.samplesperpixel} bands, {page.imagedepth} deep; up to {MOST_BANDS} are read"
        )
    if (orientation := page.tags.valueof(274, 1)) != 1:
        raise PhotoError(f"{_WHAT} of bands is not upright (orientation {orientation}); turn it before it is saved")
    places, lengths = page.dataoffsets, page.databytecounts
    whole = len(places) == len(lengths) == math.prod(page.chunked) and all(
        length > 0 and place > 0 and place + length <= size for place, length in zip(places, lengths, strict=True)
    )
    needed = page.imagelength * page.imagewidth * page.samplesperpixel * page.dtype.itemsize
    packed = page.compression != 1
    if not whole or needed > sum(lengths) * (_TIMES_PACKED if packed else 1):
        raise PhotoError(f"{_WHAT} of bands is damaged or cut short: its strips or tiles do not hold what it says")


def _packing(page: Any) -> str:
    return str(getattr(page.compression, "name", page.compression))
