"""A small model in memory and photos on a disk, for runs that need both."""

import numpy as np
import pytest
from PIL import Image

import scorecam_cli
from scorecam_cli.records import PhotoJob
from tests.loading import model_zoo


@pytest.fixture(scope="session")
def tiny():
    """A classifier of three classes that scales photos itself, compiled once for all tests of this folder."""
    return scorecam_cli.wrap(model_zoo.rescaling(), labels=["cup", "dog", "cat"])


@pytest.fixture
def jobs(tmp_path):
    """Three photos; their outputs go to a folder of their own."""
    rng, made = np.random.default_rng(3), []
    for name in ("a.png", "b.png", "c.png"):
        Image.fromarray(rng.integers(0, 255, (20, 24, 3), dtype=np.uint8)).save(tmp_path / name)
        made.append(PhotoJob(tmp_path / name, tmp_path / "maps" / name))
    return made
