"""scorecam: which parts of a photo made a Keras image classifier choose a class.

`scorecam_cli.explain(photo, model)` gives the Score-CAM map of a photo, `compare` those of several methods, `evaluate`
numbers about them over photos; `scorecam_cli.wrap(model)` prepares a model for many calls. A model is a Keras model, a
path or a name. All are loaded on first use, with TensorFlow.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"
__all__ = [
    "ClassMap",
    "ComparedPhoto",
    "EvaluatedPhotos",
    "ExplainedPhoto",
    "Explanation",
    "ScorecamError",
    "__version__",
    "compare",
    "evaluate",
    "explain",
    "wrap",
]

if TYPE_CHECKING:
    from scorecam_cli.api.compare import ComparedPhoto, compare
    from scorecam_cli.api.evaluate import EvaluatedPhotos, evaluate
    from scorecam_cli.api.explain import explain
    from scorecam_cli.api.explained_photo import ExplainedPhoto
    from scorecam_cli.api.models import wrap
    from scorecam_cli.errors import ScorecamError
    from scorecam_cli.keras_engine.classifier import Classifier as Classifier
    from scorecam_cli.records import ClassMap, Explanation

_HOMES = {
    "compare": "scorecam_cli.api.compare",
    "ComparedPhoto": "scorecam_cli.api.compare",
    "evaluate": "scorecam_cli.api.evaluate",
    "EvaluatedPhotos": "scorecam_cli.api.evaluate",
    "explain": "scorecam_cli.api.explain",
    "wrap": "scorecam_cli.api.models",
    "ExplainedPhoto": "scorecam_cli.api.explained_photo",
    "Classifier": "scorecam_cli.keras_engine.classifier",  # for annotations; not listed, since it starts TensorFlow
    "ClassMap": "scorecam_cli.records",
    "Explanation": "scorecam_cli.records",
    "ScorecamError": "scorecam_cli.errors",
}


def __getattr__(name: str) -> Any:
    """Load the API when it is first asked for, so that the command line starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names, those that are not loaded yet among them."""
    return sorted(__all__)
