"""One run over photos: its model, loaded once, and whoever watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from scorecam_cli.config import CompareConfig, EvaluateConfig, ExplainConfig, ModelSettings
from scorecam_cli.loading.opening import look_into
from scorecam_cli.models.requested import known_labels, model_name
from scorecam_cli.records import ModelDescription
from scorecam_cli.runs.description import describe_model
from scorecam_cli.saliency.maps import MethodSettings

if TYPE_CHECKING:
    from scorecam_cli.keras_engine.classifier import Classifier


class Watcher(Protocol):
    """Whoever wants to know how far a run is; every method may do nothing."""

    def model_loading(self, name: str) -> None:
        """The model is about to be loaded."""

    def passes_planned(self, photo: Path, passes: int) -> None:
        """So many masked passes will be run for this photo."""

    def passes_done(self, passes: int) -> None:
        """So many more masked passes have been run."""


@dataclass
class Session:
    """One run over photos: the classifier is loaded when the first photo needs it, and once.

    loaded: a classifier that is in memory already; None for one to be loaded.
    """

    model: ModelSettings
    watcher: Watcher
    loaded: Classifier | None = None

    @cached_property
    def classifier(self) -> Classifier:
        """The loaded model."""
        if self.loaded is not None:
            return self.loaded
        self.watcher.model_loading(model_name(self.model))
        inspected = look_into(self.model)
        from scorecam_cli.loading.load import load_classifier  # starts TensorFlow

        return load_classifier(self.model, inspected)

    @cached_property
    def description(self) -> ModelDescription:
        """What the loaded model is, for those who write."""
        return describe_model(self.classifier)


def method_settings(config: ExplainConfig | CompareConfig | EvaluateConfig) -> MethodSettings:
    """What a command was asked for of the fields that methods read; the seed is the model's."""
    names = {each.name for each in fields(MethodSettings)} & {each.name for each in fields(config)}
    return MethodSettings(seed=config.model.seed, **{name: getattr(config, name) for name in names})


def check_classes(model: ModelSettings, classes: Sequence[str]) -> None:
    """Everything that can be wrong with a model's name, its labels and the classes asked for, before it is loaded.

    Raises:
        UsageError: an unknown class or model name, or a labels file that cannot be read.
    """
    if (labels := known_labels(model)) is not None:
        for text in classes:
            labels.find(text, model=model.model)
