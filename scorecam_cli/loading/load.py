"""From the user's settings to a classifier: a catalogued model or a file, its labels, its preparation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scorecam_cli.choices import HeadKind
from scorecam_cli.config import ModelSettings
from scorecam_cli.inspection.inspect import Inspected
from scorecam_cli.keras_engine.building import build_classifier, examine
from scorecam_cli.keras_engine.calling import called_on_photos
from scorecam_cli.keras_engine.classifier import Classifier
from scorecam_cli.keras_engine.layers import Network, folding_of
from scorecam_cli.keras_engine.start import device_name
from scorecam_cli.loading.named_models import build_named
from scorecam_cli.loading.own_models import load_model_file
from scorecam_cli.models.catalogue import named_model
from scorecam_cli.models.constants import Constant, read_constants
from scorecam_cli.models.labels import Labels, numbered_labels, numbered_outputs
from scorecam_cli.models.preparation import Preparation, choose_preparation
from scorecam_cli.models.requested import check_labels, known_labels, model_name, weights_name


def load_classifier(
    settings: ModelSettings,
    inspected: Inspected | None = None,
    *,
    labels: Labels | None = None,
    constants: Mapping[str, Constant] | None = None,
) -> Classifier:
    """Load what `--model`, `--weights`, `--labels`, `--preprocess`, `--head` and `--layer` say.

    Args:
        settings: of the model.
        inspected: what `look_into` found in the user's own file; None: it is looked into now.
        labels: what `known_labels` found; None: they are looked up now.
        constants: of inputs beside the photo; None: those of the settings.

    Raises:
        UsageError: the settings do not fit the model. ModelError: it cannot be loaded or is no image classifier.
    """
    names = known_labels(settings) if labels is None else labels
    constants = read_constants(settings.constant_inputs) if constants is None else constants
    named = None if settings.is_file else named_model(settings.model)
    model = _load(settings, inspected)

    def labels_of(count: int) -> Labels:
        if names is None:
            return numbered_outputs(count) if settings.head == HeadKind.LINEAR else numbered_labels(count)
        return check_labels(names, count, source=f"labels file {settings.labels}", model=settings.model)

    def preparation_of(prepares_itself: bool) -> Preparation:
        return choose_preparation(
            settings.preprocess,
            named=named.preparation if named else None,
            prepares_itself=prepares_itself,
            model=settings.model,
        )

    return build_classifier(
        model,
        name=model_name(settings),
        weights=weights_name(settings),
        labels=labels_of,
        preparation=preparation_of,
        layers=settings.layers,
        folding=folding_of(settings.grid, settings.prefix),
        wanted_size=settings.input_size,
        output=settings.output,
        constants=constants,
        device=device_name(settings.device),
        precision=settings.precision,
        head=settings.head,
        frozen=True,
    )


def load_network(settings: ModelSettings, inspected: Inspected | None = None) -> tuple[tuple[int, int], Network]:
    """The layers of a model, without what a photo would need: its input (H, W) and its calls.

    Raises:
        UsageError: no such model. ModelError: it cannot be loaded or is no image model.
    """
    if not settings.is_file:
        named_model(settings.model)
    called = called_on_photos(
        _load(settings, inspected),
        name=settings.model,
        constants=read_constants(settings.constant_inputs),
        output=settings.output,
    )
    size, _, network = examine(called, name=settings.model, wanted_size=settings.input_size)
    return size, network


def _load(settings: ModelSettings, inspected: Inspected | None) -> Any:
    if settings.is_file:
        path = Path(settings.model)
        return load_model_file(path, inspected=inspected, imports=settings.imports, unsafe=settings.unsafe)
    return build_named(
        named_model(settings.model), weights=settings.weights, seed=settings.seed, offline=settings.offline
    )
