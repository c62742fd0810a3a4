"""Whether a map depends on what the model has learnt: randomise its weights from the top and compare the maps.

Source: Adebayo et al. 2018, "Sanity Checks for Saliency Maps", arXiv:1810.03292, section 4.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.faithfulness.ranks import rank_correlation
from scorecam_cli.keras_engine.layers import PREPARING, Network

if TYPE_CHECKING:
    from scorecam_cli.keras_engine.classifier import Classifier

STAGES = 6


@dataclass(frozen=True)
class WeightedLayer:
    """A layer with weights of its own; path: its name behind those of the models it sits in."""

    path: str
    variables: tuple[Any, ...]


@dataclass(frozen=True)
class SanityStage:
    """One stage of the cascade.

    layers: paths of those randomised at this stage, from the top, beside all of the stages before.
    correlation: rank correlation with the map of the trained model, in [-1, 1]; near 0 is good: the map has changed.
    """

    layers: tuple[str, ...]
    correlation: float


def cascading_randomisation(
    classifier: Classifier,
    explain: Callable[[Classifier], NDArray[np.float32]],
    *,
    stages: int = STAGES,
    seed: int = 0,
) -> tuple[SanityStage, ...]:
    """Randomise the weights layer by layer from the top, and see after each stage what is left of the map.

    Numbers are drawn from a normal distribution with the mean and the standard deviation of the array they replace.
    Arrays without a negative number, such as the variances of batch normalisation, are shuffled instead: they stay
    valid. Layers that only prepare the photo keep theirs. All weights are put back at the end, whatever happens; a copy
    of them is held meanwhile. Nobody else may use the model until then.

    Args:
        explain: from a classifier to a map [H, W] of one photo and class; called stages + 1 times, with a classifier
            whose passes follow the weights.
        stages: the most; fewer where the model has fewer layers with weights.
        seed: of the numbers drawn.

    Raises:
        UsageError: stages below 1.
        ModelError: the model has no layer with weights.
        NumericsError: with random weights the model returns a value that is not finite.
    """
    (found,) = cascades_of_several(
        classifier, lambda following, _which: [explain(following)], maps=1, stages=stages, seed=seed
    )
    return found or ()


def cascades_of_several(
    classifier: Classifier,
    explain: Callable[[Classifier, Sequence[int]], Sequence[NDArray[np.float32] | None]],
    *,
    maps: int,
    stages: int = STAGES,
    seed: int = 0,
) -> list[tuple[SanityStage, ...] | None]:
    """The same of several maps of one photo: the weights are randomised once, and then all maps are made.

    Args:
        explain: from a classifier and the numbers of some maps to these maps, None for one that cannot be made with
            such weights; that is not asked for again.
        maps: how many there are. The others as `cascading_randomisation`.

    Returns:
        Of each map its stages; None of one that could not be made.

    Raises:
        As `cascading_randomisation`.
    """
    if stages < 1:
        raise UsageError(f"{stages} stages: give at least 1")
    layers = weighted_layers(classifier.network)[::-1]  # from the top
    if not layers:
        raise ModelError(f"{classifier.name} has no layer with weights to randomise")
    following = classifier.unfrozen()
    random = np.random.default_rng(seed)
    originals = _made(explain(following, range(maps)), range(maps))
    done: dict[int, list[SanityStage]] = {number: [] for number in originals}
    with restored(layers):
        for numbers in np.array_split(np.arange(len(layers)), min(stages, len(layers))):
            chosen = [layers[number] for number in numbers]
            for variable in (variable for layer in chosen for variable in layer.variables):
                variable.assign(randomised(_values(variable), random))
            paths, which = tuple(layer.path for layer in chosen), list(done)
            found = _made(explain(following, which), which)
            for number in which:
                if number in found:
                    done[number].append(SanityStage(paths, rank_correlation(found[number], originals[number])))
                else:
                    del done[number]
    return [tuple(done[number]) if number in done else None for number in range(maps)]


def _made(found: Sequence[NDArray[np.float32] | None], which: Sequence[int]) -> dict[int, NDArray[np.float32]]:
    return {number: each for number, each in zip(which, found, strict=True) if each is not None}


def weighted_layers(network: Network) -> list[WeightedLayer]:
    """The layers with weights in the order of the run, each array once; those that prepare the photo are left out.

    A shared layer stands where it is called first; what a model holds beside its layers stands after them.
    """
    taken: set[int] = set()
    found = []
    for call in network.calls:  # in the order in which they ended: inner layers before those they sit in
        if call.made_outside:  # the input of a call that comes later
            continue
        own = [each for each in getattr(call.operation, "weights", ()) if id(each) not in taken]
        taken.update(id(each) for each in own)
        real = tuple(each for each in own if "float" in str(each.dtype))
        if real and call.kind not in PREPARING:
            found.append(WeightedLayer(call.path, real))
    return found


def randomised(values: NDArray[Any], random: np.random.Generator) -> NDArray[Any]:
    """New numbers of the same shape, type, mean and spread: drawn, or shuffled where none is negative."""
    if values.min(initial=0) >= 0:
        return random.permutation(values.ravel()).reshape(values.shape)
    wide = values.astype(np.float64)
    return random.normal(wide.mean(), wide.std(), values.shape).astype(values.dtype)


@contextmanager
def restored(layers: list[WeightedLayer]) -> Iterator[None]:
    """Whatever happens inside, these layers have their weights back afterwards."""
    saved = [(variable, _values(variable)) for layer in layers for variable in layer.variables]
    try:
        yield
    finally:
        for variable, values in saved:
            variable.assign(values)


def _values(variable: Any) -> NDArray[Any]:
    return np.array(variable.value.numpy())
