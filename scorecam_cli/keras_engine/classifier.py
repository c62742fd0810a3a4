"""A Keras model as an image classifier: one photo in, class probabilities and activations out, masks in between.

Letters as everywhere: H W model input, h w feature grid, K channels of the target layer, B masks in a pass, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.choices import Precision
from scorecam_cli.errors import ModelError, NumericsError, PhotoError
from scorecam_cli.keras_engine.batches import Batches, stopped
from scorecam_cli.keras_engine.calling import Called
from scorecam_cli.keras_engine.hardware import computing_in
from scorecam_cli.keras_engine.head import Head
from scorecam_cli.keras_engine.layers import LayerCall, Network
from scorecam_cli.keras_engine.passes import Passes
from scorecam_cli.keras_engine.passing import unmixed
from scorecam_cli.keras_engine.start import tf, versions
from scorecam_cli.keras_engine.targeting import Targeting
from scorecam_cli.models.answering import Answering
from scorecam_cli.models.answers import Answers, MaskedAnswers, Observation
from scorecam_cli.models.labels import Labels
from scorecam_cli.models.preparation import Preparation

if TYPE_CHECKING:
    from scorecam_cli.keras_engine.gradients import Gradients
    from scorecam_cli.keras_engine.tail import Tail


class Classifier(Answering, Targeting):
    """A model with everything needed to ask it about photos; its passes are compiled once per instance.

    called: the model as a function of photos; model: the Keras model itself, with its weights.
    name, weights: what the user calls them. size: (H, W). channels: 3 colours, 1 grey, or bands.
    frozen: the weights will not change, so that batch normalisation and activations may be folded into convolutions.
    layer_given: the user named the target layer, so that no method takes another.
    noted: what a manifest notes of how it was loaded, where the Python API loaded it.
    several: all target layers, the finest grid first, where several were asked for; `target` is then the first.
    main: whose compiled passes and batches are this one's too.
    """

    head: Head

    def __init__(
        self,
        called: Called,
        *,
        name: str,
        weights: str,
        size: tuple[int, int],
        channels: int,
        network: Network,
        target: LayerCall,
        head: Head,
        labels: Labels,
        preparation: Preparation,
        device: str = "/CPU:0",
        precision: Precision = Precision.FLOAT32,
        frozen: bool = False,
        layer_given: bool = False,
        several: Sequence[LayerCall] = (),
        main: Classifier | None = None,
    ) -> None:
        self.called, self.model = called, called.model
        self.name, self.weights = name, weights
        self.size, self.channels = size, channels
        self.network, self.target, self.head = network, target, head
        self.labels, self.preparation, self.device = labels, preparation, device
        self.precision, self.frozen, self.layer_given = precision, frozen, layer_given
        self.noted: Mapping[str, Any] = {}
        self.several, self._main = tuple(several), main
        self.batches: Batches = main.batches if main else Batches(network, name=name, size=size, device=device)
        self.passes: Passes = Passes(
            called,
            size=size,
            channels=channels,
            network=network,
            target=target,
            head=head,
            frozen=frozen,
            shared=main.passes if main else None,
        )

    @cached_property
    def gradients(self) -> Gradients:
        """Gradients of the logits, compiled when the first is asked for."""
        from scorecam_cli.keras_engine.gradients import Gradients

        return Gradients(self)

    @cached_property
    def tail(self) -> Tail:
        """The network behind the target layer, compiled when it is asked for the first time."""
        from scorecam_cli.keras_engine.tail import Tail

        return Tail(self)

    def unfrozen(self) -> Classifier:
        """A classifier of the same model whose passes follow its weights when these change; this one, if its passes do.

        The passes of a frozen one are compiled with the weights found at the first: do not use it while they change.
        """
        return self._like(self.target, several=self.several) if self.frozen else self

    @cached_property
    def unmixed(self) -> Classifier:
        """The classifier as methods take it that change what the target layer made, see `passing`.

        This one where the user named the layer.
        """
        return self._at(unmixed(self.network, self.target, undivided=False)) if not self.layer_given else self

    @cached_property
    def undivided(self) -> Classifier:
        """The same for methods that derive by what the target layer made."""
        return self._at(unmixed(self.network, self.target, undivided=True)) if not self.layer_given else self

    def _at(self, target: LayerCall) -> Classifier:
        return self if target is self.target else self.looking_at((target,))

    @cached_property
    def parts(self) -> tuple[Classifier, ...]:
        """The same classifier with each of its layers alone, where several were asked for; else nothing."""
        return tuple(self.looking_at((each,)) for each in self.several)

    def looking_at(self, targets: Sequence[LayerCall]) -> Classifier:
        """The same with other target layers, the finest grid first; compiled passes and batches are shared."""
        several = targets if len(targets) > 1 else ()
        return self._like(targets[0], several=several, frozen=self.frozen, main=self._main or self)

    def _like(self, target: LayerCall, **changed: Any) -> Classifier:
        return Classifier(
            self.called,
            name=self.name,
            weights=self.weights,
            size=self.size,
            channels=self.channels,
            network=self.network,
            target=target,
            head=self.head,
            labels=self.labels,
            preparation=self.preparation,
            device=self.device,
            precision=self.precision,
            layer_given=self.layer_given,
            **changed,
        )

    @property
    def has_layers(self) -> bool:
        """Its layers can be looked at; of a model seen from outside they cannot."""
        return True

    @property
    def has_attention(self) -> bool:
        """Whether positions look at each other somewhere in it."""
        return self.network.attentions > 0

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """What is to be doubted of every map of this model, each in a sentence."""
        from scorecam_cli.keras_engine.model_doubts import model_doubts

        return model_doubts(self)

    @property
    def versions(self) -> Mapping[str, str]:
        """Of scorecam and of what runs the model."""
        return versions()

    def observe(self, image: NDArray[np.float32]) -> Observation:
        """Run the model once on a prepared photo, float32 [H, W, c].

        Raises:
            NumericsError: a probability or an activation is not finite.
            PhotoError: the model stops.
        """
        with tf.device(self.device):
            try:
                scores, probabilities, activations = self.passes.observe(tf.constant(image))
            except (tf.errors.ResourceExhaustedError, MemoryError) as error:
                raise PhotoError(f"memory runs out; {self.name} needs more than is free") from error
            except tf.errors.OpError as error:
                raise stopped(self.name, error) from error
        activations = activations.numpy()
        if not np.isfinite(activations).all():
            raise NumericsError(f"layer {self.layer} of {self.name} returns values that are not finite for this photo")
        return Observation(self._answers(scores.numpy()[0], probabilities.numpy()[0]), activations[0])

    def masked_answers(
        self,
        image: NDArray[np.float32],
        grids: NDArray[np.float32],
        *,
        filling: NDArray[np.float32] | None = None,
        batch_size: int | None = None,
        on_passes: Callable[[int], None] | None = None,
    ) -> MaskedAnswers:
        """Show the model only what each channel lights up, and note what it then says.

        Each grid is upsampled bilinearly to [H, W] and scaled to [0, 1]: `M = (U - min) / (max - min + 1e-5)`; the
        prepared photo is multiplied by it, so that the model sees 0 (in model units) where the mask is closed, or what
        is given to be seen there.

        Args:
            image: float32 [H, W, c] in model units.
            grids: float32 [N, h, w], activations of N channels.
            filling: F, float32 [H, W, c] in model units: the photo becomes `F + (X - F) M`; None: zeros.
            batch_size: B, masks in one pass; the memory needed grows with it, the result does not depend on it; None:
                as the model and the free memory suggest. It is halved whenever memory runs out.
            on_passes: called after each pass with the number of masks it held.

        Raises:
            NumericsError: a probability is not finite.
            PhotoError: memory runs out even for one mask, or the model stops.

        Source: Wang et al. 2020, arXiv:1910.01279, section 3.2.
        """
        with tf.device(self.device), computing_in(self.precision):
            photo, channels = tf.constant(image), tf.constant(grids)
            behind = None if filling is None else tf.constant(filling)

            def passed(first: int, last: int) -> Any:
                masks = (channels, tf.constant(first), tf.constant(last))
                if behind is None:
                    return self.passes.masked(photo, *masks)
                return self.passes.filled(photo, behind, *masks)

            parts = self.batches.run(len(grids), passed, batch_size=batch_size, on_passes=on_passes)
        scores, probabilities, lows, highs = (
            np.concatenate([part.numpy() for part in column]) for column in zip(*parts, strict=True)
        )
        return MaskedAnswers(self._answers(scores, probabilities), lows, highs)

    def photo_answers(
        self,
        count: int,
        images: Callable[[int, int], NDArray[np.float32]],
        *,
        batch_size: int | None = None,
        on_passes: Callable[[int], None] | None = None,
    ) -> Answers:
        """Ask the model about any number of prepared photos, a batch at a time.

        Args:
            count: N, at least 1.
            images: called with first and last, gives photos first .. last - 1 as float32 [last - first, H, W, c] in
                model units; it may be called again with other limits where memory runs out.
            batch_size: as in `masked_answers`.
            on_passes: as in `masked_answers`.

        Raises:
            NumericsError: a probability is not finite.
            PhotoError: memory runs out even for one photo.
        """
        with tf.device(self.device), computing_in(self.precision):
            parts = self.batches.run(
                count,
                lambda first, last: self.passes.photos(tf.constant(images(first, last))),
                batch_size=batch_size,
                on_passes=on_passes,
            )
        scores, probabilities = (
            np.concatenate([part.numpy() for part in column]) for column in zip(*parts, strict=True)
        )
        return self._answers(scores, probabilities)

    def batch_for(self, batch_size: int | None) -> int:
        """The batch size that is used when this one is asked for; None asks for the automatic one."""
        return self.batches.size_for(batch_size)

    def shortened_batch(self, batch_size: int | None) -> str | None:
        """Say, the first time only, that smaller batches are used than were asked for."""
        return self.batches.shortened(batch_size)

    def closed_logits(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits [C] where every mask is closed, and the model sees what is then hidden: float32 [H, W, c].

        Raises:
            ModelError: the model shows probabilities only.
        """
        logits = self.observe(hidden).answers.logits
        if logits is None:
            raise ModelError(
                f"{self.name} shows probabilities only, and the variant `paper` needs logits; "
                "use --variant article or official"
            )
        return logits

    def _answers(self, scores: NDArray[np.float32], probabilities: NDArray[np.float32]) -> Answers:
        """What the head reads, [C] or [N, C]; its scores are logits only where the model shows them."""
        if not (np.isfinite(probabilities).all() and np.isfinite(scores).all()):
            raise NumericsError(f"{self.name} returns probabilities that are not finite for this photo")
        return Answers(probabilities, scores if self.head.shows_logits else None)
