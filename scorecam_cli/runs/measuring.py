"""What `scorecam evaluate` measures of one map: for each measure a function from a map to cells of the table."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import Measure
from scorecam_cli.config import EvaluateConfig
from scorecam_cli.errors import NumericsError
from scorecam_cli.saliency.question import Question

if TYPE_CHECKING:
    from scorecam_cli.keras_engine.classifier import Classifier

STABILITY_SAMPLES = 5  # each costs a whole map

Cells = dict[str, Any]  # column -> number, or numbers of a curve


@dataclass(frozen=True)
class MadeMap:
    """A map of one class, and how another like it is made.

    config: what was asked for. asked: the photo and the class.
    saliency: float32 [H, W], of `asked`.
    explain: from a question about another photo, or to another classifier, to its map by the same method.
    unfrozen: the classifier whose passes follow its weights.
    region: bool [H0, W0], where the object is; None where that is not known.
    pair: bool [H0, W0] twice, where the object that the class names is, and where another is; None likewise.
    """

    config: EvaluateConfig
    asked: Question
    saliency: NDArray[np.float32]
    explain: Callable[[Question], NDArray[np.float32]]
    unfrozen: Callable[[], Classifier]
    region: NDArray[np.bool_] | None
    pair: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None

    @property
    def seed(self) -> int:
        """Of all that is drawn by chance."""
        return self.config.model.seed

    @cached_property
    def about(self) -> dict[str, Any]:
        """What the measures that ask the model are told."""
        return {"saliency": self.saliency, "class_index": self.asked.class_indices[0], "seed": self.seed}


def measured(made: MadeMap) -> Cells:
    """All that was asked for of one map, as far as it applies; a region asks for pointing."""
    wanted = {*made.config.measures, *([Measure.POINTING] if made.region is not None else [])}
    cells: Cells = {}
    for measure, of_map in MEASURES.items():
        if measure in wanted:
            cells |= of_map(made)
    return cells | _means(cells)


def _drop(made: MadeMap) -> Cells:
    from scorecam_cli.faithfulness.drops import changes

    change = changes(made.asked.model, made.asked.image, **made.about)
    cells: Cells = {"drop": change.whole.drop, "increase": int(change.whole.increase), "gain": change.whole.gain}
    top = change.top
    return cells | {"drop_top": top.drop, "increase_top": int(top.increase), "gain_top": top.gain}


def _curves(made: MadeMap) -> Cells:
    from scorecam_cli.faithfulness.curves import deletion_and_insertion

    config = made.config
    curves = deletion_and_insertion(
        made.asked.model,
        made.asked.image,
        **made.about,
        steps=config.steps,
        deletion_fill=config.deletion_fill,
        insertion_fill=config.insertion_fill,
    )
    cells: Cells = {}
    for name, curve in (("deletion", curves.deletion), ("insertion", curves.insertion)):
        cells |= {name: curve.area, f"{name}_curve": curve.probabilities}
    return cells


def _pointing(made: MadeMap) -> Cells:
    from scorecam_cli.faithfulness.pointing import density_share, energy_inside, points_inside

    if made.region is None:
        return {}
    cells: Cells = {
        "energy": energy_inside(made.saliency, made.region),
        "pointing": int(points_inside(made.saliency, made.region, seed=made.seed)),
    }
    return cells | ({} if made.pair is None else {"density": density_share(made.saliency, *made.pair)})


def _shape(made: MadeMap) -> Cells:
    from scorecam_cli.faithfulness.shape import complexity, sparseness

    return {"complexity": complexity(made.saliency), "sparseness": sparseness(made.saliency)}


def _road(made: MadeMap) -> Cells:
    from scorecam_cli.faithfulness.road import road

    found = road(made.asked.model, made.asked.image, **made.about)
    return {"road": found.difference, "road_morf": found.mean_morf, "road_lerf": found.mean_lerf}


def _coherency(made: MadeMap) -> Cells:
    from scorecam_cli.faithfulness.coherency import coherency
    from scorecam_cli.faithfulness.shape import complexity

    def explain(image: NDArray[np.float32]) -> NDArray[np.float32]:
        return made.explain(made.asked.about_image(image))

    alike = coherency(explain, made.asked.image, saliency=made.saliency)
    return {"coherency": alike, "complexity": complexity(made.saliency)}


def _means(cells: Cells) -> Cells:
    """Those of several measures, where these are there."""
    from scorecam_cli.faithfulness.coherency import adcc, arcc

    if "coherency" not in cells:
        return {}
    about = {"coherent": cells["coherency"], "complex_": cells["complexity"]}
    means = {"adcc": adcc(**about, drop=cells["drop"])} if "drop" in cells else {}
    return means | ({"arcc": arcc(**about, road=cells["road"])} if "road" in cells else {})


def _stability(made: MadeMap) -> Cells:
    from scorecam_cli.faithfulness.stability import max_sensitivity

    return {
        "sensitivity": max_sensitivity(
            lambda image: made.explain(made.asked.about_image(image)),
            made.asked.image,
            samples=STABILITY_SAMPLES,
            seed=made.seed,
        )
    }


def _sanity(made: MadeMap) -> Cells:
    from scorecam_cli.faithfulness.sanity import cascading_randomisation

    if made.asked.model.has_layers:
        with contextlib.suppress(NumericsError):  # a network of random weights may return infinity
            stages = cascading_randomisation(
                made.unfrozen(), lambda unfrozen: made.explain(made.asked.asked_of(unfrozen)), seed=made.seed
            )
            return {"sanity": [stage.correlation for stage in stages]}
    return {}


MEASURES: Mapping[Measure, Callable[[MadeMap], Cells]] = {
    Measure.DROP: _drop,
    Measure.CURVES: _curves,
    Measure.POINTING: _pointing,
    Measure.SHAPE: _shape,
    Measure.ROAD: _road,
    Measure.COHERENCY: _coherency,
    Measure.STABILITY: _stability,
    Measure.SANITY: _sanity,
}
