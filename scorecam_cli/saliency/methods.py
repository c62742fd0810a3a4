"""Every method by its name: Score-CAM, its relatives, and those it is measured against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.config import Precision, Selection, Variant, chosen
from scorecam_cli.errors import UsageError
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.models.answers import Observation
from scorecam_cli.records import ClassMap, Explanation
from scorecam_cli.saliency.cam import cam
from scorecam_cli.saliency.faster_score_cam import CHANNELS, faster_score_cam
from scorecam_cli.saliency.grad_cam import grad_cam
from scorecam_cli.saliency.grad_cam_plus_plus import grad_cam_plus_plus
from scorecam_cli.saliency.gradient import gradient
from scorecam_cli.saliency.integrated_gradients import STEPS, integrated_gradients
from scorecam_cli.saliency.is_cam import STEPS as OPENINGS
from scorecam_cli.saliency.is_cam import is_cam
from scorecam_cli.saliency.layer_cam import layer_cam
from scorecam_cli.saliency.maps import Maps, MethodSettings, Run
from scorecam_cli.saliency.occlusion import occlusion, patch_places
from scorecam_cli.saliency.random_map import random_map
from scorecam_cli.saliency.rise import MASKS, rise
from scorecam_cli.saliency.score_cam import live_channels, score_cam
from scorecam_cli.saliency.smoothgrad import SAMPLES, smoothgrad
from scorecam_cli.saliency.ss_cam import SAMPLES as NOISES
from scorecam_cli.saliency.ss_cam import ss_cam
from scorecam_cli.words import nearest_or, quoted


@dataclass(frozen=True)
class Work:
    """What the number of passes of a method can depend on.

    live: live channels of the target layer. classes: how many are asked for. size: (H, W), None where not known.
    passes: what the user asks for, None for the default.
    """

    live: int
    classes: int
    size: tuple[int, int] | None
    passes: int | None


@dataclass(frozen=True)
class Method:
    """One way to a map.

    summary: for people, in one line. takes_passes: whether the user can say how much it does.
    needs_logits: whether a model that shows probabilities only is refused. uses_gradients: whether it runs the way
    back, which is float32 and in smaller batches. planned: how many passes it will run, 0 where that is not known.
    gives_steps: whether its maps come with the masks that weigh most, for the figures that show them.
    """

    name: str
    summary: str
    takes_passes: bool
    needs_logits: bool
    run: Run
    planned: Callable[[Work], int]
    uses_gradients: bool = False
    gives_steps: bool = False


def _score_cam(
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    settings: MethodSettings,
    on_passes: Callable[[int], None] | None = None,
) -> Maps:
    """Score-CAM in its default variant; `explain_with` has the others."""
    found = score_cam(
        classifier,
        image,
        observation=observation,
        class_indices=class_indices,
        passes=settings.passes,
        batch_size=settings.batch_size,
        on_passes=on_passes,
    )
    return Maps(tuple(each.map for each in found.classes), found.passes)


def _gradient_method(name: str, summary: str, run: Run, *, default: int | None = None) -> Method:
    """default: passes for each class; None: one, and the user cannot change it."""

    def planned(work: Work) -> int:
        return (1 if default is None else work.passes or default) * work.classes

    return Method(name, summary, default is not None, True, run, planned, uses_gradients=True)


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "score-cam",
            "probability of the class under each channel's mask",
            True,
            False,
            _score_cam,
            lambda work: min(work.live, work.passes or work.live),
            gives_steps=True,
        ),
        Method(
            "faster-score-cam",
            "Score-CAM of the few channels that vary most",
            True,
            False,
            faster_score_cam,
            lambda work: min(work.live, work.passes or CHANNELS),
        ),
        Method(
            "ss-cam",
            "Score-CAM averaged over noise on the masks",
            True,
            True,
            ss_cam,
            lambda work: work.live * (work.passes or NOISES),
        ),
        Method(
            "is-cam",
            "Score-CAM averaged while the masks open",
            True,
            True,
            is_cam,
            lambda work: work.live * (work.passes or OPENINGS),
        ),
        Method("cam", "weights of the last layer, for global average pooling", False, False, cam, lambda work: 0),
        _gradient_method("grad-cam", "channels weighted by their mean gradient", grad_cam),
        _gradient_method("grad-cam++", "channels weighted by their positive gradients", grad_cam_plus_plus),
        _gradient_method("layer-cam", "positions weighted by their positive gradients", layer_cam),
        _gradient_method("gradient", "absolute gradient of each pixel", gradient),
        _gradient_method("smoothgrad", "gradient averaged over noise on the photo", smoothgrad, default=SAMPLES),
        _gradient_method(
            "integrated-gradients", "gradient integrated from nothing to the photo", integrated_gradients, default=STEPS
        ),
        Method(
            "occlusion",
            "probability lost under a patch",
            False,
            False,
            occlusion,
            lambda work: 0 if work.size is None else len(patch_places(work.size)) + 1,
        ),
        Method(
            "rise",
            "random masks weighted by the probability they leave",
            True,
            False,
            rise,
            lambda work: work.passes or MASKS,
        ),
        Method("random", "noise that knows nothing of the photo", False, False, random_map, lambda work: 0),
    )
}


def method_named(name: str) -> Method:
    """The method of this name, in any case.

    Raises:
        UsageError: there is none; the message names the nearest.
    """
    found = METHODS.get(name.lower())
    if found is None:
        advice = nearest_or(f"choose one of {', '.join(METHODS)}", name, METHODS)
        raise UsageError(f"method {quoted(name)} does not exist; {advice}")
    return found


def with_steps() -> tuple[str, ...]:
    """The methods whose maps come with the masks that weigh most."""
    return tuple(method.name for method in METHODS.values() if method.gives_steps)


def planned_passes(
    name: str,
    observation: Observation,
    passes: int | None = None,
    *,
    classes: int = 1,
    size: tuple[int, int] | None = None,
) -> int:
    """How many passes a method will run for one photo, 0 where that is not known; fewer where a fidelity is reached.

    Args:
        passes: what the user asks for, None for the default. classes: how many are explained.
        size: (H, W) of the model's input, which only `occlusion` needs.

    Raises:
        UsageError: no such method.
    """
    live = len(live_channels(observation.activations))
    return method_named(name).planned(Work(live, classes, size, passes))


def check_passes(name: str, passes: int | None) -> None:
    """Nothing, where the method can run so many passes.

    Raises:
        UsageError: no such method, or it has no number of passes to choose.
    """
    if passes is None:
        return
    if not method_named(name).takes_passes:
        raise UsageError(f"method {name} has no number of passes to choose; leave out --passes {passes}")
    if passes < 1:
        raise UsageError(f"--passes {passes} must be at least 1")


def explain_with(
    name: str,
    classifier: Classifier,
    image: NDArray[np.float32],
    *,
    observation: Observation,
    class_indices: Sequence[int],
    variant: str = "article",
    passes: int | None = None,
    fidelity: float = 1.0,
    selection: str = "representatives",
    batch_size: int | None = None,
    seed: int = 0,
    on_passes: Callable[[int], None] | None = None,
) -> Explanation:
    """Explain what a classifier sees in a photo by any method, one map for each class.

    Args:
        name: of the method. image: float32 [H, W, c] in model units, from `classifier.prepare`.
        observation: of the same image, from `classifier.observe`. class_indices: in 0 .. C - 1.
        variant, fidelity, selection: of score-cam, see there; the others have none.
        passes: masks, samples or steps, as the method counts them; None: its default.
        batch_size: photos in one pass, None for the automatic number. seed: of everything that is drawn.
        on_passes: called after each batch with the number of passes done in it.

    Returns:
        Maps float32 [H, W] >= 0 before any display scaling; a flat one is zero, and a warning says so.

    Raises:
        UsageError: no such method, or passes that it cannot run. ModelError: the model does not suit the method.
        NumericsError: the model returns a value that is not finite.
    """
    method = method_named(name)
    check_passes(name, passes)
    if method.name == "score-cam":
        return score_cam(
            classifier,
            image,
            observation=observation,
            class_indices=class_indices,
            variant=chosen(Variant, variant, what="variant"),
            passes=passes,
            fidelity=fidelity,
            selection=chosen(Selection, selection, what="selection"),
            batch_size=batch_size,
            on_passes=on_passes,
        )
    shortened = classifier.shortened_batch(batch_size)
    maps = method.run(
        classifier,
        image,
        observation=observation,
        class_indices=class_indices,
        settings=MethodSettings(passes, batch_size, seed),
        on_passes=on_passes,
    )
    return _explanation(method, classifier, observation, class_indices, maps, batch_size, shortened)


def _explanation(
    method: Method,
    classifier: Classifier,
    observation: Observation,
    class_indices: Sequence[int],
    maps: Maps,
    batch_size: int | None,
    shortened: str | None,
) -> Explanation:
    classes = tuple(
        ClassMap(classifier.score(observation, index), found, None)
        for index, found in zip(class_indices, maps.maps, strict=True)
    )
    flat = [each.score.label.name for each in classes if not each.map.any()]
    sentences = [f"the map of {label} is zero: {method.name} finds nothing that speaks for the class" for label in flat]
    batches = classifier.gradients if method.uses_gradients else classifier
    in_float32 = method.uses_gradients or not maps.passes
    return Explanation(
        classes=classes,
        method=method.name,
        variant=None,
        selection="all",
        layer=classifier.layer,
        channels=observation.activations.shape[2],
        live_channels=len(live_channels(observation.activations)),
        passes=maps.passes,
        batch_size=batches.batch_for(batch_size),
        precision=str(Precision.FLOAT32 if in_float32 else classifier.precision),
        warnings=tuple([shortened] if shortened else []) + tuple(sentences),
    )
