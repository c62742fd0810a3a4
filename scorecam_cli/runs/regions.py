"""Where the object is in a photo, as someone marked it: boxes from a CSV or from Pascal VOC, masks from PNGs.

Regions are bool [H0, W0] in the pixels of the upright photo, rows before columns.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from numpy.typing import NDArray

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.files.csv_rows import csv_rows
from scorecam_cli.files.looks import is_folder
from scorecam_cli.files.regular import joint_sha256
from scorecam_cli.files.small_files import ANNOTATION, BOXES, read_small, read_small_document
from scorecam_cli.runs.masks import Masks, read_mask

COLUMNS = ("file", "x0", "y0", "x1", "y1")
CLASS = "class"  # a column beside them
VOC_CORNERS = ("xmin", "ymin", "xmax", "ymax")

_MOST_PIXELS = 1e9  # a side or corner beyond it is a mistake


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the photo: columns x0 .. x1 - 1 and rows y0 .. y1 - 1; it may reach beyond the photo.

    name: of the class of what is in it, "" where that is not told.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    name: str = field(default="", compare=False)


@dataclass(frozen=True)
class Boxes:
    """The boxes of each photo, by the parts of its path, ("dogs", "dog.jpg"); sha256: of what they were read from."""

    by_photo: Mapping[tuple[str, ...], tuple[Box, ...]]
    sha256: str = ""


@dataclass(frozen=True)
class Regions:
    """What is known of where objects are. boxes: of each photo. masks: of each photo; a mask goes before boxes."""

    boxes: Boxes | None = None
    masks: Masks | None = None

    def noted(self) -> Regions:
        """The same with a digest of each mask, so that a run knows what its rows depend on; boxes have theirs.

        Raises:
            UsageError: the folder or a mask in it cannot be read.
        """
        return self if self.masks is None else replace(self, masks=self.masks.noted())

    def of(self, photo: PurePath, width: int, height: int) -> NDArray[np.bool_] | None:
        """The pixels of the objects in a photo; of several boxes, all that any of them holds.

        Boxes belong to a photo whose path ends as their `file` does; the longest such `file` wins.

        Args:
            photo: its file, which is not read. width, height: W0 and H0 of the upright photo, pixels.

        Returns:
            bool [H0, W0] with at least one pixel inside; None where nothing is known of this photo.

        Raises:
            PhotoError: the mask cannot be read, has another size or has changed, or nothing of the photo is inside.
        """
        if self.masks is not None and (mask := self.masks.named_for(photo)) is not None:
            sha256 = None if self.masks.digests is None else self.masks.digests[mask.name]
            return read_mask(mask, width=width, height=height, sha256=sha256)
        boxes = self._boxes_of(photo)
        return _filled(boxes, width=width, height=height) if boxes else None

    def pair_of(
        self, photo: PurePath, width: int, height: int, names: Collection[str]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | None:
        """The pixels of the boxes that a class names, and of those that another class names.

        Args:
            photo, width, height: as in `of`. names: all that the class is called, in small letters.

        Returns:
            Two bool [H0, W0]; None where not both kinds of box are known of this photo.

        Raises:
            PhotoError: nothing of the photo is inside the boxes of a kind.
        """
        named = [box for box in self._boxes_of(photo) if box.name]
        own = tuple(box for box in named if box.name.lower() in names)
        others = tuple(box for box in named if box.name.lower() not in names)
        if not (own and others):
            return None
        return _filled(own, width=width, height=height), _filled(others, width=width, height=height)

    def _boxes_of(self, photo: PurePath) -> tuple[Box, ...]:
        """Those of the longest `file` that the photo's path ends as; none where there is none."""
        by_photo = self.boxes.by_photo if self.boxes is not None else {}
        parts = photo.parts
        return next((by_photo[parts[at:]] for at in range(len(parts)) if parts[at:] in by_photo), ())


def read_regions(boxes: Path | None, masks: Path | None) -> Regions:
    """Everything that is known of where objects are; mask files are read when their photo's turn comes.

    Args:
        boxes: a CSV file or a folder of Pascal VOC XML. masks: a folder of PNGs.

    Raises:
        UsageError: one of them cannot be read or makes no sense; the message names the line or the file.
    """
    if masks is not None and not is_folder(masks):
        raise UsageError(f"{masks} is no folder; give the folder that holds the masks, a PNG for each photo")
    found = None
    if boxes is not None:
        found = boxes_from_voc(boxes) if is_folder(boxes) else boxes_from_csv(boxes)
    return Regions(found, None if masks is None else Masks(masks))


