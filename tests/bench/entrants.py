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
_grad_cam, _torch_cam = ("pytorch_grad_cam", "grad-cam==1.5.7"), ("torchcam", "torchcam==0.5.0")
ENTRANTS = {
    OURS: Entrant(),
    "scorecam-0.99": Entrant(),
    "tf-keras-vis": Entrant(needs=(("tf_keras_vis", "tf-keras-vis==0.8.7"),)),
    "pytorch-grad-cam": Entrant(TORCH, "torch-floor", (_torch, _grad_cam), PAPER),
    "torch-cam": Entrant(TORCH, "torch-floor", (_torch, _torch_cam), PAPER),
    "floor": Entrant(),
    "torch-floor": Entrant(TORCH, "torch-floor", (_torch,), PAPER),
    "pytorch-grad-cam-8": Entrant(TORCH, "torch-floor-8", (_torch, _grad_cam), PAPER),
    "torch-cam-8": Entrant(TORCH, "torch-floor-8", (_torch, _torch_cam), PAPER),
    "torch-floor-8": Entrant(TORCH, "torch-floor-8", (_torch,), PAPER),
}
USUAL = tuple(name for name in ENTRANTS if not name.endswith("-8"))  # the others, in batches of 8, are to be named
