"""What the values of options may be, and what the commands get for what was typed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from scorecam_cli.inspection.sandbox import without_network
from scorecam_cli.saliency.methods import METHODS, method_named, methods_named
from scorecam_cli.urls import READ_ONLY, is_url, shown, url

OWN_PROCESS = "the process is the command's own"


class Here(click.Path):
    """A path of this machine; an address is refused in a sentence, and never taken for a name with a colon."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path."""
        if is_url(str(value)):
            self.fail(f"{shown(str(value))} is an address: give a path of this machine", param, ctx)
        return super().convert(value, param, ctx)


class Anywhere(click.Path):
    """A folder of this machine or of a bucket."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path or the address."""
        if not is_url(str(value)):
            return super().convert(value, param, ctx)
        found = url(str(value))
        if found.scheme in READ_ONLY:
            self.fail(f"{found} cannot be written: give a folder of this machine or of a bucket", param, ctx)
        return found


FILE = Here(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = Here(dir_okay=False, path_type=Path)
FOLDER = Here(file_okay=False, path_type=Path)
FOLDER_ANYWHERE = Anywhere(file_okay=False, path_type=Path)
PLACE = Here(exists=True, path_type=Path)


class MethodName(click.Choice[str]):
    """A method in any case; of an unknown one the nearest are named."""

    def __init__(self) -> None:
        super().__init__(list(METHODS))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it is spelt everywhere."""
        return method_named(value).name


class ListedMethod(MethodName):
    """The same as lists of methods name it, where a variant may stand behind it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it is spelt everywhere."""
        return methods_named([value])[0]


class OneOf(click.Choice[str]):
    """One of the choices of an enum, by its value; the command gets the choice itself."""

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__([each.value for each in kind])
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> StrEnum:
        """A word of the command line, or the default, as the choice that it names."""
        return self._kind(super().convert(value, param, ctx))


class GridSides(click.ParamType[tuple[int, int]]):
    """`HxW`, two whole numbers from 1."""

    name = "grid"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """As (h, w)."""
        rows, sign, columns = str(value).lower().partition("x")
        if isinstance(value, tuple):
            return value
        if not (sign and rows.isdecimal() and columns.isdecimal() and len(value) < 12):
            self.fail(f"{value!r} is not ROWSxCOLUMNS, as 14x14", param, ctx)
        return int(rows), int(columns)


def comma_list(_context: click.Context, _option: click.Parameter, value: str) -> tuple[str, ...]:
    """`a, b` as ("a", "b")."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def method_names(context: click.Context, option: click.Parameter, value: str) -> tuple[str, ...]:
    """A comma list of methods as their names, spelt as everywhere."""
    return methods_named(comma_list(context, option, value))


def batch_size(_context: click.Context, _option: click.Parameter, value: str) -> int | None:
    """A whole number from 1, or None for `auto`."""
    if value.lower() == "auto":
        return None
    if value.isdecimal() and int(value) >= 1:
        return int(value)
    raise click.BadParameter(f"{value!r} is neither auto nor a whole number from 1")


def device_name(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """A place where models run, in small letters."""
    kind, separator, number = value.lower().partition(":")
    if kind in ("auto", "cpu", "gpu") and (not separator or (kind == "gpu" and number.isdecimal())):
        return value.lower()
    raise click.BadParameter(f"{value!r} is none of auto, cpu, gpu, gpu:0, gpu:1, ...")


def cut_off(context: click.Context, _option: click.Parameter, value: bool) -> bool:
    """Where the process is the command's own, and the system offers it, nothing in it connects any more."""
    if value and context.find_root().obj is OWN_PROCESS:
        without_network()
    return value
