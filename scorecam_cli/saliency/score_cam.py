"""Score-CAM: hide all of a photo but what one channel lights up, ask how much of the class survives, and sum.

Letters: H W model input, h w feature grid, K channels, N live channels (= masked passes), C classes; U upsamples
bilinearly.

Source: Wang et al. 2020, "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks", CVPR
Workshops, arXiv:1910.01279.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import OF_DIFFERENCES, Selection, Variant
from scorecam_cli.models.answers import Answers, MaskedAnswers
from scorecam_cli.records import Steps
from scorecam_cli.saliency.answered import masked_answers
from scorecam_cli.saliency.contrast import less
from scorecam_cli.saliency.evidence import Kept
from scorecam_cli.saliency.few_passes import (
    FIRST_ROUND,
    FewPasses,
    representative_passes,
    spread_passes,
)
from scorecam_cli.saliency.inference import EXPONENTIAL, IDENTITY, PROBABILITY, Inferred, Link
from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, finished
from scorecam_cli.saliency.method import Method, Source
from scorecam_cli.saliency.question import Question
from scorecam_cli.saliency.stacked import Stacked
from scorecam_cli.saliency.upsampling import upsample
from scorecam_cli.saliency.variants import Ranges, Summands

LARGEST_RISE = 600.0  # exp of it is finite in float64
MOST_STEPS = 36  # 36 x 7 x 7 float32 = 7 kB for each class
FEWEST_PASSES = 4  # from fewer nothing can be inferred


def score_cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`L = ReLU(sum_k S_k * M_k)`, with `M_k = (U(A_k) - min) / (max - min + 1e-5)`, `S_k = probability_c(X * M_k)`.

    X is the photo, A_k a channel of the target layer, c the class. Variants: `official` sums `S_k * U(A_k)`; `paper`
    sums `a_k * U(A_k)`, a the softmax over the channels of `logit_c(X * M_k) - logit_c(0)`. One map for each class, all
    from the same passes. A channel that is constant over the grid has a mask of zeros: it is left out, which changes no
    map of `article`; for `official` the authors' code leaves it out too; for `paper` its logit difference is 0 and
    counts in the softmax.

    Of a regression `S_k = output(X * M_k) - output(0)`. Of a class c against another, d:
    `S_k = ReLU(log p_c - log p_d)`, of `centred` and `fitted` without the ReLU; of `paper` the logit is
    `logit_c - logit_d`; of outputs the difference of both.

    Of several target layers `centred` and `fitted` make one map: the masks of all are data of the same regression, on
    the finest of the grids; fewer passes than all are shared out evenly.

    Args:
        asked: classifier, photo and classes.
        settings: variant, passes, fidelity, selection and batch size; `faster` needs passes and estimates nothing.
        on_passes: called after each batch with the number of passes done in it.

    Returns:
        Maps float32 [H, W] >= 0 before any display scaling. With each map the estimated correlation with the exact one,
        and the masks that weigh most in it, at most 25, of those that were passed.

    Raises:
        NumericsError: the model returns a value that is not finite.
        ModelError: `paper` needs logits and the model shows probabilities only.
    """
    masks = Stacked.of(asked.by_layer if settings.variant in OF_DIFFERENCES else (asked,))
    live, activations = masks.live, masks.activations  # [N], [h, w, K]
    masked = _MaskedPasses(asked, settings, on_passes, masks)

    # S_k of all masks: as the model answers, or for some of them inferred.
    used, spans = masked.run()

    # The sum on the grid: U is linear, so one upsampling is enough.
    summed = masked.summed(used)  # [n]
    measured = len(used.passed)
    layers = None if len(masks.grids) == 1 else masks.layers_of(summed)
    spans = (spans[0][summed], spans[1][summed])
    summands = Summands(activations, live[summed], spans, settings.variant, measured, layers)
    every = measured == len(live)
    maps, steps, uncertainties = [], [], []
    for at, inferred in enumerate(used.inferred):
        grid = summands.summed(inferred.weights[summed])  # [h, w]
        maps.append(finished(upsample(grid, asked.size), settings))  # [H, W]
        shares = np.zeros(len(live))
        shares[summed] = summands.shares(inferred.weights[summed])
        steps.append(masked.weighing_most(shares, used.passed, at))
        uncertainties.append(summands.uncertainty(inferred.weights) if every else None)

    constant = f"every channel of layer {asked.classifier.layer} is constant for this photo"
    differs = settings.variant in OF_DIFFERENCES
    nothing = "no position raises it where it is shown" if differs else "no mask leaves any probability of the class"
    if asked.classifier.head.is_regression and not differs:
        nothing = "no mask raises it over that of a closed photo"
    elif asked.others and not differs:
        nothing = "no mask leaves more of the class than of the one that it is set against"
    return Maps(
        tuple(maps),
        measured,
        estimates=tuple(inferred.estimated_correlation for inferred in used.inferred),
        steps=tuple(steps),
        uncertainties=tuple(uncertainties),
        selection="all" if every else str(settings.selection),
        variant=settings.variant,
        why_flat=nothing if len(live) else constant,
        warnings=summands.warnings,
        kept=masked.kept() if len(live) else (),
        passes_by_layer=tuple(np.bincount(masks.layers_of(used.passed), minlength=len(masks.grids)).tolist()),
    )


