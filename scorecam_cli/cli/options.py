"""Options that several commands share, each written once. Parameter name = field name of the configuration."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import click

from scorecam_cli.config import (
    MAX_PIXELS,
    PHOTO_SECONDS,
    ExplainConfig,
    ModelSettings,
    PhotoSettings,
    Precision,
    Preprocess,
    Variant,
)
from scorecam_cli.errors import UsageError
from scorecam_cli.inspection.sandbox import without_network
from scorecam_cli.saliency.methods import METHODS, method_named, methods_named

OWN_PROCESS = "the process is the command's own"

Command = TypeVar("Command", bound=Callable[..., Any])


class MethodName(click.Choice[str]):
    """A method in any case; of an unknown one the nearest are named."""

    def __init__(self) -> None:
        super().__init__(list(METHODS))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it is spelt everywhere."""
        return method_named(value).name


class OneOf(click.Choice[str]):
    """One of the choices of an enum, by its value; the command gets the choice itself."""

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__([each.value for each in kind])
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> StrEnum:
        """A word of the command line, or the default, as the choice that it names."""
        return self._kind(super().convert(value, param, ctx))


DEFAULTS = ModelSettings()
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
PLACE = click.Path(exists=True, path_type=Path)
EXPLAIN = ExplainConfig.__dataclass_fields__
UNSAFE = click.option(
    "--unsafe-model",
    "unsafe",
    is_flag=True,
    help="Run the Python code that a model file brings with it, with all that you may do: for files you trust.",
)


def photo_arguments(command: Command) -> Command:
    """IMAGES..., -r, --files-from."""
    return _stack(
        command,
        click.argument("images", nargs=-1, metavar="IMAGES..."),
        click.option("-r", "--recursive", is_flag=True, help="Descend into folders."),
        click.option(
            "--files-from",
            metavar="FILE",
            help="Also take the photos named in FILE, one a line (or separated by NUL); - is standard input.",
        ),
        click.option(
            "--max-pixels",
            type=click.IntRange(min=1),
            default=MAX_PIXELS,
            show_default=True,
            metavar="N",
            help="Refuse photos with more pixels, before they are decoded.",
        ),
        click.option(
            "--photo-timeout",
            "seconds",
            type=click.IntRange(0, 10**6),
            default=int(PHOTO_SECONDS),
            show_default=True,
            metavar="SECONDS",
            help="Give up a photo whose reading takes longer; 0 waits without end.",
        ),
    )


def model_options(command: Command) -> Command:
    """--model and everything about how it is loaded and fed, but for the layer."""
    return _stack(
        command,
        click.option(
            "-m",
            "--model",
            default=DEFAULTS.model,
            show_default=True,
            envvar="SCORECAM_MODEL",
            show_envvar=True,
            help="A name from `scorecam models`, in any case, or a .keras, .h5 or .hdf5 file.",
        ),
        click.option(
            "--weights",
            default=DEFAULTS.weights,
            show_default=True,
            metavar="imagenet|random|FILE",
            help="Weights of a named model.",
        ),
        click.option(
            "--seed", default=DEFAULTS.seed, show_default=True, help="Of --weights random, and of methods that draw."
        ),
        click.option("--labels", type=FILE, help="Class names: a text file (a name a line), CSV or JSON."),
        click.option(
            "--preprocess",
            type=OneOf(Preprocess),
            default=DEFAULTS.preprocess.value,
            show_default=True,
            help="How the training code scaled its photos; auto: known for named models, or done inside the model.",
        ),
        click.option(
            "--input-size",
            type=click.IntRange(1, 8192),
            nargs=2,
            metavar="H W",
            help="For a model file that leaves its input size open.  [default: 224 224]",
        ),
        click.option(
            "--import",
            "imports",
            type=FILE,
            multiple=True,
            metavar="FILE.py",
            help="Run this Python file of yours first: it registers the classes that a model file needs. Repeatable.",
        ),
        UNSAFE,
        click.option(
            "--offline",
            is_flag=True,
            callback=_cut_off,
            help="Never download weights, nor let TensorFlow or --import connect to anything.",
        ),
        click.option(
            "--device",
            default=DEFAULTS.device,
            show_default=True,
            metavar="auto|cpu|gpu[:N]",
            callback=_checked_device,
            help="Where the model runs.",
        ),
    )


def precision_option(command: Command) -> Command:
    """--precision."""
    return _stack(
        command,
        click.option(
            "--precision",
            type=OneOf(Precision),
            default=DEFAULTS.precision.value,
            show_default=True,
            help="Number format of the masked passes: bfloat16 for CPUs that have it, float16 for GPUs.",
        ),
    )


def layer_option(command: Command) -> Command:
    """-l/--layer."""
    return _stack(
        command,
        click.option(
            "-l",
            "--layer",
            metavar="NAME",
            help="Target layer; `scorecam models MODEL` lists them.  [default: the last spatial]",
        ),
    )


def class_options(command: Command) -> Command:
    """-c/--class and -k/--top."""
    return _stack(
        command,
        click.option(
            "-c",
            "--class",
            "classes",
            multiple=True,
            metavar="CLASS",
            help="Index, name or WordNet id of a class to explain; repeatable.  [default: the predicted class]",
        ),
        click.option(
            "-k", "--top", type=click.IntRange(min=1), help="Explain the N most probable classes, in the same passes."
        ),
    )


