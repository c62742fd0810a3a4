"""A question put to a method: from its name and settings to an explanation, with what is to be doubted of each map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from scorecam_cli.choices import Joining, Precision
from scorecam_cli.errors import ModelError
from scorecam_cli.records import ClassMap, Explanation
from scorecam_cli.saliency.evidence import Doubt, Doubted, at_chance, doubtful, roughly_inferred, same_under_every_mask
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses
from scorecam_cli.saliency.method import Method, Need, Work
from scorecam_cli.saliency.methods import check, check_contrast, check_outputs, check_suits, method_named
from scorecam_cli.saliency.product import joining_of, product_of_layers
from scorecam_cli.saliency.question import Question
from scorecam_cli.saliency.stacked import looked_at


def planned_passes(name: str, asked: Question, settings: MethodSettings) -> int:
    """How many passes a method will run, 0 where that is not known; fewer where a fidelity is reached.

    Raises:
        UsageError: no such method.
    """
    method = method_named(name)
    asked = _as_taken(method, asked)
    layers = asked.by_layer if method.by_target else (asked,)
    planned = [method.planned(_work(layer, settings)) for layer in layers]
    shared = settings.passes is not None and "fidelity" in method.takes
    return min(sum(planned), settings.passes or 0) if shared else sum(planned)


def _work(asked: Question, settings: MethodSettings) -> Work:
    height, width, _ = asked.observation.activations.shape
    return Work(
        len(asked.live),
        len(asked.class_indices),
        asked.size,
        settings.passes,
        lit=len(asked.lit),
        cells=height * width,
        groups=lambda: len(asked.merged),
    )


def explain_with(
    name: str, asked: Question, settings: MethodSettings | None = None, *, on_passes: OnPasses | None = None
) -> Explanation:
    """Explain what a classifier sees in a photo by any method, one map for each class.

    Args:
        name: of the method.
        asked: classifier, photo and classes.
        settings: how much it may do; None: its defaults.
        on_passes: called after each batch with the number of passes done in it.

    Returns:
        Maps float32 [H, W] >= 0 before any display scaling; a flat one is zero, and a warning says so.

    Raises:
        UsageError: no such method, or settings that it does not take.
        ModelError: the model does not suit the method.
        NumericsError: the model returns a value that is not finite.
    """
    method, settings = method_named(name), settings or MethodSettings()
    check(name, settings)
    check_contrast(name, str(asked.others[0]) if asked.others else None)
    check_suits((name,), has_layers=asked.model.has_layers, model=asked.model.name)
    if asked.model.is_regression:
        check_outputs(name, settings)
    elif Need.LOGITS in method.needs and not asked.classifier.head.shows_logits:
        raise ModelError(
            f"{asked.classifier.name} shows probabilities only, and {method.name} needs logits; "
            "use score-cam, rise or occlusion"
        )
    asked = _as_taken(method, asked.filled_by(settings.fill))
    if len(asked.by_layer) > 1 and joining_of(method, settings) == Joining.PRODUCT:
        settings = replace(settings, signed=False)  # a product has no sign
        maps = product_of_layers(method, asked, settings, on_passes or _unwatched)
    else:
        maps = method.run(asked, settings, on_passes or _unwatched)
    return _explanation(method, asked, settings, maps)


def _as_taken(method: Method, asked: Question) -> Question:
    """The question at the layer that the method takes."""
    if not method.unmixed or not asked.model.has_layers:
        return asked
    return asked.undivided if method.by_gradients else asked.unmixed


def _explanation(method: Method, asked: Question, settings: MethodSettings, maps: Maps) -> Explanation:
    model, blank = asked.model, (None,) * len(maps.maps)
    known = zip(
        *(asked.scores, maps.maps, maps.estimates or blank, maps.steps or blank, maps.uncertainties or blank),
        _doubts(method, asked, maps),
        asked.other_scores,
        strict=True,
    )
    classes = tuple(
        ClassMap(
            *(score, saliency, estimate, steps),
            doubts=tuple(doubt.sentence for doubt in doubts),
            uncertainty=uncertainty,
            doubted=tuple(doubt.kind for doubt in doubts),
            against=other,
        )
        for score, saliency, estimate, steps, uncertainty, doubts, other in known
    )
    by_whole_passes = not (method.by_gradients or method.by_tail)
    batches = model if by_whole_passes else asked.classifier.tail if method.by_tail else asked.classifier.gradients
    in_float32 = not (by_whole_passes and maps.passes)
    return Explanation(
        classes=classes,
        method=method.name,
        variant=maps.variant,
        selection=maps.selection,
        layer=model.layer,
        layers=looked_at(asked, maps.passes_by_layer),
        joined=joining_of(method, settings) if asked.of_several else None,
        grid=model.grid,
        prefix=model.prefix,
        channels=sum(layer.observation.activations.shape[2] for layer in asked.by_layer),
        live_channels=sum(len(layer.live) for layer in asked.by_layer),
        passes=maps.passes,
        batch_size=batches.batch_for(settings.batch_size),
        precision=str(Precision.FLOAT32 if in_float32 else model.precision),
        warnings=(*_warnings(method, asked, settings, maps), *doubtful(classes)),
        signed=settings.signed,
        fill=str(settings.fill) if "fill" in method.takes else None,
    )


def _warnings(method: Method, asked: Question, settings: MethodSettings, maps: Maps) -> list[str]:
    batches = asked.classifier.tail.batches.shortened if method.by_tail else asked.model.shortened_batch
    shortened = batches(settings.batch_size) if "batch_size" in method.takes else None
    return [*([shortened] if shortened else []), *maps.warnings]


def _doubts(method: Method, asked: Question, maps: Maps) -> Iterator[tuple[Doubt, ...]]:
    """Of each class, why its map may tell nothing of it."""
    probabilities, blank = asked.observation.answers.probabilities, (None,) * len(maps.maps)
    each = zip(asked.scores, maps.maps, maps.kept or blank, maps.estimates or blank, strict=True)
    masks = sum(len(layer.live) for layer in asked.by_layer)
    for score, saliency, kept, estimate in each:
        why = maps.why_flat or f"{method.name} finds nothing that speaks for the class"
        found = {
            Doubted.ZERO: None if saliency.any() else f"the map is zero: {why}",
            Doubted.SAME: None if kept is None else same_under_every_mask(kept),
            Doubted.INFERRED: roughly_inferred(estimate, passes=maps.passes, masks=masks),
            Doubted.UNSEEN: at_chance(score.probability, probabilities, exclusive=asked.model.exclusive),
        }
        yield tuple(Doubt(kind, sentence) for kind, sentence in found.items() if sentence is not None)


def _unwatched(_passes: int) -> None:
    """Nobody wants to know how far it is."""
