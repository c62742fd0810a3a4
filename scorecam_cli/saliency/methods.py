"""Every method by its name: Score-CAM, its relatives, and those it is measured against.

A method is a file of this folder: its function, and METHOD, what is known of it; `choices.METHOD_FILES` names the file.
Nothing here needs TensorFlow until a method runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from importlib import import_module

from scorecam_cli.choices import METHOD_FILES, OF_DIFFERENCES, Joining, Precision, Variant
from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.records import ClassMap, Explanation
from scorecam_cli.saliency.evidence import Doubt, Doubted, at_chance, doubtful, roughly_inferred, same_under_every_mask
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses
from scorecam_cli.saliency.method import Method, Need, Work
from scorecam_cli.saliency.product import joining_of, product_of_layers
from scorecam_cli.saliency.question import Question
from scorecam_cli.saliency.stacked import looked_at
from scorecam_cli.words import nearest_or, quoted

METHODS: dict[str, Method] = {
    name: import_module(f"{__package__}.{file}").METHOD for name, file in METHOD_FILES.items()
}


def method_named(name: str) -> Method:
    """The method of this name, in any case.

    Raises:
        UsageError: there is none; the message names the nearest.
    """
    method = METHODS.get(name.lower())
    if method is None:
        advice = nearest_or(f"choose one of {', '.join(METHODS)}", name, METHODS)
        raise UsageError(f"method {quoted(name)} does not exist; {advice}")
    return method


def methods_named(names: Sequence[str]) -> tuple[str, ...]:
    """The names of several methods as they are spelt here.

    Raises:
        UsageError: no such method, none at all, or one of them twice.
    """
    if not names:
        raise UsageError(f"no method is named; give a comma list of {', '.join(METHODS)}")
    spelt = tuple(method_named(name).name for name in names)
    twice = [name for name in spelt if spelt.count(name) > 1]
    if twice:
        raise UsageError(f"method {twice[0]} is named twice; leave out one")
    return spelt


def takers(setting: str) -> list[str]:
    """Names of the methods that take this setting, a field of MethodSettings."""
    return [name for name, method in METHODS.items() if setting in method.takes]


def with_steps() -> tuple[str, ...]:
    """Names of the methods that hand out the masks that weigh most, so that figures can show them."""
    return tuple(name for name, method in METHODS.items() if method.has_steps)


def knows_how_sure(name: str, settings: MethodSettings) -> bool:
    """Whether a method with these settings tells how sure each position of its map is."""
    differs = "variant" in method_named(name).takes and settings.variant in OF_DIFFERENCES
    return differs and settings.passes is None and settings.fidelity >= 1


def has_sign(name: str, settings: MethodSettings) -> bool:
    """Whether a method with these settings tells what speaks against a class, so that its map can be signed."""
    takes = method_named(name).takes
    return "signed" in takes and ("variant" not in takes or settings.variant in OF_DIFFERENCES)


def check(name: str, settings: MethodSettings) -> None:
    """Raise UsageError unless there is such a method, and it can do what is asked."""
    method, default = method_named(name), MethodSettings()
    for setting in ("fidelity", "variant", "selection", "signed", "fill"):
        if setting not in method.takes and getattr(settings, setting) != getattr(default, setting):
            raise UsageError(
                f"--{setting} is of {' and '.join(takers(setting))} alone; leave it out with --method {method.name}"
            )
    if settings.signed and not has_sign(name, settings):
        raise UsageError(
            f"--signed is of --variant {' and '.join(OF_DIFFERENCES)} alone: what {settings.variant} sums is never "
            "against a class"
        )
    if settings.passes is None:
        return
    if "passes" not in method.takes:
        raise UsageError(
            f"method {method.name} has no number of passes to choose; leave out --passes {settings.passes}"
        )
    if settings.passes < method.fewest_passes:
        raise UsageError(
            f"--passes {settings.passes} is too few for {method.name}: it needs at least {method.fewest_passes}"
        )


def check_contrast(name: str, against: str | None) -> None:
    """Raise UsageError where a class is to be set against another, and the method makes nothing of classes."""
    if against is not None and not method_named(name).of_classes:
        raise UsageError(f"--against {against} means nothing to method {name}, which knows no class; leave it out")


def check_outputs(name: str, settings: MethodSettings) -> None:
    """Raise UsageError unless a method makes sense of the outputs of a regression."""
    method = method_named(name)
    if not (method.of_outputs or method.by_gradients):
        others = ", ".join(each.name for each in METHODS.values() if each.of_outputs or each.by_gradients)
        raise UsageError(
            f"method {method.name} is made of probabilities or logits, not of outputs; use one of {others}"
        )
    if "variant" in method.takes and settings.variant == Variant.PAPER:
        raise UsageError("--variant paper is a softmax over logits, and outputs are none; use another variant")


def check_methods(names: Sequence[str], settings: MethodSettings) -> None:
    """Raise UsageError unless there are such methods, each given once, and each can do its part of what is asked."""
    named = methods_named(names)
    for name in named:
        check(name, among_others(name, settings))
    if settings.fill != MethodSettings().fill and not set(named) & set(takers("fill")):
        raise UsageError(
            f"--fill {settings.fill} is what masked pixels become, and none of {', '.join(named)} masks any: leave it "
            f"out, or add one of {', '.join(takers('fill'))}"
        )
    if settings.signed and not any(has_sign(name, settings) for name in named):
        raise UsageError(
            f"--signed keeps what speaks against a class, and none of {', '.join(named)} tells that: leave it out, or "
            f"add one of {', '.join(takers('signed'))}, the first with --variant {' or '.join(OF_DIFFERENCES)}"
        )


def check_suits(names: Sequence[str], *, has_layers: bool, model: str) -> None:
    """Raise ModelError where a model has no layers to look at and none of these methods can do without."""
    if has_layers or not all(method_named(name).by_layers for name in names):
        return
    others = [each.name for each in METHODS.values() if not each.by_layers]
    raise ModelError(
        f"{model} is seen from outside, and {' and '.join(names[:1])} needs the layers of a Keras model; "
        f"use {', '.join(others[:-1])} or {others[-1]}"
    )


def among_others(name: str, settings: MethodSettings) -> MethodSettings:
    """What of these settings is a method's where several run side by side.

    Passes and fidelity bound the work of methods that can tell how close to their exact map they come; the others run
    their default number of passes, and each runs without the settings that it does not take.
    """
    method, default = method_named(name), MethodSettings()
    others = {each.name for each in fields(MethodSettings)} - method.takes - {"batch_size", "seed"}
    if "fidelity" not in method.takes:
        others.add("passes")
    if not has_sign(name, settings):
        others.add("signed")
    return replace(settings, **{setting: getattr(default, setting) for setting in others})


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
