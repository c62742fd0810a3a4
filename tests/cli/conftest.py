"""Running the command in this process, on photos and a model made for the test."""

from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.cli.app import main
from tests.loading import model_zoo


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def paths(self):
        return self.out.splitlines()


@pytest.fixture
def scorecam(capfd):
    """Call the command; exit code, stdout and stderr of that call."""

    def run(*arguments):
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Done(ended.value.code, out, err)

    return run


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """A model file that scales photos itself: [16, 16, 3] -> 3 classes."""
    path = tmp_path_factory.mktemp("model") / "tiny.keras"
    model_zoo.rescaling().save(path)
    return path


@pytest.fixture
def photo(tmp_path):
    """A photo of 48 x 32 with a bright top left corner."""
    rgb = np.random.default_rng(0).integers(0, 60, (32, 48, 3), dtype=np.uint8)
    rgb[:12, :16] = (250, 200, 40)
    path = tmp_path / "dog.png"
    Image.fromarray(rgb).save(path)
    return path