def boxes_from_csv(path: Path) -> Boxes:
    """Boxes from a table of `file,x0,y0,x1,y1`: pixels from 0, x1 and y1 exclusive, a line for each box.

    A first line with these five names is a heading: columns may then stand in any order, with others beside them; one
    that is called `class` says what is in the box.
    Fractions are rounded to the nearest pixel border.

    Raises:
        UsageError: the file cannot be read, holds no box, or a line of it makes no sense.
    """
    found: dict[tuple[str, ...], list[Box]] = {}
    order: list[int] | None = None
    kind: int | None = None  # the column of the class
    document = read_small_document(path, BOXES)
    for line, row in csv_rows(document.text, str(path)):
        where = f"line {line} of {path}"
        if order is None:
            names = [cell.strip().lower() for cell in row]
            headed = bool(set(COLUMNS) & set(names))
            if headed and (missing := [name for name in COLUMNS if name not in names]):
                raise UsageError(f"{where} is a heading without {', '.join(missing)}; name {','.join(COLUMNS)} in it")
            order = [names.index(name) for name in COLUMNS] if headed else list(range(len(COLUMNS)))
            if headed:
                kind = names.index(CLASS) if CLASS in names else None
                continue
        if len(row) <= max(order):
            raise UsageError(f"{where} has {len(row)} values; give {','.join(COLUMNS)} on each line")
        file, *corners = (row[column].strip() for column in order)
        box = _box(corners, COLUMNS[1:], where)
        name = row[kind].strip() if kind is not None and kind < len(row) else ""
        found.setdefault(_key(file, where), []).append(replace(box, name=name))
    if not found:
        raise UsageError(f"{path} holds no box; give lines of {','.join(COLUMNS)}")
    return Boxes({key: tuple(boxes) for key, boxes in found.items()}, document.sha256)


def boxes_from_voc(folder: Path) -> Boxes:
    """Boxes from a folder of Pascal VOC annotations, an XML file for each photo, of all objects whatever their name.

    `<annotation><filename>` names the photo; corners in `<object><bndbox>` count from 1 and are inclusive. A DOCTYPE is
    refused, so that no entity is ever expanded and nothing else is read.

    Raises:
        UsageError: the folder cannot be listed or holds no box, or a file of it makes no sense.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".xml")
    except OSError as error:
        raise UsageError(f"{folder} cannot be listed: {error.strerror}; give a folder of Pascal VOC XML") from error
    found: dict[tuple[str, ...], tuple[Box, ...]] = {}
    digests = {}
    for path in paths:
        data = read_small(path, ANNOTATION)
        digests[path.name] = hashlib.sha256(data).hexdigest()
        root = _annotation(data, path)
        boxes = tuple(_voc_box(element, path) for element in root.findall("object"))
        if boxes:
            key = _key((root.findtext("filename") or "").strip(), f"<filename> of {path}")
            found[key] = found.get(key, ()) + boxes
    if not found:
        raise UsageError(f"{folder} holds no Pascal VOC XML with a box; give the folder of the annotations")
    return Boxes(found, joint_sha256(digests))


def _key(file: str, where: str) -> tuple[str, ...]:
    """The parts of a photo's name, by which it is found again."""
    parts = PurePath(file).parts
    if not parts or ".." in parts:
        raise UsageError(f"{where}: {file!r} is no name of a photo; give the end of the photo's path")
    return parts


def _box(texts: Iterable[str], names: tuple[str, ...], where: str, *, first: int = 0) -> Box:
    """A box from its corners as text; `first` is the number of the first row and column, 1 for inclusive VOC corners.

    Column 1 .. n inclusive, counted from 1, is 0 .. n exclusive, counted from 0: only the low corner moves.
    """
    corners = []
    for name, text in zip(names, texts, strict=True):
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not abs(number) <= _MOST_PIXELS:  # nan, too, is not
            raise UsageError(f"{where}: {name} is {text!r:.40}, no number of pixels")
        corners.append(math.floor(number + 0.5))
    x0, y0, x1, y1 = corners[0] - first, corners[1] - first, corners[2], corners[3]
    if x1 <= x0 or y1 <= y0:
        shown = ", ".join(f"{name} {corner}" for name, corner in zip(names, corners, strict=True))
        raise UsageError(f"{where}: the box {shown} is empty; {names[2]} and {names[3]} are right and bottom")
    return Box(x0, y0, x1, y1)


def _voc_box(element: Element, path: Path) -> Box:
    name = (element.findtext("name") or "without a name").strip()
    where = f"object {name!r:.40} of {path}"
    corners = element.find("bndbox")
    if corners is None:
        raise UsageError(f"{where} has no <bndbox>")
    texts = [(corners.findtext(corner) or "").strip() for corner in VOC_CORNERS]
    return replace(_box(texts, VOC_CORNERS, where, first=1), name=(element.findtext("name") or "").strip())


def _annotation(data: bytes, path: Path) -> Element:
    """The root of an XML file without DOCTYPE."""
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UsageError(f"{path} has a DOCTYPE, which Pascal VOC has not; remove it") from error
    except (ParseError, ValueError, LookupError) as error:  # ValueError, LookupError: an unknown encoding
        raise UsageError(f"{path} is no XML: {error}") from error
    if root.tag != "annotation":
        raise UsageError(f"{path} is no Pascal VOC: it holds <{root.tag:.40}>, not <annotation>")
    return root


def _filled(boxes: tuple[Box, ...], *, width: int, height: int) -> NDArray[np.bool_]:
    region = np.zeros((height, width), bool)  # [H0, W0]
    for box in boxes:
        region[max(0, box.y0) : max(0, box.y1), max(0, box.x0) : max(0, box.x1)] = True
    if not region.any():
        raise PhotoError(f"its boxes lie outside its {width} x {height} pixels; they belong to another photo or size")
    return region
