"""Any photo to upright sRGB pixels with a name: a file, a PIL image or an array."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.photos.bands import checked_bands, photo_of
from scorecam_cli.photos.colour import write_srgb
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import Photo

PhotoLike = str | PathLike[str] | Image.Image | NDArray[np.uint8]
MOST_COLOURS = 4  # with transparency; an array of more channels is of bands
UNNAMED = "photo"  # what a photo is called that came without a file


@dataclass(frozen=True)
class GivenPhoto:
    """A photo that was handed over.

    path: of its file, or only a name where it was in memory.
    is_file: whether it was read from there.
    photo: rgb uint8 [H0, W0, 3]; where there was no file, sha256 is of the pixels.
    """

    path: Path
    is_file: bool
    photo: Photo

    def output(self, where: str | PathLike[str] | None) -> Path:
        """What the names of all files begin with, as `PhotoJob.output`.

        Args:
            where: a folder that exists, or ends in a slash; or the beginning itself; None for the photo's own path.

        Raises:
            UsageError: it is not known where to.
        """
        if where is None:
            if not self.is_file:
                raise UsageError("this photo came without a file; say where to save: a folder, or `maps/name`")
            return self.path
        path = Path(where)
        output = path / self.path.name if path.is_dir() or str(where).endswith("/") else path
        if output.name in ("", ".."):
            raise UsageError(f"{where} names no file; give a folder that exists, or `maps/name`")
        return output


def several(photos: PhotoLike | Sequence[PhotoLike]) -> TypeGuard[Sequence[PhotoLike]]:
    """Whether these are photos in a list and not one photo."""
    return isinstance(photos, list | tuple)


def given_photos(photos: PhotoLike | Sequence[PhotoLike]) -> Iterator[GivenPhoto]:
    """Each photo, read when it is its turn.

    Raises:
        PhotoError: a file cannot be read, or the pixels are not those of a photo.
        UsageError: there is none.
    """
    if several(photos) and not photos:
        raise UsageError("the list of photos is empty; give at least one")
    for photo in photos if several(photos) else [photos]:
        yield given_photo(photo)


def given_photo(photo: Any) -> GivenPhoto:
    """One photo.

    Args:
        photo: a file, a PIL image, or uint8 [H0, W0, 3], sRGB, upright; or bands [H0, W0, c], c of 5 or more, of
            uint8, uint16 or float32 (fewer bands come in a `.npy` file, where they cannot be taken for colours).

    Raises:
        PhotoError: the file cannot be read, or the pixels are not those of a photo.
    """
    if isinstance(photo, str | PathLike):
        return _of_file(Path(photo))
    if isinstance(photo, Image.Image):
        name = Path(str(getattr(photo, "filename", ""))).name
        return GivenPhoto(Path(name or UNNAMED), False, _in_memory(*_of_image(photo)))
    if isinstance(photo, np.ndarray) and photo.ndim == 3 and photo.shape[2] > MOST_COLOURS:
        return GivenPhoto(Path(UNNAMED), False, _of_bands(photo))
    if isinstance(photo, np.ndarray):
        return GivenPhoto(Path(UNNAMED), False, _in_memory(_checked(photo), []))
    raise PhotoError(
        f"the photo is of type {type(photo).__name__}; give a file, a PIL image, an array, or a list of these"
    )


def _of_file(path: Path) -> GivenPhoto:
    try:
        return GivenPhoto(path, True, read_photo(path))
    except PhotoError as error:  # its sentence is without the path
        raise PhotoError(f"{path}: {error}") from error


def _of_image(image: Image.Image) -> tuple[NDArray[np.uint8], list[str]]:
    """The colours that a viewer shows, uint8 [H0, W0, 3], and what was mended."""
    try:
        upright = ImageOps.exif_transpose(image)
        upright.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise PhotoError(f"the PIL image cannot be read: {error}") from error
    rgb = np.empty((upright.height, upright.width, 3), np.uint8)
    if not rgb.size:
        raise PhotoError(f"the PIL image has {image.width} x {image.height} pixels; give one that has some")
    return rgb, write_srgb(upright, rgb)


def _in_memory(rgb: NDArray[np.uint8], notes: Sequence[str]) -> Photo:
    rgb = np.ascontiguousarray(rgb)
    return Photo(rgb, hashlib.sha256(rgb.tobytes()).hexdigest(), tuple(notes))


def _of_bands(array: NDArray[Any]) -> Photo:
    bands = checked_bands(array, what="the photo")
    digest = hashlib.sha256(np.ascontiguousarray(bands).tobytes()).hexdigest()
    return photo_of(bands, sha256=digest, allocate=lambda shape: np.empty(shape, np.uint8))


def _checked(array: NDArray[Any]) -> NDArray[np.uint8]:
    """The array itself, where it is uint8 [H0, W0, 3]."""
    seen = f"the photo is {array.dtype} {list(array.shape)}"
    if array.ndim == 4:
        raise PhotoError(f"{seen}, a batch; give one photo of [height, width, 3], or a list of them: list(batch)")
    if array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise PhotoError(f"{seen}; give uint8 [height, width, 3], sRGB, or a file, or PIL's Image.fromarray of it")
    if array.dtype != np.uint8:
        raise PhotoError(f"{seen}, {_range_of(array)}; give uint8 of 0 to 255{_advice(array)}")
    return array


def _range_of(array: NDArray[Any]) -> str:
    if array.dtype.kind not in "biuf":
        return "which are no colours"
    return f"values {array.min():.3g} to {array.max():.3g}"


def _advice(array: NDArray[Any]) -> str:
    """How to make a photo of it, where its values tell."""
    if array.dtype.kind == "f" and array.min() >= 0 and array.max() <= 1:
        return ": (photo * 255).round().astype('uint8')"
    if array.dtype.kind in "iuf" and array.min() >= 0 and array.max() <= 255:
        return ": photo.round().astype('uint8')" if array.dtype.kind == "f" else ": photo.astype('uint8')"
    return ", as it was before it was prepared for the model"
