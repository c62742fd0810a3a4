"""Faster-Score-CAM: Score-CAM of the few channels whose activation varies most."""

from __future__ import annotations

from dataclasses import replace

from scorecam_cli.choices import Selection, Variant
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses
from scorecam_cli.saliency.method import Method, Source
from scorecam_cli.saliency.question import Question
from scorecam_cli.saliency.score_cam import score_cam

CHANNELS = 10  # as many as its published example takes


def faster_score_cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """Score-CAM (`article`) of the channels of largest standard deviation over the grid; the others are left out.

    Passes are channels, 10 by default, one pass each.

    Returns:
        Maps float32 [H, W] >= 0.

    Source: Faster-Score-CAM, as published with its TensorFlow code; Wang et al. 2020, arXiv:1910.01279.
    """
    few = replace(
        settings, passes=settings.passes or CHANNELS, variant=Variant.ARTICLE, selection=Selection.FASTER, fidelity=1.0
    )
    return score_cam(asked, few, on_passes)


METHOD = Method(
    name="faster-score-cam",
    summary=f"Score-CAM of the {CHANNELS} channels of largest spread",
    run=faster_score_cam,
    planned=lambda work: min(work.live, work.passes or CHANNELS),
    passes=f"{CHANNELS}, or `--passes`",
    source=Source("Kim", 2020, "Faster-Score-CAM, published with its TensorFlow code"),
    takes=frozenset({"passes", "batch_size", "fill"}),
    has_steps=True,
    of_outputs=True,
)
