"""What values must keep to each other, whichever command or call they come from."""

from __future__ import annotations

from collections.abc import Collection

from scorecam_cli.errors import UsageError

GRID_SIDE = 8192  # rows or columns of a grid, as of an input
MOST_PREFIX = 1024  # tokens in front of a grid: class, distillation, registers, prompts
MOST_SHARDS = 1_000_000
AUTO_LAYERS = "auto"  # among the names of layers: those that the network offers


def check_layers(layers: tuple[str, ...], grid: tuple[int, int] | None, prefix: int) -> None:
    """Raise UsageError unless layers are named once, a grid belongs to one and is one, and a prefix to a grid."""
    twice = next((name for at, name in enumerate(layers) if name in layers[:at]), None)
    if twice is not None:
        raise UsageError(f"--layer {twice} is given twice; leave out one")
    if AUTO_LAYERS in layers and len(layers) > 1:
        other = next(name for name in layers if name != AUTO_LAYERS)
        raise UsageError(f"--layers {AUTO_LAYERS} chooses the layers itself; leave out it or --layer {other}")
    if grid is None:
        if prefix:
            raise UsageError(f"--prefix {prefix} says which tokens are not of the grid: give --grid HxW too")
        return
    given = f"--grid {grid[0]}x{grid[1]}"
    if len(layers) > 1 or AUTO_LAYERS in layers:
        raise UsageError(
            f"{given} says how the output of one layer is a picture of the photo: give one --layer with it"
        )
    if not layers:
        raise UsageError(f"{given} says how the output of a layer is a picture of the photo: give --layer NAME too")
    if min(grid) < 1 or max(grid) > GRID_SIDE or grid[0] * grid[1] < 2:
        raise UsageError(f"{given} is no grid; it takes 1 to {GRID_SIDE} rows and columns, and two positions at least")
    if not 0 <= prefix <= MOST_PREFIX:
        raise UsageError(f"--prefix {prefix} is not from 0 to {MOST_PREFIX}")


def check_shard(shard: tuple[int, int]) -> None:
    """Raise UsageError unless it is one of the parts, counted from 1."""
    number, count = shard
    if not 1 <= number <= count <= MOST_SHARDS:
        raise UsageError(
            f"--shard {number}/{count} is no part of a run: K/N is the K-th of N, with K from 1 to N and N at most "
            f"{MOST_SHARDS}"
        )


def check_against(classes: Collection[str], against: str | None) -> None:
    """Raise UsageError where a class is set against itself, as far as the words tell."""
    if against is not None and against in classes:
        raise UsageError(f"--against {against} is the class that --class names: a class is not set against itself")


def check_budget(passes: int | None, fidelity: float) -> None:
    """Raise UsageError unless at most one of the two is asked for."""
    if passes is not None and fidelity < 1:
        raise UsageError(
            f"--passes {passes} and --fidelity {fidelity} exclude each other: give the passes to spend or the "
            "fidelity to reach"
        )


def check_probabilities(*, regression: bool) -> None:
    """Raise UsageError where the model has none, and so nothing that compare and evaluate could measure."""
    if regression:
        raise UsageError("--head linear: compare and evaluate measure probabilities, and outputs are none; use explain")