@dataclass
class _MaskedPasses:
    """The masked passes of one question, run when they are asked for.

    masks: of its layers, N. rounds: what the classifier answered in each round of passes, [n, C].
    """

    asked: Question
    settings: MethodSettings
    on_passes: OnPasses
    masks: Stacked
    rounds: list[Answers] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.live = self.masks.live
        paper = self.settings.variant == Variant.PAPER
        self.closed = self.asked.classifier.closed_logits(self.asked.hidden) if paper else None  # [C]

    def run(self) -> tuple[FewPasses, Ranges]:
        """Weights of all live channels for each class, from all passes or from some; and the channels' ranges."""
        settings, count = self.settings, len(self.live)
        every = settings.passes is None or settings.passes >= count
        if not count:
            nothing = np.zeros(0, np.float32)
            return FewPasses((Inferred(np.zeros(0), 1.0),) * len(self.asked.class_indices), self.live), (nothing,) * 2
        if every and (settings.fidelity >= 1 or count <= FIRST_ROUND):
            masked = self._ask(np.arange(count))
            weights = self._weights(masked.answers)  # [classes, N]
            inferred = tuple(Inferred(row, 1.0) for row in weights)
            return FewPasses(inferred, np.arange(count)), (masked.lows, masked.highs)
        spans = self.masks.ranges()
        grids = self.masks.activations[:, :, self.live].transpose(2, 0, 1)  # [N, h, w]
        if settings.selection == Selection.FASTER:
            return spread_passes(grids, weigh=self._weigh, passes=settings.passes or count), spans
        layers = self.masks.layers_of(np.arange(count))
        several = None if len(self.masks.grids) == 1 else layers
        summands = Summands(self.masks.activations, self.live, spans, settings.variant, settings.passes, several)
        few = representative_passes(
            grids,
            weigh=self._weigh,
            link=self._link,
            parts=summands.parts(self.asked.size),
            energies=summands.energies(self.asked.size),
            telling=summands.telling_parts(self.asked.size),
            ranges=spans,
            layers=layers,
            passes=settings.passes,
            fidelity=settings.fidelity,
        )
        return few, spans

    def summed(self, used: FewPasses) -> NDArray[np.intp]:
        """Which of the N masks are in the sum: all, but for those that `faster` leaves out without a word on them.

        A weight of 0 leaves a mask out of a sum; not so where weights are differences from the mean.
        """
        left_out = self.settings.selection == Selection.FASTER and self.settings.variant in OF_DIFFERENCES
        return used.passed if left_out else np.arange(len(self.live))

    def weighing_most(self, weights: NDArray[np.float64], passed: NDArray[np.intp], at: int) -> Steps:
        """The passed masks of largest weight for one class, of either sign; equal weights in order of channel.

        Args:
            weights: [N], of all live channels.
            passed: [R] in 0 .. N - 1, in the order of their passes.
            at: which of the classes asked for.
        """
        order = np.lexsort((passed, -np.abs(weights[passed])))[:MOST_STEPS]  # [T]
        best = passed[order]
        probabilities = [self.asked.shown(part)[:, at].astype(np.float32) for part in self.rounds]
        return Steps(
            channels=self.masks.channels_of(best),
            grids=self.masks.own_grids(best),
            weights=weights[best].astype(np.float32),
            probabilities=np.concatenate([np.zeros(0, np.float32), *probabilities])[order],
            others=len(weights) - len(best),
            their_weight=float(np.abs(np.delete(weights, best)).sum()),
        )

    def kept(self) -> tuple[Kept, ...]:
        """What each class keeps under the masks that were passed."""
        logits = [part.logits for part in self.rounds if part.logits is not None]
        probabilities = np.concatenate([part.probabilities for part in self.rounds])
        answers, variant = Answers(probabilities, np.concatenate(logits) if logits else None), self.settings.variant
        return self.asked.kept(answers, by_logits=variant == Variant.PAPER, differences=variant in OF_DIFFERENCES)

    @property
    def _link(self) -> Link:
        if self.settings.variant == Variant.PAPER:
            return EXPONENTIAL
        return IDENTITY if self.asked.model.is_regression or self.asked.others else PROBABILITY

    def _weigh(self, numbers: NDArray[np.intp]) -> NDArray[np.float64]:
        return self._weights(self._ask(numbers).answers)

    def _ask(self, numbers: NDArray[np.intp]) -> MaskedAnswers:
        how: dict[str, Any] = {"batch_size": self.settings.batch_size, "on_passes": self.on_passes}
        parts = [(places, masked_answers(self.asked, grids, **how)) for places, grids in self.masks.split(numbers)]
        masked = parts[0][1] if len(parts) == 1 else _in_order(parts)
        self.rounds.append(masked.answers)
        return masked

    def _weights(self, answers: Answers) -> NDArray[np.float64]:
        """Weights [classes, n]: probabilities, or for `paper` exp of the logit's rise, not normalised."""
        if self.closed is None or answers.logits is None:
            return self.asked.left(answers, differences=self.settings.variant in OF_DIFFERENCES).T
        rises = less(answers.logits - self.closed, self.asked.class_indices, self.asked.others)
        return np.exp(np.clip(rises, -LARGEST_RISE, LARGEST_RISE)).T


def _in_order(parts: Sequence[tuple[NDArray[np.intp], MaskedAnswers]]) -> MaskedAnswers:
    """Answers to masks, some here, some there, in the order of their places."""
    order = np.argsort(np.concatenate([places for places, _ in parts]))
    each = [part for _, part in parts]

    def joined(values: Sequence[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate(values)[order]

    logits = [part.answers.logits for part in each if part.answers.logits is not None]
    answers = Answers(joined([part.answers.probabilities for part in each]), joined(logits) if logits else None)
    return MaskedAnswers(answers, joined([part.lows for part in each]), joined([part.highs for part in each]))


METHOD = Method(
    name="score-cam",
    summary="probability of the class under each channel's mask",
    run=score_cam,
    planned=lambda work: min(work.live, work.passes or work.live),
    passes="live channels, or `--passes`, `--fidelity`",
    source=Source("Wang et al.", 2020, "arXiv:1910.01279"),
    takes=frozenset({"passes", "fidelity", "variant", "selection", "batch_size", "signed", "fill"}),
    fewest_passes=FEWEST_PASSES,
    has_steps=True,
    of_outputs=True,
)
