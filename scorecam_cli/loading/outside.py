"""Any model to a classifier: one that is seen from outside by its own runtime, all others by Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from scorecam_cli.black_box.black_box import BlackBox
from scorecam_cli.black_box.building import build_black_box
from scorecam_cli.choices import HeadKind
from scorecam_cli.config import ModelSettings
from scorecam_cli.inspection.inspect import Inspected
from scorecam_cli.loading.opening import look_into
from scorecam_cli.loading.threads import limit_threads
from scorecam_cli.models.classifier import PhotoClassifier
from scorecam_cli.models.constants import Constant, read_constants
from scorecam_cli.models.labels import Labels, numbered_labels, numbered_outputs
from scorecam_cli.models.preparation import choose_preparation
from scorecam_cli.models.requested import check_labels, known_labels


def load_any(
    settings: ModelSettings,
    *,
    labels: Labels | None = None,
    constants: Mapping[str, Constant] | None = None,
    check: Callable[[bool], None] = lambda has_layers: None,
) -> PhotoClassifier:
    """Load what the settings say; TensorFlow starts only where Keras runs the model.

    Args:
        settings: of the model.
        labels: what `known_labels` found; None: they are looked up now.
        constants: of inputs beside the photo; None: those of the settings.
        check: called with whether the model has layers that can be looked at, before it is opened.

    Raises:
        UsageError: the settings do not fit the model. ModelError: it cannot be loaded or is no image classifier.
    """
    if settings.threads is not None:
        limit_threads(settings.threads)
    inspected = look_into(settings)
    if inspected is not None and inspected.kind.from_outside:
        check(False)
        return _open(settings, inspected, labels=labels, constants=constants)
    from scorecam_cli.loading.load import load_classifier  # starts TensorFlow

    own = {} if constants is None else {"constants": constants}
    return load_classifier(settings, inspected, labels=labels, **own)


def _open(
    settings: ModelSettings,
    inspected: Inspected,
    *,
    labels: Labels | None,
    constants: Mapping[str, Constant] | None,
) -> BlackBox:
    from scorecam_cli import __version__

    names = known_labels(settings) if labels is None else labels

    def labels_of(count: int) -> Labels:
        if names is None:
            return numbered_outputs(count) if settings.head == HeadKind.LINEAR else numbered_labels(count)
        return check_labels(names, count, source=f"labels file {settings.labels}", model=settings.model)

    return build_black_box(
        Path(settings.model),
        inspected.kind,
        labels=labels_of,
        preparation=lambda own: choose_preparation(
            settings.preprocess, named=None, prepares_itself=own, model=settings.model
        ),
        constants=read_constants(settings.constant_inputs) if constants is None else constants,
        output=settings.output,
        wanted_size=settings.input_size,
        head=settings.head,
        version=__version__,
    )
