"""One run over photos: its model, loaded once, and whoever watches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol, cast

from scorecam_cli.choices import Precision
from scorecam_cli.files.listings import Listings
from scorecam_cli.loading.outside import load_any
from scorecam_cli.models.classifier import PhotoClassifier
from scorecam_cli.models.requested import model_name
from scorecam_cli.records import ModelDescription
from scorecam_cli.runs.description import describe_model
from scorecam_cli.runs.request import Request
from scorecam_cli.saliency.advice import advice
from scorecam_cli.saliency.methods import check_suits, method_in_list

if TYPE_CHECKING:
    from scorecam_cli.keras_engine.classifier import Classifier


class Watcher(Protocol):
    """Whoever wants to know how far a run is; every method may do nothing."""

    def model_loading(self, name: str) -> None:
        """The model is about to be loaded."""

    def model_doubted(self, doubts: Sequence[str]) -> None:
        """What is to be doubted of every map of the loaded model, a sentence each; there may be nothing."""

    def advised(self, sentence: str) -> None:
        """What would serve better for this model than what was asked for."""

    def passes_planned(self, photo: PurePath, passes: int) -> None:
        """So many masked passes will be run for this photo."""

    def passes_done(self, passes: int) -> None:
        """So many more masked passes have been run."""


class Nobody:
    """A watcher that wants to know nothing."""

    def model_loading(self, name: str) -> None:
        """Nothing."""

    def model_doubted(self, doubts: Sequence[str]) -> None:
        """Nothing."""

    def advised(self, sentence: str) -> None:
        """Nothing."""

    def passes_planned(self, photo: PurePath, passes: int) -> None:
        """Nothing."""

    def passes_done(self, passes: int) -> None:
        """Nothing."""


@dataclass
class Session:
    """One run over photos: the classifier is loaded when the first photo needs it, and once.

    request: whose model it is; any request about the same model may be run in it.
    clock: seconds, from any beginning.
    loaded: a classifier that is in memory already; None for one to be loaded.
    listings: of the buckets that outputs go to.
    begun: called with each photo that is about to be computed.
    share: how many runs share the memory of this machine.
    undisturbed: held while something is timed, and by other threads of the run while they would disturb that.
    """

    request: Request[Any]
    clock: Callable[[], float]
    watcher: Watcher = field(default_factory=Nobody)
    loaded: PhotoClassifier | None = None
    listings: Listings = field(default_factory=Listings)
    begun: Callable[[PurePath], None] = lambda photo: None
    share: int = 1
    undisturbed: threading.Lock = field(default_factory=threading.Lock)

    @property
    def threads(self) -> int | None:
        """How many it computes with; None: as many as there are cores."""
        threads: int | None = self.request.config.model.threads
        return threads

    @cached_property
    def classifier(self) -> PhotoClassifier:
        """The loaded model."""
        if self.loaded is not None:
            return self.loaded
        model = self.request.config.model
        self.watcher.model_loading(model_name(model))
        config = self.request.config
        methods = getattr(config, "methods", (config.method,) if hasattr(config, "method") else ())

        def check(has_layers: bool) -> None:
            if methods:
                check_suits(methods, has_layers=has_layers, model=model.model)

        loaded = load_any(model, labels=self.request.labels, check=check)
        self.watcher.model_doubted(loaded.doubts)
        asked_alone = getattr(config, "method", None)
        better = asked_alone and advice(asked_alone, self.request.how, attention=loaded.has_attention)
        if better:
            self.watcher.advised(better)
        masks_will_be_asked_about = any("fill" in method_in_list(name)[0].takes for name in methods)
        if loaded.has_layers and masks_will_be_asked_about and self.threads != 1:
            _compile_ahead(cast("Classifier", loaded))
        return loaded

    @cached_property
    def unfrozen(self) -> Classifier:
        """The classifier with passes that follow its weights, compiled once for all photos."""
        keras_model = cast("Classifier", self.classifier)  # nobody asks this of a model without layers
        return keras_model.unfrozen()

    @cached_property
    def description(self) -> ModelDescription:
        """What the loaded model is, for those who write."""
        return describe_model(self.classifier)


def _compile_ahead(classifier: Classifier) -> None:
    """Begin to compile the passes while the first photo is observed, unless in a number format of their own."""
    if classifier.precision == Precision.FLOAT32:
        classifier.passes.compile_ahead(classifier.device)
