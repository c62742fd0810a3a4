"""Names of what is written for a photo: which method and variant made it stands in them, and they are never input.

`dog.jpg` and class 242 give `dog.jpg.MARK-242-heatmap.png`, and `dog.jpg.MARK.json` for the manifest of all classes.
A class that is set against another, 243, gives `dog.jpg.MARK-against-242-243-heatmap.png` and
`dog.jpg.MARK-against.json`. A figure of two classes, one predicted, the other expected, is
`dog.jpg.MARK-242-243-panel.png`.

The mark is `scorecam` for Score-CAM, with another variant than `article` behind it (`scorecam-paper`), and the name of
any other method (`grad-cam`); behind that another fill than `zero` (`scorecam-mean`), and `layers` where several target
layers make one map. So what one method makes never takes the place of what another made, nor what several layers make
of what one has made.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TypeVar

from scorecam_cli.choices import METHOD_FILES, Fill, Variant

AnyPath = TypeVar("AnyPath", bound=PurePath)
SCORECAM = "scorecam"  # the mark of Score-CAM's `article`, and of what several methods are in

# How what `figures.kinds` has ends; a test holds the two together, for finding photos comes before drawing.
ENDINGS = (
    "-heatmap.png",
    "-overlay.png",
    "-contour.png",
    "-uncertainty.png",
    *(f"-{figure}.{form}" for figure in ("panel", "pipeline", "masked") for form in ("png", "pdf", "svg")),
    ".npy",
)
OF_PAIRS = ("-panel.png", "-panel.pdf", "-panel.svg")  # those that two classes may share
_SHORT = {"score-cam": SCORECAM}
_LAYERS, _AGAINST = "layers", "against"


def mark_of(
    method: str,
    variant: str | None = None,
    fill: str | None = None,
    *,
    several: bool = False,
    contrast: bool = False,
) -> str:
    """What stands in the names of all that a method, for Score-CAM its variant, and what it masks pixels with make.

    several: of several target layers. contrast: of classes that are set against others.
    """
    usual = (None, Variant.ARTICLE, Fill.ZERO)
    more = [*([_LAYERS] if several else []), *([_AGAINST] if contrast else [])]
    return "-".join([_SHORT.get(method, method), *(each for each in (variant, fill) if each not in usual), *more])


MARKS = tuple(
    mark_of(method, variant, fill, several=several, contrast=contrast)
    for method, variant in (
        *((method, None) for method in METHOD_FILES),
        *(("score-cam", each) for each in Variant if each != Variant.ARTICLE),
    )
    for fill in Fill
    for several in (False, True)
    for contrast in (False, True)
)

_ANY_MARK = "|".join(re.escape(mark) for mark in sorted(MARKS, key=len, reverse=True))
_ANY_ENDING = "|".join(re.escape(ending) for ending in ENDINGS)
_SHARED = "|".join(re.escape(ending) for ending in OF_PAIRS)
_OUTPUT = re.compile(
    rf"\.(?:{_ANY_MARK})(?:(?:-\d+|(?<=-against)-\d+-\d+)(?:{_ANY_ENDING})|-\d+-\d+(?:{_SHARED})|\.json)\Z"
)
_OF_PHOTO = re.compile(
    rf"(?P<photo>.+)\.(?P<mark>{_ANY_MARK})"
    rf"(?:(?:-\d+|(?<=-against)-\d+-\d+)(?:{_ANY_ENDING})|-\d+-\d+(?:{_SHARED}))\Z",
    re.DOTALL,
)
_MANIFEST = re.compile(rf"(?P<photo>.+)\.(?P<mark>{_ANY_MARK})\.json\Z", re.DOTALL)


def manifest_path(output: AnyPath, mark: str = SCORECAM) -> AnyPath:
    """Where the manifest of what one method made of one photo goes."""
    return output.with_name(f"{output.name}.{mark}.json")


def named_output(output: AnyPath, ending: str, mark: str = SCORECAM) -> AnyPath:
    """Where another file of the photo goes: `242-compare.png` gives `dog.jpg.scorecam-242-compare.png`."""
    return output.with_name(f"{output.name}.{mark}-{ending}")


def is_output(name: str) -> bool:
    """Whether a file of this name was written by a run, temporaries too, and is no photo to explain.

    Anything with `.scorecam` in its name is; of other methods, whose names are everyday words (`front.cam-12.jpg`),
    what ends as a manifest or one of the kinds of output does.
    """
    return f".{SCORECAM}" in name or _OUTPUT.search(name) is not None


def photo_of_manifest(name: str) -> str | None:
    """The name of the photo that a manifest of this name is of; None where no manifest is called so."""
    found = _MANIFEST.fullmatch(name)
    return None if found is None else found["photo"]


def photo_and_mark_of_manifest(name: str) -> tuple[str, str] | None:
    """The photo that a manifest of this name is of, and what stands in it; None where no manifest is called so."""
    found = _MANIFEST.fullmatch(name) if name.endswith(".json") else None
    return None if found is None else (found["photo"], found["mark"])


def photo_and_mark(name: str) -> tuple[str, str] | None:
    """The photo that a file of this name was written for, and what stands in it; None for a file of another name."""
    found = _OF_PHOTO.fullmatch(name)
    return photo_and_mark_of_manifest(name) if found is None else (found["photo"], found["mark"])


def manifest_paths(output: AnyPath) -> list[AnyPath]:
    """Where the manifests of a photo are, if there are any: of each method and variant."""
    return [manifest_path(output, mark) for mark in MARKS]
