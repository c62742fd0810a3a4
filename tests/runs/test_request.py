"""A request is checked before TensorFlow starts, and each of its files is read for it once in a whole run."""

from __future__ import annotations

import pickle
import subprocess
import sys

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
from scorecam_cli.inspection.digest import model_file_sha256
from scorecam_cli.models.labels import read_labels
from scorecam_cli.runs.regions import Box, read_regions
from scorecam_cli.runs.request import CompareRequest, EvaluateRequest, ExplainRequest, PredictRequest
from scorecam_cli.runs.truth import read_truth
from scorecam_cli.saliency.maps import MethodSettings
from tests.loading import model_zoo

PHOTOS, LITE = PhotoSettings(), ModelSettings(model="efficientnetlite0")
READERS = (model_file_sha256, read_labels, read_regions, read_truth)


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
def calls(monkeypatch):
    """How often each of READERS was called, by whichever module."""
    counts = {reader.__name__: 0 for reader in READERS}

    def counted(reader):
        def call(*arguments, **options):
            counts[reader.__name__] += 1
            return reader(*arguments, **options)

        return call

    for reader in READERS:
        stand_in = counted(reader)
        for name, module in list(sys.modules.items()):
            if name.startswith("scorecam_cli") and vars(module).get(reader.__name__) is reader:
                monkeypatch.setattr(module, reader.__name__, stand_in)
    return counts


@pytest.mark.parametrize(
    ("command", "hashed", "parsed"),
    [
        (["explain", "-c", "dog"], 1, 0),
        (["predict"], 0, 0),
        (["compare", "--methods", "random", "-c", "dog"], 0, 0),
        (["evaluate", "--methods", "random", "--measures", "pointing", "--boxes", "{}/boxes.csv"], 1, 1),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_whole_run_reads_each_file_of_its_request_once(files, calls, tmp_path, command, hashed, parsed):
    truth = ["--truth", files / "truth.csv"] if command[0] == "evaluate" else []
    output = [] if command[0] == "predict" else ["-o", tmp_path]
    model = ["-m", files / "tiny.keras", "--labels", files / "labels.txt"]
    arguments = [*(each.format(files) for each in command), files / "dog.png", *model, *truth, *output]
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    assert ended.value.code == 0
    assert calls == {"model_file_sha256": hashed, "read_labels": 1, "read_regions": parsed, "read_truth": parsed}


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
    assert evaluate.regions.boxes == {("dog.png",): (Box(1, 1, 9, 9),)}
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
