"""What a command was asked to do, checked and resolved once: files are parsed and hashed here, and nowhere after.

One class for each command. `of` raises what can be wrong before any photo or model is opened, without TensorFlow; what
it returns is handed on, and nobody asks again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import PurePath
from typing import Any, Generic, TypeVar

from scorecam_cli.choices import HeadKind, Joining
from scorecam_cli.config import NEXT, CompareConfig, EvaluateConfig, ExplainConfig, ModelSettings, PredictConfig
from scorecam_cli.errors import UsageError
from scorecam_cli.figures import kinds
from scorecam_cli.figures.forms import COMPARED, EVALUATED, forms
from scorecam_cli.figures.paper import Paper
from scorecam_cli.models.labels import Labels
from scorecam_cli.models.requested import known_labels
from scorecam_cli.models.truth import Truth, read_truth
from scorecam_cli.photos import draw, signed
from scorecam_cli.photos.names import mark_of
from scorecam_cli.runs.evaluation_tables import check_table
from scorecam_cli.runs.regions import Regions, read_regions
from scorecam_cli.runs.settings import evaluate_settings, explain_settings
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.methods import (
    check,
    check_contrast,
    check_methods,
    check_outputs,
    knows_how_sure,
    method_named,
    with_steps,
)
from scorecam_cli.saliency.product import check_joining

Config = TypeVar("Config", ExplainConfig, PredictConfig, CompareConfig, EvaluateConfig)


@dataclass(frozen=True, kw_only=True)
class Request(Generic[Config]):
    """What all commands have in common.

    config: as the user gave it.
    labels: the class names, where they are known before the model is loaded.
    """

    config: Config
    labels: Labels | None

    @cached_property
    def how(self) -> MethodSettings:
        """What was asked for of the fields that methods read; the seed is the model's."""
        return _how(self.config)


@dataclass(frozen=True, kw_only=True)
class ExplainRequest(Request[ExplainConfig]):
    """Of `scorecam explain`.

    settings: what the files depend on beside the photo, as a manifest notes it, but for what the photo is expected to
    be. truth: the class of each photo, None where nothing is expected.
    """

    settings: Mapping[str, Any]
    truth: Truth | None = None

    @property
    def mark(self) -> str:
        """What stands in the names of its files, see `photos.names`."""
        config = self.config
        several, contrast = self.joining is not None, config.against is not None
        return mark_of(config.method, config.variant, config.fill, several=several, contrast=contrast)

    @property
    def joining(self) -> Joining | None:
        """How several target layers make one map; None where one is asked for."""
        return _joining(self.config)

    def expected(self, photo: PurePath) -> str | None:
        """The class expected of a photo, as the file has it; None where nothing is expected of any.

        Raises:
            PhotoError: the file does not name the photo.
        """
        return None if self.truth is None else self.truth.of(photo)

    def settings_of(self, photo: PurePath) -> dict[str, Any]:
        """What the files of one photo depend on: of the file of classes the one expected, by index where that is known.

        Raises:
            PhotoError: the file does not name the photo.
        """
        expected: str | int | None = self.expected(photo)
        if expected is not None and self.labels is not None:
            expected = self.labels.find(str(expected), model=self.config.model.model)
        return {**self.settings, "truth": expected}

    @classmethod
    def of(cls, config: ExplainConfig) -> ExplainRequest:
        """The request that can be met, as far as that is known now.

        Raises:
            UsageError: an unknown class, colour map, output, model, method or labels file, unreadable truth, or
                settings that do not go together.
            ModelError: the model or weights file cannot be read.
        """
        sure = knows_how_sure(config.method, _how(config))
        joined = _joining(config)
        kinds.check(config.save, method=config.method, with_steps=with_steps(), sure=sure, joined=joined)
        kinds.check_paper(config.save, Paper(config.width, config.dpi))
        (signed.check_diverging if config.signed else draw.check_colormap)(config.colormap)
        check(config.method, _how(config))
        if config.model.head == HeadKind.LINEAR:
            check_outputs(config.method, _how(config))
        check_contrast(config.method, config.against)
        labels = known_labels(config.model)
        if labels is not None and config.against is not None:
            _check_apart(labels, config, config.against)
        truth = None if config.truth is None else read_truth(config.truth)
        if truth is not None and labels is not None:
            truth.check(labels, model=config.model.model)
        return cls(config=config, labels=labels, settings=explain_settings(config, labels), truth=truth)


