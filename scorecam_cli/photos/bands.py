"""Photos of any number of bands, from `.npy` files: what the model is shown, and what a person is.

Letters: H0 W0 the photo, pixels; c its bands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import MisfitError, PhotoError
from scorecam_cli.files.npy import parse_npy
from scorecam_cli.photos.draw import to_uint8
from scorecam_cli.records import MOST_BANDS, Photo

DTYPES = ("uint8", "uint16", "float32")
COLOURS = 3
DARKEST, BRIGHTEST = 2, 98  # percentiles of a band that are shown black and white
_LOOKED_AT = 2**20  # pixels of which the percentiles are taken


def bands_in(data: bytes) -> NDArray[Any]:
    """The bands [H0, W0, c] in the bytes of a `.npy` file.

    Raises:
        PhotoError: damaged, or not of bands.
    """
    try:
        array = parse_npy(data)
    except MisfitError as error:
        raise PhotoError(f"the .npy file cannot be read: {error}") from error
    return checked_bands(array, what="the .npy file")


def checked_bands(array: NDArray[Any], *, what: str) -> NDArray[Any]:
    """An array as bands [H0, W0, c]; a single one may have no axis of its own. what: it is, for messages.

    Raises:
        PhotoError: another array than of 1 to MOST_BANDS bands of uint8, uint16 or finite float32.
    """
    if array.dtype.name not in DTYPES:
        raise PhotoError(f"{what} holds {array.dtype.name}; save it as {', '.join(DTYPES[:-1])} or {DTYPES[-1]}")
    bands = array[..., None] if array.ndim == 2 else array
    if bands.ndim != 3 or not 1 <= bands.shape[2] <= MOST_BANDS or 0 in bands.shape:
        raise PhotoError(
            f"{what} has the shape {list(array.shape)}; save it as [height, width, bands] of up to {MOST_BANDS}"
        )
    if not np.isfinite(bands).all():
        raise PhotoError(f"{what} holds values that are not finite; replace them by numbers")
    return bands


def photo_of(
    bands: NDArray[Any], *, sha256: str, allocate: Callable[[tuple[int, int, int]], NDArray[np.uint8]]
) -> Photo:
    """The photo that bands are; three or one of uint8 are the colours of any photo.

    Args:
        bands: [H0, W0, c].
        sha256: of the file.
        allocate: uint8 array of a shape, which holds first the colours of each pixel, then the bytes of its bands.
    """
    rgb = shown(bands)
    height, width, count = bands.shape
    if bands.dtype == np.uint8 and count in (1, COLOURS):
        whole = allocate((height, width, COLOURS))
        whole[:] = rgb
        return Photo(whole, sha256)
    whole = allocate((height, width, COLOURS + count * bands.dtype.itemsize))
    whole[..., :COLOURS] = rgb
    whole[..., COLOURS:] = np.ascontiguousarray(bands).view(np.uint8)
    return split(whole, dtype=bands.dtype.name, sha256=sha256)


def split(whole: NDArray[np.uint8], *, dtype: str, sha256: str) -> Photo:
    """The photo out of uint8 [H0, W0, 3 + c * bytes of one number]: colours, then bands of that type."""
    rgb = np.ascontiguousarray(whole[..., :COLOURS])
    return Photo(rgb, sha256, bands=np.ascontiguousarray(whole[..., COLOURS:]).view(dtype))


def shown(bands: NDArray[Any]) -> NDArray[np.uint8]:
    """What a person sees of bands [H0, W0, c]: uint8 [H0, W0, 3], the first three as colours, else the first as grey.

    Each is stretched between two of its percentiles; what is a photo's colours already is left as it is.
    """
    kept = bands[..., :COLOURS] if bands.shape[2] >= COLOURS else bands[..., :1]
    if bands.dtype != np.uint8 or bands.shape[2] not in (1, COLOURS):
        step = 1 + int((kept.shape[0] * kept.shape[1] / _LOOKED_AT) ** 0.5)
        dark, bright = np.percentile(kept[::step, ::step], [DARKEST, BRIGHTEST], axis=(0, 1))  # [c'] each
        spread = np.where(bright > dark, bright - dark, 1)
        kept = to_uint8((kept.astype(np.float32) - dark.astype(np.float32)) / spread.astype(np.float32))
    return np.ascontiguousarray(np.broadcast_to(kept, (*kept.shape[:2], COLOURS)))
