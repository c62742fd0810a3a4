"""What the user asked for: one frozen dataclass per command, with its defaults and the relations between values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scorecam_cli.errors import UsageError

SAVES = ("heatmap", "overlay", "npy", "panel")
VARIANTS = ("article", "official", "paper")
PRECISIONS = ("float32", "bfloat16", "float16")
SELECTIONS = ("representatives", "faster")
MODEL_SUFFIXES = (".keras", ".h5", ".hdf5")


@dataclass(frozen=True)
class ModelSettings:
    """Which model, how it is loaded and how photos are prepared for it.

    model: a catalogued name or a path ending in .keras, .h5, .hdf5. weights: `imagenet`, `random` or a weights file.
    seed: of random weights. input_size: (H, W) for a model that leaves its size open.
    imports: Python files run before a model file is loaded, so that its own classes are registered.
    """

    model: str = "VGG16"
    weights: str = "imagenet"
    seed: int = 0
    labels: Path | None = None
    preprocess: str = "auto"
    layer: str | None = None
    input_size: tuple[int, int] | None = None
    imports: tuple[Path, ...] = ()
    offline: bool = False
    device: str = "auto"
    precision: str = "float32"

    def __post_init__(self) -> None:
        if self.is_file and self.weights != "imagenet":
            raise UsageError(
                f"--weights {self.weights} is for a named model; {self.model} brings its own: leave out --weights"
            )
        if self.weights not in ("imagenet", "random") and not Path(self.weights).is_file():
            raise UsageError(f"--weights {self.weights} is neither `imagenet` nor `random` nor a file; check the path")
        if self.imports and not self.is_file:
            raise UsageError(f"--import is for a model file of your own; {self.model} is a named model")
        if self.input_size is not None and not self.is_file:
            raise UsageError(f"--input-size is for a model file of your own; {self.model} has a size of its own")

    @property
    def is_file(self) -> bool:
        """Whether the model is a path and not a catalogued name."""
        return self.model.lower().endswith(MODEL_SUFFIXES) or "://" in self.model or "/" in self.model


@dataclass(frozen=True)
class PhotoSettings:
    """Which photos: files, folders and globs as given; `recursive` descends into folders."""

    images: tuple[str, ...] = ()
    recursive: bool = False
    output_dir: Path | None = None


@dataclass(frozen=True)
class ExplainConfig:
    """Everything `scorecam explain` was asked to do.

    classes: as given, by index, name or WordNet id. top: also the N most probable; without either the predicted.
    batch_size: masks in one pass, None for as many as suit the model and the memory.
    passes: masks to pass, None for all or as many as fidelity, an estimated correlation, asks for.
    """

    photos: PhotoSettings
    model: ModelSettings
    classes: tuple[str, ...] = ()
    top: int = 0
    variant: str = "article"
    passes: int | None = None
    fidelity: float = 1.0
    selection: str = "representatives"
    batch_size: int | None = None
    save: tuple[str, ...] = ("heatmap", "overlay")
    colormap: str = "turbo"
    alpha: float = 0.5
    force: bool = False

    def __post_init__(self) -> None:
        if self.passes is not None and self.fidelity < 1:
            raise UsageError(
                f"--passes {self.passes} and --fidelity {self.fidelity} exclude each other: give the passes to spend "
                "or the fidelity to reach"
            )
        if self.selection == "faster" and self.passes is None:
            raise UsageError("--selection faster estimates nothing, so it needs --passes N")
        unknown = [name for name in self.save if name not in SAVES]
        if unknown or not self.save:
            raise UsageError(
                f"--save {','.join(self.save) or repr('')} is not a comma list of {', '.join(SAVES)}"
                + (f": {unknown[0]!r} is none of them" if unknown else "")
            )


@dataclass(frozen=True)
class PredictConfig:
    """Everything `scorecam predict` was asked to do."""

    photos: PhotoSettings
    model: ModelSettings
    top: int = 5
