"""Who takes part in `tests.bench.speed`: where each is run, what it needs, and what its map is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from tests.bench.contest import ARTICLE, PAPER

KERAS, TORCH = "tests.bench.contestants", "tests.bench.torch_contestants"
OURS = "scorecam"


@dataclass(frozen=True)
class Entrant:
    """One contestant.

    module: the program that times it. floor: the contestant that runs the same network alone, on the same engine.
    needs: packages beside those of scorecam, by the names that they are imported by, and as pip installs them.
    variant: of our map, which is what it computes too.
    """

    module: str = KERAS
    floor: str = "floor"
    needs: tuple[tuple[str, str], ...] = ()
    variant: str = ARTICLE

    @property
    def missing(self) -> list[str]:
        """What pip would have to install for it; nothing is imported to find out."""
        return [requirement for module, requirement in self.needs if find_spec(module) is None]


_torch = ("torch", "torch==2.13.0")
ENTRANTS = {
    OURS: Entrant(),
    "scorecam-0.99": Entrant(),
    "tf-keras-vis": Entrant(needs=(("tf_keras_vis", "tf-keras-vis==0.8.7"),)),
    "pytorch-grad-cam": Entrant(TORCH, "torch-floor", (_torch, ("pytorch_grad_cam", "grad-cam==1.5.7")), PAPER),
    "torch-cam": Entrant(TORCH, "torch-floor", (_torch, ("torchcam", "torchcam==0.5.0")), PAPER),
    "floor": Entrant(),
    "torch-floor": Entrant(TORCH, "torch-floor", (_torch,), PAPER),
}
