"""What `scorecam evaluate` measures of the maps of one photo: for each measure what makes cells of the table of them.

Measures that show the model pictures of the photo have theirs shown together, those of all maps; measures that explain
other photos put each of these to all methods, one after the other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import Measure
from scorecam_cli.config import EvaluateConfig
from scorecam_cli.errors import NumericsError
from scorecam_cli.faithfulness.asking import Pictures, ask_together
from scorecam_cli.faithfulness.ranks import pixel_ranks, require_size
from scorecam_cli.saliency.question import Question

if TYPE_CHECKING:
    from scorecam_cli.keras_engine.classifier import Classifier

STABILITY_SAMPLES = 5  # each costs a whole map

Cells = dict[str, Any]  # column -> number, or numbers of a curve
Floats = NDArray[np.float32]


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
    saliency: Floats
    explain: Callable[[Question], Floats]
    unfrozen: Callable[[], Classifier]
    region: NDArray[np.bool_] | None
    pair: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None

    @property
    def seed(self) -> int:
        """Of all that is drawn by chance."""
        return self.config.model.seed

    @cached_property
    def ranks(self) -> NDArray[np.intp]:
        """The place of each pixel in the order of the map, [H, W]."""
        require_size(self.saliency, self.asked.size)
        return pixel_ranks(self.saliency, seed=self.seed)


@dataclass(frozen=True)
class Shown:
    """What a measure shows the model of one map.

    parts: the pictures. read: makes cells of the probabilities of the class, [n] of each part.
    """

    parts: Sequence[Pictures]
    read: Callable[..., Cells]


Show = Callable[[Sequence[MadeMap]], list[Shown]]  # of each map


def measured(made: Sequence[MadeMap]) -> list[Cells]:
    """All that was asked for of some maps of one photo and class, as far as it applies: the cells of each.

    A region asks for pointing. The numbers of a map are those that it has without the others.

    Raises:
        PhotoError: the model returns a value that is not finite, or stops.
        ModelError: it has no weights to randomise.
    """
    if not made:
        return []
    wanted = {*made[0].config.measures, *([Measure.POINTING] if made[0].region is not None else [])}
    cells = _asked_together(made, [show for measure, show in SHOWING.items() if measure in wanted])
    for measure, of_map in OF_EACH.items():
        if measure in wanted:
            cells = [own | of_map(each) for own, each in zip(cells, made, strict=True)]
    for measure, of_all in OF_ALL.items():
        if measure in wanted:
            cells = [own | found for own, found in zip(cells, of_all(made), strict=True)]
    return [own | _means(own) for own in cells]


def _asked_together(made: Sequence[MadeMap], shows: Sequence[Show]) -> list[Cells]:
    """The cells of each map by the measures that show the model something of it."""
    asked = made[0].asked
    of_maps = list(zip(*(show(made) for show in shows), strict=True)) or [()] * len(made)
    parts = [part for of_map in of_maps for shown in of_map for part in shown.parts]
    answers = iter([found[:, asked.class_indices[0]] for found in ask_together(asked.model, parts)])
    cells: list[Cells] = []
    for of_map in of_maps:
        cells.append({})
        for shown in of_map:
            cells[-1] |= shown.read(*(next(answers) for _ in shown.parts))
    return cells


def _drop(made: Sequence[MadeMap]) -> list[Shown]:
    from scorecam_cli.faithfulness.drops import changes_of, shown_of_map

    def read(whole: Floats, top: Floats) -> Cells:
        change = changes_of(whole, top)
        cells: Cells = {"drop": change.whole.drop, "increase": int(change.whole.increase), "gain": change.whole.gain}
        best = change.top
        return cells | {"drop_top": best.drop, "increase_top": int(best.increase), "gain_top": best.gain}

    return [Shown(shown_of_map(each.asked.image, each.saliency, each.ranks), read) for each in made]


def _curves(made: Sequence[MadeMap]) -> list[Shown]:
    from scorecam_cli.faithfulness.curves import Ends, curve_pictures, curves_of

    config, asked = made[0].config, made[0].asked
    ends = Ends.of(asked.image, config.deletion_fill, config.insertion_fill)

    def read(probabilities: Floats) -> Cells:
        curves, cells = curves_of(probabilities, asked.size[0] * asked.size[1]), Cells()
        for name, curve in (("deletion", curves.deletion), ("insertion", curves.insertion)):
            cells |= {name: curve.area, f"{name}_curve": curve.probabilities}
        return cells

    return [Shown([curve_pictures(ends, each.ranks, steps=config.steps)], read) for each in made]


def _road(made: Sequence[MadeMap]) -> list[Shown]:
    from scorecam_cli.faithfulness.road import Road, road_pictures

    def read(probabilities: Floats) -> Cells:
        found = Road(*np.split(probabilities, 2))
        return {"road": found.difference, "road_morf": found.mean_morf, "road_lerf": found.mean_lerf}

    return [Shown([road_pictures(each.asked.image, each.ranks, seed=each.seed)], read) for each in made]


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


def _stability(made: Sequence[MadeMap]) -> list[Cells]:
    from scorecam_cli.faithfulness.stability import max_sensitivities

    asked = made[0].asked

    def explain(image: Floats, which: Sequence[int]) -> list[Floats]:
        changed = asked.about_image(image)
        return [made[number].explain(changed) for number in which]

    found = max_sensitivities(
        explain,
        asked.image,
        originals=[each.saliency for each in made],
        samples=STABILITY_SAMPLES,
        seed=made[0].seed,
    )
    return [{"sensitivity": each} for each in found]


def _sanity(made: Sequence[MadeMap]) -> list[Cells]:
    from scorecam_cli.faithfulness.sanity import cascades_of_several

    asked = made[0].asked
    if not asked.model.has_layers:
        return [{} for _ in made]

    def explain(unfrozen: Classifier, which: Sequence[int]) -> list[Floats | None]:
        of_others = asked.asked_of(unfrozen)
        return [_map_or_none(made[number], of_others) for number in which]

    with contextlib.suppress(NumericsError):  # a network of random weights may return infinity
        found = cascades_of_several(made[0].unfrozen(), explain, maps=len(made), seed=made[0].seed)
        return [{} if each is None else {"sanity": [stage.correlation for stage in each]} for each in found]
    return [{} for _ in made]


def _map_or_none(made: MadeMap, asked: Question) -> Floats | None:
    try:
        return made.explain(asked)
    except NumericsError:
        return None


SHOWING: Mapping[Measure, Show] = {
    Measure.DROP: _drop,
    Measure.CURVES: _curves,
    Measure.ROAD: _road,
}
OF_EACH: Mapping[Measure, Callable[[MadeMap], Cells]] = {
    Measure.POINTING: _pointing,
    Measure.SHAPE: _shape,
    Measure.COHERENCY: _coherency,
}
OF_ALL: Mapping[Measure, Callable[[Sequence[MadeMap]], list[Cells]]] = {
    Measure.STABILITY: _stability,
    Measure.SANITY: _sanity,
}
