"""Maps of photos: one photo or several, any method, any model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from scorecam_cli.api.classes import Classes, OneClass, asked_classes, one_class
from scorecam_cli.api.explained_photo import ExplainedPhoto
from scorecam_cli.api.models import ModelLike, classifier_of, wrap
from scorecam_cli.api.numbers import whole_or_none
from scorecam_cli.api.photos import GivenPhoto, PhotoLike, given_photos, several
from scorecam_cli.api.sentences import in_python_words
from scorecam_cli.api.settings import common_settings
from scorecam_cli.config import ExplainConfig
from scorecam_cli.manifest import Seconds
from scorecam_cli.runs.current import DIGEST
from scorecam_cli.runs.description import describe_model
from scorecam_cli.runs.explain import NOTED_PREDICTIONS
from scorecam_cli.runs.request import ExplainRequest
from scorecam_cli.runs.settings import explain_settings
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.methods import check, check_contrast, method_named
from scorecam_cli.saliency.product import check_joining
from scorecam_cli.saliency.question import Question

if TYPE_CHECKING:
    from scorecam_cli.models.classifier import PhotoClassifier


@overload
def explain(photo: PhotoLike, model: ModelLike, **options: Any) -> ExplainedPhoto: ...


@overload
def explain(photo: Sequence[PhotoLike], model: ModelLike, **options: Any) -> list[ExplainedPhoto]: ...


@in_python_words(wrap)
def explain(
    photo: PhotoLike | Sequence[PhotoLike],
    model: ModelLike,
    *,
    classes: Classes | None = None,
    top: int | None = None,
    against: OneClass | None = None,
    method: str = "score-cam",
    variant: str = "article",
    batch_size: int | None = None,
    passes: int | None = None,
    fidelity: float = 1.0,
    fill: str = "zero",
    signed: bool = False,
    seed: int = 0,
    **settings: Any,
) -> ExplainedPhoto | list[ExplainedPhoto]:
    """Explain what a model sees in a photo: one map for each class, by Score-CAM all from the same passes.

    Args:
        photo: a file, a PIL image, or uint8 [H0, W0, 3] sRGB, upright; or a list of any of these.
        model: a Keras model, a path or a name as for `wrap`, or what `wrap` made of one: then nothing is loaded or
            compiled anew for the next photo.
        classes: index, name or WordNet id, one or several; None: the `top` most probable, by default one.
        top: also the N most probable classes.
        against: index, name or WordNet id of a class that each is set against, or `next`, the most probable other one:
            the map shows what speaks for the one and not the other.
        method: a name that `scorecam methods` lists.
        variant: a form of score-cam alone: `article`, `official`, `paper`, `centred` or `fitted`, see
            `scorecam_cli.choices.Variant`.
        batch_size: masked photos in one pass; None: as many as suit the model and the memory.
        passes: masks, samples or points, as the method counts them; of score-cam the rest is inferred.
        fidelity: pass as many masks as it takes to estimate this correlation with the exact map; of score-cam alone.
        fill: what masked pixels become: 0 in model units (`zero`), the photo's `mean` colour, or the photo strongly
            blurred (`blur`); of methods that mask pixels.
        signed: keep what speaks against the class as negative values, of methods and variants whose sign says so.
        seed: of methods that draw by chance.
        settings: of `wrap`, where it made nothing yet.

    Returns:
        An Explanation, or a list of them for a list of photos: `.classes[i].map` is float32 [H, W], of the model's
        input size, >= 0 unless signed, before any display scaling; `.classes[i].score` has label, probability and
        logit.

    Raises:
        PhotoError: the photo cannot be read, or the model returns values that are not finite.
        UsageError: unknown class, layer, method, variant or preparation, or settings that the method does not take.
        ModelError: the model is no image classifier, or does not suit the method.

    Source: Wang et al. 2020, arXiv:1910.01279.

    Example:
        >>> import scorecam_cli
        >>> made = scorecam_cli.explain("dog.jpg", model, preprocess="caffe", classes=242)  # doctest: +SKIP
        >>> made.classes[0].map.shape  # doctest: +SKIP
        (224, 224)
    """
    config = ExplainConfig(
        **common_settings(
            variant=variant, passes=passes, fidelity=fidelity, fill=fill, batch_size=batch_size, seed=seed
        ),
        classes=tuple(asked_classes(classes)),
        top=whole_or_none(top, "top", least=0) or 0,
        against=one_class(against),
        signed=bool(signed),
        method=method_named(str(method)).name,
    )
    how = ExplainRequest(config=config, labels=None, settings={}).how
    check(config.method, how)
    check_contrast(config.method, config.against)
    classifier = classifier_of(model, settings, seed=config.model.seed)

    def explained(given: GivenPhoto) -> ExplainedPhoto:
        began = time.perf_counter()
        question = Question.about(
            classifier, given.photo.pixels, asked=config.classes, top=config.top, against=config.against
        )
        if question.of_several:
            check_joining(method_named(config.method), how)
        passes_began = time.perf_counter()
        explanation = explain_with(config.method, question, how)
        ended = time.perf_counter()
        return ExplainedPhoto.of(
            explanation,
            given=given,
            model=describe_model(classifier),
            predictions=question.most_probable(NOTED_PREDICTIONS),
            seconds=Seconds(passes=ended - passes_began, total=ended - began),
            settings=_settings(config, classifier),
        )

    explanations = [explained(given) for given in given_photos(photo)]
    return explanations if several(photo) else explanations[0]


def _settings(config: ExplainConfig, classifier: PhotoClassifier) -> dict[str, Any]:
    """What the command would note of the same request: classes by index where names are known before loading."""
    loaded = classifier.noted or {"model": classifier.name, "weights": classifier.weights}
    unnamed = loaded["model"].startswith(DIGEST) and loaded["labels"] is None
    settings = explain_settings(config, None if unnamed else classifier.labels, loaded=loaded)
    if loaded["weights"] == "random" and loaded["seed"] != config.model.seed:  # drawn by wrap, with its own
        settings["weights"] = f"random (seed {loaded['seed']})"
    return settings
