"""`--shard`: a part that is named, or the one that a job array gave this process by its environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import click

from scorecam_cli.cli.groups import Command, Group, stacked
from scorecam_cli.errors import UsageError
from scorecam_cli.outcomes import Found
from scorecam_cli.relations import check_shard

AUTO = "auto"
_GIVE = "give --shard K/N"
_SLURM = "SLURM_ARRAY_TASK_ID"
_SLURM_RANGE = ("SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_COUNT")
_SLURM_STEP = "SLURM_ARRAY_TASK_STEP"
_KUBERNETES = ("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS")
_SPELLED = re.compile(r"(\d{1,9})/(\d{1,9})", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True)
class Shard:
    """A part of a run. read: the variables that it was taken from, for the user; empty where it was given."""

    number: int
    count: int
    read: str = ""

    @property
    def part(self) -> tuple[int, int]:
        """(K, N)."""
        return self.number, self.count

    @property
    def notes(self) -> tuple[str, ...]:
        """What was read, where something was."""
        return (f"shard {self.number}/{self.count}, from {self.read}",) if self.read else ()


class ShardKind(click.ParamType[Shard | str]):
    """`K/N`, or `auto`, which is looked up when the command runs."""

    name = "shard"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Shard | str:
        """The part, or the word."""
        if isinstance(value, Shard):
            return value
        if value.lower() == AUTO:
            return AUTO
        spelled = _SPELLED.fullmatch(value)
        if spelled is None:
            self.fail(f"{value!r} is neither auto nor K/N, as 3/8", param, ctx)
        shard = Shard(int(spelled[1]), int(spelled[2]))
        check_shard(shard.part)
        return shard


def shard_option(command: Command) -> Command:
    """--shard."""
    return stacked(
        command,
        Group.PHOTOS.option(
            "--shard",
            type=ShardKind(),
            metavar="K/N|auto",
            help="Only the K-th of N parts of the photos, the same on every machine: several processes share the work. "
            "auto: as a Slurm array or an indexed job of Kubernetes says.",
        ),
    )


def shard_taken(options: dict[str, Any]) -> Shard | None:
    """The part that is asked for; in its place among the options stays (K, N), as the configuration has it.

    Raises:
        UsageError: it is to be read off the environment, and that does not tell it.
    """
    given = options["shard"]
    shard: Shard | None = shard_from(os.environ) if given == AUTO else given
    options["shard"] = None if shard is None else shard.part
    return shard


def only_shard(found: Found, shard: Shard | None) -> Found:
    """What was found of one part, and where that was read; everything, where none is asked for."""
    from scorecam_cli.photos.shards import of_shard

    if shard is None:
        return found
    ours = of_shard(found, shard.part)
    return replace(ours, notes=(*shard.notes, *ours.notes))


def shard_from(environment: Mapping[str, str]) -> Shard:
    """The part that Slurm or Kubernetes gave this process.

    Args:
        environment: variables by name.

    Raises:
        UsageError: neither did, or both, or what they say is no part.
    """
    slurm, kubernetes = _SLURM in environment, _KUBERNETES[0] in environment
    if slurm and kubernetes:
        raise UsageError(f"--shard auto finds {_SLURM} and {_KUBERNETES[0]}, and they may not agree: {_GIVE}")
    if slurm:
        return _of_slurm(environment)
    if kubernetes:
        return _of_kubernetes(environment)
    raise UsageError(f"--shard auto finds neither {_SLURM} nor {_KUBERNETES[0]} in the environment: {_GIVE}")


def _of_slurm(environment: Mapping[str, str]) -> Shard:
    task = _number(environment, _SLURM)
    first, last, count = (_number(environment, name) for name in _SLURM_RANGE)
    step = _number(environment, _SLURM_STEP) if _SLURM_STEP in environment else 1
    place, rest = divmod(task - first, max(step, 1))
    if rest or (last - first) // max(step, 1) + 1 != count:
        raise UsageError(
            f"--shard auto finds a Slurm array of {count} tasks from {first} to {last}, which has gaps, so that the "
            f"parts cannot be told from it: {_GIVE}"
        )
    read = ", ".join(f"{name}={environment[name]}" for name in (_SLURM, *_SLURM_RANGE))
    return _checked(Shard(place + 1, count, read))


def _of_kubernetes(environment: Mapping[str, str]) -> Shard:
    index, completions = _KUBERNETES
    if completions not in environment:
        raise UsageError(
            f"--shard auto finds {index}={environment[index]} and no {completions}: put the number of `completions` "
            f"into it, in the `env` of the container, or {_GIVE}"
        )
    read = ", ".join(f"{name}={environment[name]}" for name in _KUBERNETES)
    return _checked(Shard(_number(environment, index) + 1, _number(environment, completions), read))


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "")
    if not _WHOLE.fullmatch(text):
        raise UsageError(f"--shard auto finds {name}={text!r:.40}, which is no whole number: {_GIVE}")
    return int(text)


def _checked(shard: Shard) -> Shard:
    try:
        check_shard(shard.part)
    except UsageError as error:
        raise UsageError(f"--shard auto reads {shard.read}: {error}") from error
    return shard
