"""A request is checked before TensorFlow starts, and each of its files is read for it once in a whole run."""

from __future__ import annotations

import pickle
import subprocess
import sys
from os import PathLike
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.cli.app import main
from scorecam_cli.config import (
    CompareConfig,
    EvaluateConfig,
    ExplainConfig,
    ModelSettings,
    PhotoSettings,
    PredictConfig,
)
from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.runs import settings
from scorecam_cli.runs.regions import Box
from scorecam_cli.runs.request import CompareRequest, EvaluateRequest, ExplainRequest, PredictRequest
from scorecam_cli.saliency.maps import MethodSettings
from tests.loading import model_zoo

PHOTOS, LITE = PhotoSettings(), ModelSettings(model="efficientnetlite0")
PARSED = ("labels.txt", "boxes.csv", "truth.csv")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A photo, a model of three classes, its labels, boxes and truth."""
    folder = tmp_path_factory.mktemp("files")
    model_zoo.rescaling().save(folder / "tiny.keras")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (20, 24, 3), np.uint8)).save(folder / "dog.png")
    (folder / "labels.txt").write_text("cup\ndog\ncat\n")
    (folder / "boxes.csv").write_text("dog.png,1,1,9,9\n")
    (folder / "truth.csv").write_text("dog.png,dog\n")
    return folder


@pytest.fixture
def hashed(monkeypatch):
    """The model files whose digest was asked for."""
    paths = []
    real = settings.model_file_sha256
    monkeypatch.setattr(settings, "model_file_sha256", lambda path: (paths.append(path), real(path))[1])
    return paths


@pytest.fixture
def opened(monkeypatch):
    """The names of all files that Python opens in this process, by whatever function."""
    if not OPENED:
        sys.addaudithook(_note_opening)  # which stays as long as the process
    names: list[str] = []
    OPENED[:] = [names]
    yield names
    OPENED[:] = [None]


OPENED: list[list[str] | None] = []


def _note_opening(event, arguments):
    if event == "open" and OPENED and OPENED[0] is not None and isinstance(arguments[0], str | PathLike):
        OPENED[0].append(Path(arguments[0]).name)


@pytest.mark.parametrize(
    ("command", "digests", "files_read"),
    [
        (["explain", "-c", "dog"], 1, ["labels.txt"]),
        (["predict"], 0, ["labels.txt"]),
        (["compare", "--methods", "random", "-c", "dog"], 0, ["labels.txt"]),
        (["evaluate", "--methods", "random", "--measures", "pointing", "--boxes", "{}/boxes.csv"], 1, list(PARSED)),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_whole_run_reads_each_file_of_its_request_once(files, hashed, opened, tmp_path, command, digests, files_read):
    truth = ["--truth", files / "truth.csv"] if command[0] == "evaluate" else []
    output = [] if command[0] == "predict" else ["-o", tmp_path]
    model = ["-m", files / "tiny.keras", "--labels", files / "labels.txt"]
    arguments = [*(each.format(files) for each in command), files / "dog.png", *model, *truth, *output]
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    assert ended.value.code == 0
    assert [name for name in PARSED for each in opened if each == name] == files_read
    assert len(hashed) == digests


def test_a_request_holds_what_was_resolved(files):
    model = ModelSettings(model=str(files / "tiny.keras"), labels=files / "labels.txt", seed=7)
    explain = ExplainRequest.of(ExplainConfig(PHOTOS, model, classes=("dog",), passes=8))
    assert explain.labels[1].name == "dog"
    assert explain.settings["classes"] == [1]
    assert explain.settings["model"].startswith("sha256:")
    assert explain.how == MethodSettings(passes=8, seed=7)
    assert pickle.loads(pickle.dumps(explain)) == explain  # for workers elsewhere
    evaluate = EvaluateRequest.of(
        EvaluateConfig(
            PhotoSettings(output_dir=files / "nothing-yet"),
            model,
            truth=files / "truth.csv",
            boxes=files / "boxes.csv",
        )
    )
    assert evaluate.truth.of(files / "dog.png") == "dog"
    assert evaluate.regions.boxes.by_photo == {("dog.png",): (Box(1, 1, 9, 9),)}
    assert not (files / "nothing-yet").exists()


@pytest.mark.parametrize(
    ("of", "config", "error", "words"),
    [
        (ExplainRequest.of, ExplainConfig(PHOTOS, LITE, classes=("unheard",)), UsageError, "unheard"),
        (ExplainRequest.of, ExplainConfig(PHOTOS, LITE, colormap="unheard"), UsageError, "unheard"),
        (ExplainRequest.of, ExplainConfig(PHOTOS, LITE, save=("unheard",)), UsageError, "unheard"),
        (ExplainRequest.of, ExplainConfig(PHOTOS, LITE, passes=1), UsageError, "1"),
        (ExplainRequest.of, ExplainConfig(PHOTOS, ModelSettings(model="none.keras")), ModelError, "none.keras"),
        (PredictRequest.of, PredictConfig(PHOTOS, ModelSettings(model="unheard")), UsageError, "unheard"),
        (CompareRequest.of, CompareConfig(PHOTOS, LITE, classes=("unheard",)), UsageError, "unheard"),
        (CompareRequest.of, CompareConfig(PHOTOS, LITE, colormap="unheard"), UsageError, "unheard"),
        (CompareRequest.of, CompareConfig(PHOTOS, LITE, passes=1), UsageError, "1"),
        (EvaluateRequest.of, EvaluateConfig(PHOTOS, LITE, classes=("unheard",)), UsageError, "unheard"),
        (EvaluateRequest.of, EvaluateConfig(PHOTOS, LITE, passes=1), UsageError, "1"),
    ],
    ids=lambda value: getattr(value, "__qualname__", None),
)
def test_a_request_that_cannot_be_met_is_refused(of, config, error, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words):
        of(config)


def test_a_request_is_made_without_tensorflow():
    program = (
        "import sys\n"
        "from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings\n"
        "from scorecam_cli.runs.request import ExplainRequest\n"
        "from scorecam_cli.runs.session import Session\n"
        "request = ExplainRequest.of(ExplainConfig(PhotoSettings(), ModelSettings(), classes=('golden retriever',)))\n"
        "Session(request, lambda: 0.0)\n"
        "print(request.settings['classes'], 'tensorflow' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[207] False\n"
