"""What a result depends on beside the photos: every field of every configuration is on one of two lists.

A test fails where one is on neither. What is up to date, what a table may be continued with, and the settings that a
manifest notes are all read off the first.
"""

from __future__ import annotations

from scorecam_cli.config import (
    CompareConfig,
    EvaluateConfig,
    ExplainConfig,
    ModelSettings,
    PhotoSettings,
    PredictConfig,
)
from scorecam_cli.worker_settings import WorkerSettings

CHANGES_THE_RESULT: dict[type, tuple[str, ...]] = {
    ModelSettings: (
        *("model", "weights", "seed", "labels", "preprocess", "head", "layers", "grid", "prefix"),
        *("output", "constant_inputs"),
        *("input_size", "imports", "precision"),
    ),
    PhotoSettings: (),
    WorkerSettings: (),
    ExplainConfig: (
        *("model", "classes", "top", "against", "truth", "variant", "passes", "fidelity", "selection", "signed"),
        *("fill", "method"),
        *("save", "colormap", "alpha", "width", "dpi"),
    ),
    PredictConfig: ("model", "top"),
    CompareConfig: (
        *("model", "methods", "classes", "top", "rows", "variant", "passes", "fidelity", "fill", "signed"),
        *("save", "colormap", "alpha", "width", "dpi"),
    ),
    EvaluateConfig: (
        *("model", "methods", "measures", "classes", "truth", "boxes", "masks", "steps"),
        *("deletion_fill", "insertion_fill", "variant", "passes", "fidelity", "fill"),
    ),
}
LEAVES_THE_RESULT: dict[type, tuple[str, ...]] = {
    ModelSettings: ("unsafe", "offline", "device", "threads"),
    PhotoSettings: ("images", "listed", "recursive", "output_dir", "max_pixels", "seconds", "shard"),
    WorkerSettings: ("workers", "engine", "address", "gpus_per_worker"),
    ExplainConfig: ("photos", "batch_size", "force", "crew"),
    PredictConfig: ("photos", "crew"),
    CompareConfig: ("photos", "batch_size"),
    EvaluateConfig: ("photos", "batch_size", "baseline", "limit", "fresh", "save", "width", "dpi"),
}
