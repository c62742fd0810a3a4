"""How many photos go through a model at once: by its size and the free memory, halved whenever that runs out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from scorecam_cli.errors import PhotoError
from scorecam_cli.keras_engine.hardware import free_memory
from scorecam_cli.keras_engine.layers import Network
from scorecam_cli.keras_engine.start import tf
from scorecam_cli.keras_engine.tracing import first_line

BUSY_PIXELS = 32 * 224 * 224  # more masked photos in one pass made no network faster on 2 cores
BUSY_BYTES = 2**30  # of the arrays that live at once: 20 photos of VGG16, as fast as 32 and 0.6 GB less
LIVE_COPIES = 4  # arrays as large as the largest that a pass holds at once: in, out, and layout copies of both
MEMORY_SHARE = 0.25  # of what is free: TensorFlow takes memory in pieces, each twice as large as the one before
UNBOUNDED = 2**31


class Batches:
    """The batches of one model; it learns when memory runs out and says so once.

    name: of the model, for messages. size: (H, W). device: where it runs, as TensorFlow names it.
    busy_bytes: of the arrays that live at once, where no more of them makes a pass faster.
    """

    def __init__(
        self, network: Network, *, name: str, size: tuple[int, int], device: str, busy_bytes: int = BUSY_BYTES
    ) -> None:
        self._network, self._name, self._size, self._device = network, name, size, device
        self._busy_bytes = busy_bytes
        self._largest: int | None = None  # that fitted into memory, once one did not
        self._told = False

    def size_for(self, batch_size: int | None) -> int:
        """The batch size that is used when this one is asked for; None asks for the automatic one."""
        wanted = self._automatic if batch_size is None else batch_size
        while wanted > max(1, self._largest or self._fitting):
            wanted //= 2
        return wanted

    def shortened(self, batch_size: int | None) -> str | None:
        """Say, the first time only, that smaller batches are used than were asked for."""
        used = self.size_for(batch_size)
        if batch_size is None or used >= batch_size or self._told:
            return None
        self._told = True
        return f"batches of {batch_size} do not fit into the free memory; batches of {used} are used"

    def run(
        self,
        count: int,
        run_pass: Callable[[int, int], Any],
        *,
        batch_size: int | None = None,
        on_passes: Callable[[int], None] | None = None,
    ) -> list[Any]:
        """What `run_pass(first, last)` gives for 0 .. count - 1 in batches, one after the other.

        Args:
            batch_size: the most in one pass, None for the automatic number; halved where memory runs out.
            on_passes: called after each pass with the number it held.

        Raises:
            PhotoError: memory runs out even for one, or the model stops.
        """
        parts: list[Any] = []
        batch, first = self.size_for(batch_size), 0
        while first < count:
            last = first + _next_batch(batch, count - first)
            try:
                part = run_pass(first, last)
            except (tf.errors.ResourceExhaustedError, tf.errors.AbortedError, MemoryError) as error:
                batch = self._largest = self._half(last - first, error)  # oneDNN aborts where memory is out
                continue
            except tf.errors.OpError as error:
                raise stopped(self._name, error) from error
            parts.append(part)
            if on_passes is not None:
                on_passes(last - first)
            first = last
        return parts

    @cached_property
    def _automatic(self) -> int:
        """As many as keep the processors busy, and no more than the free memory holds."""
        busy = min(BUSY_PIXELS // (self._size[0] * self._size[1]), self._busy_bytes // self._bytes_each)
        return max(1, min(busy, self._fitting))

    @cached_property
    def _fitting(self) -> int:
        """As many as the share of the free memory holds, as it is before the first pass takes any.

        Asked beforehand on a CPU: TensorFlow may end the process when it is out. A GPU's memory it takes by itself.
        """
        return UNBOUNDED if "GPU" in self._device else int(free_memory() * MEMORY_SHARE) // self._bytes_each

    @cached_property
    def _bytes_each(self) -> int:
        """What one photo needs in a pass, as the largest array suggests."""
        numbers = max(self._network.largest, *(call.numbers for call in self._network.calls))
        return LIVE_COPIES * numbers * 4  # float32

    def _half(self, batch: int, error: Exception) -> int:
        if batch > 1:
            return batch // 2
        raise PhotoError(f"memory runs out with one mask at a time; {self._name} needs more than is free") from error


def _next_batch(batch: int, left: int) -> int:
    """A whole batch; then what is left in powers of two, for oneDNN keeps memory for each size that it has seen."""
    return batch if left >= batch else 1 << (left.bit_length() - 1)


def stopped(name: str, error: Exception) -> PhotoError:
    """What a layer of the model's own may raise when it sees the photo."""
    return PhotoError(f"{name} stops with {type(error).__name__}: {first_line(error)}")
