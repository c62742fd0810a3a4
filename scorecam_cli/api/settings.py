"""What `explain`, `compare` and `evaluate` are told alike: from words of Python to fields of their configurations."""

from __future__ import annotations

from typing import Any, TypedDict

from scorecam_cli.api.numbers import share, whole, whole_or_none
from scorecam_cli.choices import Fill, Variant, chosen
from scorecam_cli.config import ModelSettings, PhotoSettings


class CommonSettings(TypedDict):
    """Fields of every configuration, checked. model: of it the seed alone is read, for the model is loaded."""

    photos: PhotoSettings
    model: ModelSettings
    variant: Variant
    passes: int | None
    fidelity: float
    fill: Fill
    batch_size: int | None


def common_settings(
    *, variant: Any, passes: Any, fidelity: Any, fill: Any, batch_size: Any, seed: Any
) -> CommonSettings:
    """The arguments that all three functions take, as they come from Python.

    Raises:
        UsageError: one of them is none of its kind, or out of its range.
    """
    return {
        "photos": PhotoSettings(),
        "model": ModelSettings(seed=whole(seed, "seed", least=0)),
        "variant": chosen(Variant, variant, what="variant"),
        "passes": whole_or_none(passes, "passes", least=1),
        "fidelity": share(fidelity, "fidelity", above=0),
        "fill": chosen(Fill, fill, what="fill"),
        "batch_size": whole_or_none(batch_size, "batch_size", least=1),
    }
