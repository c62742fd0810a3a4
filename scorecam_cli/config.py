"""What the user asked for: one frozen dataclass per command, with its defaults and the relations between values."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePath

from scorecam_cli.choices import Fill, HeadKind, Measure, Precision, Preprocess, Selection, Variant
from scorecam_cli.errors import UsageError
from scorecam_cli.relations import (
    AUTO_LAYERS,
    check_against,
    check_budget,
    check_layers,
    check_probabilities,
    check_shard,
)
from scorecam_cli.urls import is_url
from scorecam_cli.worker_settings import ALONE, WorkerSettings

MAX_PIXELS = 89_478_485  # 2**30 bytes / 4 / 3 bytes a pixel: 256 MiB of RGB; where Pillow, too, begins to warn
PHOTO_SECONDS = 60.0  # to read a photo; those of 89 million pixels take 10 on a slow machine
COLORMAP = "inferno"  # light is much, in grey print and to every eye: `tests/bench/colour_maps.py`
SIGNED_COLORMAP = "RdBu_r"  # red for the class, blue against it
NEXT = "next"  # --against: the most probable other class
MODEL_SUFFIXES = (".keras", ".h5", ".hdf5", ".tflite", ".onnx")
SAVED_IN_FOLDERS = ("saved_model.pb", "saved_model.pbtxt", "config.json")  # a SavedModel, an unpacked .keras file


@dataclass(frozen=True)
class ModelSettings:
    """Which model, how it is loaded and how photos are prepared for it.

    model: a catalogued name, or the path of a file; what lies there goes before a name.
    weights: `imagenet`, `random` or a weights file.
    seed: of random weights. head: what the numbers are that it returns.
    input_size: (H, W) for a model that leaves its size open.
    imports: Python files run before a model file is loaded, so that its own classes are registered.
    unsafe: run the Python code that a model file brings with it.
    layers: the target layers by name, or `auto`; none: the default one. grid: (h, w), how the output of the only one
    is a picture of the photo, and prefix: tokens in front of those; None: as it is found out.
    output: name of the output that says the class; None: there is one.
    constant_inputs: `NAME=VALUE` for each input beside the photo, see `models.constants`.
    threads: of each process that computes; None: as many as there are cores.
    """

    model: str = "VGG16"
    weights: str = "imagenet"
    seed: int = 0
    labels: Path | None = None
    preprocess: Preprocess = Preprocess.AUTO
    head: HeadKind = HeadKind.AUTO
    layers: tuple[str, ...] = ()
    grid: tuple[int, int] | None = None
    prefix: int = 0
    output: str | None = None
    constant_inputs: tuple[str, ...] = ()
    input_size: tuple[int, int] | None = None
    imports: tuple[Path, ...] = ()
    unsafe: bool = False
    offline: bool = False
    device: str = "auto"
    threads: int | None = None
    precision: Precision = Precision.FLOAT32

    def __post_init__(self) -> None:
        if self.is_file and self.weights != "imagenet":
            raise UsageError(
                f"--weights {self.weights} is for a named model; {self.model} brings its own: leave out --weights"
            )
        if self.weights not in ("imagenet", "random") and not _is_file(self.weights):
            if is_url(self.weights):
                raise UsageError(f"--weights {self.weights} is an address: download the file and give its path")
            raise UsageError(f"--weights {self.weights} is neither `imagenet` nor `random` nor a file; check the path")
        if self.imports and not self.is_file:
            raise UsageError(f"--import is for a model file of your own; {self.model} is a named model")
        if self.unsafe and not self.is_file:
            raise UsageError(
                f"--unsafe-model is for a model file of your own; {self.model} brings no code: leave it out"
            )
        check_layers(self.layers, self.grid, self.prefix)
        if (self.output is not None or self.constant_inputs) and not self.is_file:
            option = "--output" if self.output is not None else "--constant-input"
            raise UsageError(f"{option} is for a model file of your own; {self.model} has one input and one output")
        if self.input_size is not None and not self.is_file:
            raise UsageError(f"--input-size is for a model file of your own; {self.model} has a size of its own")

    @property
    def several(self) -> bool:
        """Whether several target layers are asked for."""
        return len(self.layers) > 1 or self.layers == (AUTO_LAYERS,)

    @property
    def is_file(self) -> bool:
        """Whether the model is a path and not a catalogued name: by its look, or because a model lies there."""
        looks_so = self.model.lower().endswith(MODEL_SUFFIXES) or "://" in self.model or "/" in self.model
        return looks_so or _is_file(self.model) or _is_saved_folder(self.model)


@dataclass(frozen=True)
class PhotoSettings:
    """Which photos: files, folders and globs as given; `recursive` descends into folders.

    listed: names from a list, which are never patterns. max_pixels: W0 x H0, the most that is decoded of a photo.
    seconds: the most that reading one may take, None for no limit.
    shard: (K, N), only the photos of the K-th of N parts, see `photos.shards`; None for all.
    """

    images: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    recursive: bool = False
    output_dir: PurePath | None = None
    max_pixels: int = MAX_PIXELS
    seconds: float | None = PHOTO_SECONDS
    shard: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.shard is not None:
            check_shard(self.shard)


@dataclass(frozen=True)
class ExplainConfig:
    """Everything `scorecam explain` was asked to do.

    classes: as given, by index, name or WordNet id. top: also the N most probable; without either the predicted.
    against: the class that they are set against, as given, or `next`, the most probable other one; None: none.
    truth: a CSV of photo and class: the predicted class of each and, where it is another, the expected one.
    batch_size: masks in one pass, None for as many as suit the model and the memory.
    passes: masks to pass, None for all or as many as fidelity, an estimated correlation, asks for.
    signed: keep what speaks against the class; then `colormap` is a diverging one, RdBu_r where the default was left.
    fill: what masked pixels become.
    width, dpi: of figures, millimetres and dots in an inch, see `figures.paper`.
    """

    photos: PhotoSettings
    model: ModelSettings
    classes: tuple[str, ...] = ()
    top: int = 0
    against: str | None = None
    truth: Path | None = None
    variant: Variant = Variant.ARTICLE
    passes: int | None = None
    fidelity: float = 1.0
    selection: Selection = Selection.REPRESENTATIVES
    signed: bool = False
    fill: Fill = Fill.ZERO
    method: str = "score-cam"
    batch_size: int | None = None
    save: tuple[str, ...] = ("heatmap", "overlay")
    colormap: str = COLORMAP
    alpha: float = 0.5
    width: float | None = None
    dpi: int | None = None
    force: bool = False
    crew: WorkerSettings = ALONE

    def __post_init__(self) -> None:
        object.__setattr__(self, "colormap", colours(self.colormap, signed=self.signed))
        check_budget(self.passes, self.fidelity)
        if self.selection == Selection.FASTER and self.passes is None:
            raise UsageError("--selection faster estimates nothing, so it needs --passes N")
        if self.model.head == HeadKind.LINEAR and self.top:
            raise UsageError("--head linear has outputs, none more probable than others: name them by -c, not by -k")
        if self.model.head == HeadKind.LINEAR and self.against is not None and self.against.casefold() == NEXT:
            raise UsageError("--against next is the most probable other class, and --head linear has none: name one")
        check_against(self.classes, self.against)
        if self.truth is not None:
            self._check_truth()

    def _check_truth(self) -> None:
        asked = {"--class": self.classes, "--top": self.top, "--against": self.against}
        if more := [option for option, value in asked.items() if value]:
            raise UsageError(
                f"--truth {self.truth} says which classes are explained, the predicted and the expected: leave out it "
                f"or {more[0]}"
            )
        if self.model.head == HeadKind.LINEAR:
            raise UsageError("--truth is of classes, and --head linear has outputs, none predicted: name them by -c")


@dataclass(frozen=True)
class PredictConfig:
    """Everything `scorecam predict` was asked to do."""

    photos: PhotoSettings
    model: ModelSettings
    top: int = 5
    crew: WorkerSettings = ALONE


COMPARED = ("score-cam", "grad-cam++", "grad-cam", "cam", "gradient")
EVALUATED = ("score-cam", "faster-score-cam", "grad-cam++", "grad-cam", "cam", "gradient", "random")


@dataclass(frozen=True)
class CompareConfig:
    """Everything `scorecam compare` was asked to do.

    methods: in the order of the figure. rows: one figure with a row for each class instead of a figure for each.
    save: names of `figures.forms.COMPARED`.
    classes, top, variant, passes, fidelity, fill, signed, batch_size, colormap, alpha, width, dpi: as in ExplainConfig;
    passes and fidelity are of the methods that have an exact map, signed of those whose sign means something, see
    `saliency.methods.among_others`.
    """

    photos: PhotoSettings
    model: ModelSettings
    methods: tuple[str, ...] = COMPARED
    classes: tuple[str, ...] = ()
    top: int = 0
    rows: bool = False
    variant: Variant = Variant.ARTICLE
    passes: int | None = None
    fidelity: float = 1.0
    fill: Fill = Fill.ZERO
    signed: bool = False
    batch_size: int | None = None
    save: tuple[str, ...] = ("compare",)
    colormap: str = COLORMAP
    alpha: float = 0.5
    width: float | None = None
    dpi: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "colormap", colours(self.colormap, signed=self.signed))
        check_budget(self.passes, self.fidelity)
        check_probabilities(regression=self.model.head == HeadKind.LINEAR)


@dataclass(frozen=True)
class EvaluateConfig:
    """Everything `scorecam evaluate` was asked to do.

    methods, measures: what is measured of what. classes: one, for every photo, or none: the predicted class.
    truth: a CSV of photo and class. boxes, masks: where the object is, see `photos.regions`.
    steps: of the deletion and insertion curves. deletion_fill, insertion_fill: what removed pixels become.
    fill: what masked pixels become where the maps are made, and in no measure.
    baseline: of the methods, the one that the others are compared with photo by photo.
    limit: at most so many photos. fresh: begin the table anew.
    save: names of `figures.forms.EVALUATED`. width, dpi: of the figure, as in ExplainConfig.
    """

    photos: PhotoSettings
    model: ModelSettings
    methods: tuple[str, ...] = EVALUATED
    measures: tuple[str, ...] = (Measure.DROP, Measure.CURVES)
    classes: tuple[str, ...] = ()
    truth: Path | None = None
    boxes: Path | None = None
    masks: Path | None = None
    steps: int = 28
    deletion_fill: Fill = Fill.ZERO
    insertion_fill: Fill = Fill.BLUR
    variant: Variant = Variant.ARTICLE
    passes: int | None = None
    fidelity: float = 1.0
    fill: Fill = Fill.ZERO
    batch_size: int | None = None
    baseline: str | None = None
    limit: int | None = None
    fresh: bool = False
    save: tuple[str, ...] = ("evaluation",)
    width: float | None = None
    dpi: int | None = None

    def __post_init__(self) -> None:
        check_budget(self.passes, self.fidelity)
        check_probabilities(regression=self.model.head == HeadKind.LINEAR)
        unknown = [name for name in self.measures if name not in list(Measure)]
        if unknown or not self.measures:
            raise UsageError(
                f"--measures {','.join(self.measures) or repr('')} is not a comma list of {', '.join(Measure)}"
                + (f": {unknown[0]!r} is none of them" if unknown else "")
            )
        if self.baseline is not None and self.baseline not in self.methods:
            raise UsageError(f"--baseline {self.baseline} is none of the --methods {', '.join(self.methods)}: add it")
        if len(self.classes) > 1 or (self.classes and self.truth):
            raise UsageError("give one --class for all photos, or --truth FILE with one for each, not more")
        if Measure.POINTING in self.measures and self.boxes is None and self.masks is None:
            raise UsageError("--measures pointing needs to know where the objects are: give --boxes or --masks")


def colours(colormap: str, *, signed: bool) -> str:
    """The colour map that is meant: of a signed map, where the default was left, one with a middle for zero."""
    return SIGNED_COLORMAP if signed and colormap == COLORMAP else colormap


def _is_file(path: str) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises where the name is too long


def _is_saved_folder(path: str) -> bool:
    """Whether a folder holds a saved model; one that merely has the name of a model, say of results, does not count."""
    return any(_is_file(os.path.join(path, name)) for name in SAVED_IN_FOLDERS)  # noqa: PTH118