def score_cam_options(*, passes: str) -> Callable[[Command], Command]:
    """--variant, --passes with this help, --fidelity and --batch-size."""
    return lambda command: _stack(
        command,
        click.option(
            "--variant",
            type=OneOf(Variant),
            default=EXPLAIN["variant"].default.value,
            show_default=True,
            help="What is summed: the article's masks, the authors' code, or the paper's Algorithm 1.",
        ),
        click.option(
            "--passes",
            type=click.IntRange(min=1),
            metavar="N",
            help=passes,
        ),
        click.option(
            "--fidelity",
            type=click.FloatRange(0, 1, min_open=True),
            default=EXPLAIN["fidelity"].default,
            show_default=True,
            help="Pass only as many masks as it takes to estimate this correlation with the exact map; 1 is exact.",
        ),
        click.option(
            "--batch-size",
            default="auto",
            show_default=True,
            metavar="N|auto",
            callback=_checked_batch_size,
            help="Masked photos in one pass: more memory, the same map. Halved when memory runs out.",
        ),
    )


def drawing_options(command: Command) -> Command:
    """--colormap and --alpha."""
    return _stack(
        command,
        click.option(
            "--colormap",
            default=EXPLAIN["colormap"].default,
            show_default=True,
            metavar="NAME",
            help="Any colour map of matplotlib.",
        ),
        click.option(
            "--alpha",
            type=click.FloatRange(0, 1),
            default=EXPLAIN["alpha"].default,
            show_default=True,
            help="Share of the heatmap in the overlay.",
        ),
    )


def methods_option(default: tuple[str, ...]) -> Callable[[Command], Command]:
    """--methods, with this default."""

    def add(command: Command) -> Command:
        return _stack(
            command,
            click.option(
                "--methods",
                default=",".join(default),
                show_default=True,
                metavar="LIST",
                callback=_methods,
                help=f"Comma list of {', '.join(METHODS)}.",
            ),
        )

    return add


def _methods(context: click.Context, option: click.Parameter, value: str) -> tuple[str, ...]:
    return methods_named(comma_list(context, option, value))


def comma_list(_context: click.Context, _option: click.Parameter, value: str) -> tuple[str, ...]:
    """`a, b` as ("a", "b")."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def print0_option(command: Command) -> Command:
    """-0/--print0."""
    return _stack(
        command,
        click.option(
            "-0", "--print0", is_flag=True, help="End each printed path with NUL, not a newline: for xargs -0."
        ),
    )


def path_ending(*, print0: bool, as_json: bool = False) -> bytes:
    """What each printed path ends with.

    Raises:
        UsageError: no path is printed.
    """
    if print0 and as_json:
        raise UsageError("--print0 is for paths and --json prints objects: leave one of them out")
    return b"\0" if print0 else b"\n"


def loudness_options(command: Command) -> Command:
    """-q and -v."""
    return _stack(
        command,
        click.option("-q", "--quiet", is_flag=True, help="Only errors and warnings on stderr."),
        click.option("-v", "--verbose", is_flag=True, help="Also say how each result was made."),
    )


def model_settings(options: dict[str, Any]) -> ModelSettings:
    """Take the model's options out of Click's parameters."""
    names = [field.name for field in fields(ModelSettings) if field.name in options]
    return ModelSettings(**{name: options.pop(name) for name in names})


def photo_settings(options: dict[str, Any]) -> PhotoSettings:
    """Take the photos' options out of Click's parameters, reading the list of --files-from."""
    from scorecam_cli.files.small_files import FILE_LIST, read_small
    from scorecam_cli.photos.find import names_in_list

    images, files_from = options.pop("images"), options.pop("files_from")
    listed: list[str] = []
    if files_from == "-":
        listed = names_in_list(_read_standard_input())
    elif files_from is not None:
        listed = names_in_list(read_small(Path(files_from), FILE_LIST))
    recursive, output_dir, max_pixels = (options.pop(name, None) for name in ("recursive", "output_dir", "max_pixels"))
    seconds = options.pop("seconds") or None
    return PhotoSettings(tuple(images), tuple(listed), bool(recursive), output_dir, max_pixels or MAX_PIXELS, seconds)


def _read_standard_input() -> bytes:
    from scorecam_cli.files.small_files import FILE_LIST, read_stream

    if sys.stdin is None:
        raise UsageError("standard input is closed: --files-from - has nothing to read")
    return read_stream(sys.stdin.buffer, FILE_LIST)


def verbosity(options: dict[str, Any]) -> int:
    """-1 quiet, 0 normal, 1 verbose."""
    quiet, verbose = options.pop("quiet"), options.pop("verbose")
    return -1 if quiet else int(verbose)


def _checked_batch_size(_context: click.Context, _option: click.Parameter, value: str) -> int | None:
    """A whole number from 1, or None for `auto`."""
    if value.lower() == "auto":
        return None
    if value.isdecimal() and int(value) >= 1:
        return int(value)
    raise click.BadParameter(f"{value!r} is neither auto nor a whole number from 1")


def _cut_off(context: click.Context, _option: click.Parameter, value: bool) -> bool:
    """Where the process is the command's own, and the system offers it, nothing in it connects any more."""
    if value and context.find_root().obj is OWN_PROCESS:
        without_network()
    return value


def _checked_device(_context: click.Context, _option: click.Parameter, value: str) -> str:
    kind, separator, number = value.lower().partition(":")
    if kind in ("auto", "cpu", "gpu") and (not separator or (kind == "gpu" and number.isdecimal())):
        return value.lower()
    raise click.BadParameter(f"{value!r} is none of auto, cpu, gpu, gpu:0, gpu:1, ...")


def _stack(command: Command, *decorators: Callable[[Command], Command]) -> Command:
    for decorate in reversed(decorators):
        command = decorate(command)
    return command
