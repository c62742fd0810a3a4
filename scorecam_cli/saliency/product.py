"""The maps of several layers as one: what all of them show.

A layer near the output is told apart by class and coarse; one nearer to the photo is fine and lights up more than the
class. Their product is fine where both are bright.

Letters: H W model input, N masks of all layers.

Source: Domeniconi et al. 2026, "How to Evaluate and Refine your CAM" (RefineCAM), arXiv:2605.14641.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import OF_DIFFERENCES, Joining, Selection
from scorecam_cli.errors import UsageError
from scorecam_cli.saliency.evidence import Kept
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses
from scorecam_cli.saliency.method import Method
from scorecam_cli.saliency.question import Question


def joining_of(method: Method, settings: MethodSettings) -> Joining | None:
    """How a method with these settings makes one map of several target layers; None: it looks at none."""
    if not method.by_target:
        return None
    differs = "variant" in method.takes and settings.variant in OF_DIFFERENCES
    return Joining.FIT if differs else Joining.PRODUCT


def check_joining(method: Method, settings: MethodSettings) -> Joining:
    """How a method with these settings makes one map of several target layers.

    Raises:
        UsageError: it looks at none, or is asked for what several have not.
    """
    joining = joining_of(method, settings)
    if joining is None:
        raise UsageError(f"method {method.name} looks at no layer: leave out --layer")
    if settings.signed and joining == Joining.PRODUCT:
        raise UsageError(
            f"--signed is of one --layer with method {method.name}: the maps of several are multiplied, and a product "
            f"has no sign for or against; of several it is of --variant {' and '.join(OF_DIFFERENCES)}"
        )
    if settings.selection == Selection.FASTER:
        raise UsageError(
            "--selection faster compares activations, which have no common scale in several layers: leave it out, or "
            "name one --layer"
        )
    return joining


def product_of_layers(method: Method, asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """RefineCAM: the maps of each layer, scaled to [0, 1] at the size of the input, multiplied position by position.

    `L = unit(prod_l unit(L_l))`, `unit(L) = (L - min L) / (max L - min L)`, zero where L is the same everywhere.

    Args:
        method: that makes the map of each layer.
        asked: about several layers.
        settings: of the method; `passes` of one that can infer the rest are shared out evenly. A fidelity
            of the whole asks for its root of each: the estimates are multiplied.
        on_passes: called after each batch with the number of passes done in it.

    Returns:
        Maps float32 [H, W] in [0, 1].

    Raises:
        UsageError: fewer passes than all layers together need.
        As the method itself.
    """
    layers = asked.by_layer
    each = [
        method.run(layer, own, on_passes)
        for layer, own in zip(layers, shared_out(method, asked, settings), strict=True)
    ]
    maps = tuple(multiplied(of_class) for of_class in zip(*(made.maps for made in each), strict=True))
    flat = [layer.classifier.layer for layer, made in zip(layers, each, strict=True) if not all(map(np.any, made.maps))]
    return Maps(
        maps,
        sum(made.passes for made in each),
        estimates=tuple(_estimate(of_class) for of_class in zip(*(made.estimates for made in each), strict=True)),
        selection="all" if all(made.selection == "all" for made in each) else str(settings.selection),
        variant=each[0].variant,
        why_flat=f"that of layer {flat[0]} alone is zero" if flat else "where one layer's map is bright another's is 0",
        warnings=tuple(dict.fromkeys(warning for made in each for warning in made.warnings)),
        kept=tuple(_all_kept(of_class) for of_class in zip(*(made.kept for made in each), strict=True)),
        passes_by_layer=tuple(made.passes for made in each),
    )


def multiplied(maps: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The product of some maps [H, W], each and in the end scaled to [0, 1]; the same in any order."""
    scaled = [_unit(each) for each in maps]
    return np.asarray(_unit(np.prod(scaled, axis=0)), np.float32)


def shared_out(method: Method, asked: Question, settings: MethodSettings) -> list[MethodSettings]:
    """The settings of each layer's map.

    Passes of a method that infers the rest of the masks are shared out evenly, but that no layer has more than masks.

    Raises:
        UsageError: fewer passes than the layers need.
    """
    layers = asked.by_layer
    if "fidelity" not in method.takes:
        return [settings] * len(layers)
    if settings.passes is None:
        return [replace(settings, fidelity=settings.fidelity ** (1 / len(layers)))] * len(layers)
    least = method.fewest_passes * len(layers)
    if settings.passes < least:
        raise UsageError(
            f"--passes {settings.passes} is too few for {method.name} of {len(layers)} layers: it needs at least "
            f"{least}"
        )
    masks = np.concatenate([np.full(len(layer.live), at) for at, layer in enumerate(layers)])
    turns = np.concatenate([np.arange(len(layer.live)) for layer in layers])
    first = masks[np.argsort(turns, kind="stable")][: settings.passes]
    counts = np.bincount(first, minlength=len(layers))
    return [replace(settings, passes=max(int(count), method.fewest_passes)) for count in counts]


def _unit(saliency: NDArray[np.floating]) -> NDArray[np.float64]:
    low, high = float(saliency.min()), float(saliency.max())
    return (saliency.astype(np.float64) - low) / (high - low) if high > low else np.zeros(saliency.shape)


def _estimate(estimates: Sequence[float | None]) -> float | None:
    known = [each for each in estimates if each is not None]
    return float(np.prod(known)) if len(known) == len(estimates) else None


def _all_kept(kept: Sequence[Kept]) -> Kept:
    """What a class keeps under the masks of all layers."""
    log_odds = [each.log_odds for each in kept if each.log_odds is not None]
    probabilities = np.concatenate([each.probabilities for each in kept])
    return replace(kept[0], probabilities=probabilities, log_odds=np.concatenate(log_odds) if log_odds else None)
