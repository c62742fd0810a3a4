"""What a run was asked to do, as its log holds it: every setting by its name, and the folder it was asked in.

The settings are read off the configuration, so that a new one is in the log without a word said here. From a disk they
are input like any other: each value is checked against the type of its field.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from enum import Enum
from functools import cached_property
from pathlib import Path, PurePath
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.dependence import LEAVES_THE_RESULT
from scorecam_cli.errors import UsageError
from scorecam_cli.models.constants import number_in
from scorecam_cli.urls import place

MAX_TEXT = 4096  # characters of one value: as many as a path may have
MAX_NUMBER = 2**63
MAX_ITEMS = 10_000  # of one list: ten times the classes of ImageNet

# What a run was asked to look at, which the lines of its photos tell; what other settings are kept in; who works.
_NO_SETTINGS = {
    PhotoSettings: {"images", "listed", "shard"},
    ModelSettings: set(),
    ExplainConfig: {"photos", "model", "crew"},
}
# How a run goes about it. These may differ when photos are tried again, say a larger --max-pixels; where files go, and
# whether code of a stranger runs, may not.
MANNER = frozenset(
    name
    for kind, apart in _NO_SETTINGS.items()
    for name in LEAVES_THE_RESULT[kind]
    if name not in {*apart, "output_dir", "unsafe"}
)
_UNORDERED = frozenset({"save", "layers"})
_NAMED_WEIGHTS = ("imagenet", "random")


@dataclass(frozen=True)
class LoggedRequest:
    """A request as it was asked.

    settings: by name, as the user gave them, paths as typed. cwd: the folder that relative paths start from.
    """

    settings: Mapping[str, Any]
    cwd: Path

    @cached_property
    def here(self) -> dict[str, Any]:
        """The settings for the present folder: as typed where it is that of the run, else with absolute paths."""
        if same_folder(self.cwd):
            return dict(self.settings)
        return {name: _moved(name, value, self.cwd) for name, value in self.settings.items()}

    @cached_property
    def essence(self) -> str:
        """One spelling of all that a result depends on, whatever folder it was asked in."""
        kept = {name: resolved(name, value, self.cwd) for name, value in self.settings.items() if name not in MANNER}
        return json.dumps(kept, sort_keys=True)


def request_of(config: ExplainConfig) -> LoggedRequest:
    """The request of a run that begins now, here."""
    found: dict[str, Any] = {}
    for part in (config.photos, config.model, config):
        kinds = get_type_hints(type(part))
        found |= {each.name: _settled(kinds[each.name], getattr(part, each.name)) for each in _settings_in(type(part))}
    return LoggedRequest(found, present_folder())


def as_json(request: LoggedRequest) -> dict[str, Any]:
    """The request as the first line of a log has it."""
    return {**{name: _plain(value) for name, value in request.settings.items()}, "cwd": str(request.cwd)}


def identity(request: LoggedRequest) -> str:
    """12 hexadecimal digits by which the lines of photos name their request."""
    return hashlib.sha256(json.dumps(as_json(request), sort_keys=True).encode()).hexdigest()[:12]


def checked_request(found: Mapping[str, Any], source: Path) -> LoggedRequest:
    """A request from a disk.

    Args:
        found: as `as_json` gives it; settings that are missing have their defaults.
        source: the log, for messages.

    Raises:
        UsageError: a setting is not known, or its value of another type.
    """
    cwd = found.get("cwd")
    if not isinstance(cwd, str) or not Path(cwd).is_absolute() or "\0" in cwd:
        raise UsageError(f"the request in {source} has the folder {cwd!r:.80}, which is no absolute path; {_ASK_AGAIN}")
    known = {each.name: (each, kind) for each, kind in _known_settings()}
    unknown = [name for name in found if name not in known and name != "cwd"]
    if unknown:
        raise UsageError(f"the request in {source} has a setting {unknown[0]!r:.60} that is not known; {_ASK_AGAIN}")
    settings = {}
    for name, (each, kind) in known.items():
        try:
            settings[name] = _typed(kind, found[name]) if name in found else _default(each)
        except (TypeError, ValueError, OverflowError) as error:
            value = json.dumps(found[name])[:60]
            raise UsageError(f"the request in {source} has {name} = {value}; {_ASK_AGAIN}") from error
    return LoggedRequest(settings, Path(cwd))


_ASK_AGAIN = "explain its photos anew, without --retry-failed"


def known_names() -> frozenset[str]:
    """The names of all settings."""
    return frozenset(each.name for each, _ in _known_settings())


def resolved(name: str, value: Any, cwd: Path) -> Any:
    """A value of a setting by what it means: paths from the root, without links; models in one spelling."""
    plain = _plain(_moved(name, value, cwd))
    if name in _UNORDERED:
        return sorted(plain)
    if name == "model" and not _names_file(name, value):
        return plain.lower()
    if _names_file(name, value):
        return [_real(each) for each in plain] if isinstance(plain, list) else _real(plain)
    return plain


def present_folder() -> Path:
    """Where relative paths start from; the root where the present folder is gone, and with it all they could mean."""
    try:
        return Path.cwd()
    except OSError:
        return Path(os.sep)


def same_folder(cwd: Path) -> bool:
    """Whether this is the present folder."""
    try:
        return cwd.samefile(present_folder())
    except (OSError, ValueError):
        return False


def _real(path: str) -> str:
    try:
        return os.path.realpath(path)
    except ValueError:  # NUL, or a lone surrogate: the name of no file
        return path


def _moved(name: str, value: Any, cwd: Path) -> Any:
    """A value whose paths start from the root, other values as they are."""
    if name == "constant_inputs":
        return tuple(_moved_constant(each, cwd) for each in value)
    if not _names_file(name, value):
        return value
    if isinstance(value, tuple):
        return tuple(cwd / each for each in value)
    return cwd / value if isinstance(value, Path) else str(cwd / value)


def _moved_constant(text: str, cwd: Path) -> str:
    name, sign, value = text.partition("=")
    return text if number_in(value) is not None else f"{name}{sign}{cwd / value}"


def _names_file(name: str, value: Any) -> bool:
    if name == "model":
        return ModelSettings(model=value).is_file
    if name == "weights":
        return value not in _NAMED_WEIGHTS
    return isinstance(value, Path) or (isinstance(value, tuple) and any(isinstance(each, Path) for each in value))


def _settings_in(kind: type[Any]) -> list[Field[Any]]:
    return [each for each in fields(kind) if each.name not in _NO_SETTINGS[kind]]


def _known_settings() -> list[tuple[Field[Any], Any]]:
    return [(each, get_type_hints(kind)[each.name]) for kind in _NO_SETTINGS for each in _settings_in(kind)]


def _default(each: Field[Any]) -> Any:
    if each.default is MISSING:
        raise TypeError(f"{each.name} has no default")
    return each.default


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, PurePath) else value


def _settled(kind: Any, value: Any) -> Any:
    """A value as it would be read again: 60 as 60.0, where the field holds such numbers."""
    is_float = kind is float or float in get_args(kind)
    return float(value) if is_float and type(value) is int else value


def _typed(kind: Any, value: Any) -> Any:
    """A value of JSON as a field of this type has it.

    Raises:
        TypeError, ValueError, OverflowError: it is of another type, or larger than any that makes sense.
    """
    if get_origin(kind) in (Union, UnionType):
        if value is None and NoneType in get_args(kind):
            return None
        kind = next(each for each in get_args(kind) if each is not NoneType)
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise TypeError(kind)
        each_kind = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_typed(one, each) for one, each in zip(each_kind, value, strict=True))
    if (isinstance(value, str) and len(value) > MAX_TEXT) or (type(value) is int and abs(value) >= MAX_NUMBER):
        raise ValueError(value)
    if issubclass(kind, Enum):
        return kind(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not (str if issubclass(kind, PurePath) else kind):
        raise TypeError(kind)
    if kind is PurePath:
        return place(value)
    return Path(value) if kind is Path else value