@dataclass(frozen=True, kw_only=True)
class PredictRequest(Request[PredictConfig]):
    """Of `scorecam predict`."""

    @classmethod
    def of(cls, config: PredictConfig) -> PredictRequest:
        """The request that can be met, as far as that is known now.

        Raises:
            UsageError: an unknown model or labels file.
        """
        return cls(config=config, labels=known_labels(config.model))


@dataclass(frozen=True, kw_only=True)
class CompareRequest(Request[CompareConfig]):
    """Of `scorecam compare`."""

    @classmethod
    def of(cls, config: CompareConfig) -> CompareRequest:
        """The request that can be met, as far as that is known now.

        Raises:
            UsageError: an unknown class, colour map, figure, model, method or labels file.
        """
        forms(config.save, COMPARED)
        (signed.check_diverging if config.signed else draw.check_colormap)(config.colormap)
        labels = _checked_labels(config.model, config.classes)
        check_methods(config.methods, _how(config))
        return cls(config=config, labels=labels)


@dataclass(frozen=True, kw_only=True)
class EvaluateRequest(Request[EvaluateConfig]):
    """Of `scorecam evaluate`.

    settings: what the rows depend on beside the photos.
    regions: where the objects are, None where nothing is known of that.
    truth: the class of each photo, None where all are asked the same.
    """

    settings: Mapping[str, Any]
    regions: Regions | None
    truth: Truth | None

    @classmethod
    def of(cls, config: EvaluateConfig) -> EvaluateRequest:
        """The request that can be met, as far as that is known now.

        Raises:
            UsageError: an unknown class, method or figure, unreadable truth or boxes, or a table made by others.
            ModelError: the model or weights file cannot be read.
        """
        forms(config.save, EVALUATED)
        labels = _checked_labels(config.model, config.classes)
        check_methods(config.methods, _how(config))
        regions = regions_of(config)
        regions = None if regions is None else regions.noted()
        truth = None if config.truth is None else read_truth(config.truth)
        settings = evaluate_settings(config, labels=labels, regions=regions, truth=truth)
        check_table(config, settings)
        return cls(config=config, labels=labels, settings=settings, regions=regions, truth=truth)


def regions_of(config: EvaluateConfig) -> Regions | None:
    """Where the objects are, None where nothing is known of that.

    Raises:
        UsageError: boxes or masks cannot be read.
    """
    if config.boxes is None and config.masks is None:
        return None
    return read_regions(boxes=config.boxes, masks=config.masks)


def _check_apart(labels: Labels, config: ExplainConfig, against: str) -> None:
    """Raise UsageError unless the class to set against exists and is none of those that are named."""
    if against.casefold() == NEXT:
        return
    other = labels.find(against, model=config.model.model)
    for text in config.classes:
        if labels.find(text, model=config.model.model) == other:
            raise UsageError(
                f"--class {text} and --against {against} are both class {other} {labels[other].name}: a class is not "
                "set against itself"
            )


def _how(config: Any) -> MethodSettings:
    names = {each.name for each in fields(MethodSettings)} & {each.name for each in fields(config)}
    return MethodSettings(seed=config.model.seed, **{name: getattr(config, name) for name in names})


def _joining(config: ExplainConfig) -> Joining | None:
    """How several target layers make one map; None where one is asked for.

    Raises:
        UsageError: the method looks at none, or compares what has no common scale.
    """
    if not config.model.several:
        return None
    return check_joining(method_named(config.method), _how(config))


def _checked_labels(model: ModelSettings, classes: Sequence[str]) -> Labels | None:
    """The class names, where they are known; the classes asked for are among them."""
    if (labels := known_labels(model)) is not None:
        for text in classes:
            labels.find(text, model=model.model)
    return labels
