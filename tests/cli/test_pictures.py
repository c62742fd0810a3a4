"""`--save pipeline` and `--save masked`: figures of how a map was made."""

import json

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import PhotoError
from scorecam_cli.figures.masked import Setting, masked_photo, seen
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.models.preparation import PREPARATIONS, prepare
from scorecam_cli.photos.read import read_photo
from scorecam_cli.records import ClassLabel, ClassMap, ClassScore
from scorecam_cli.runs import outputs


def test_pipeline_and_masked_are_written_for_each_class_and_named_in_the_manifest(scorecam, photo, tiny_model):
    done = scorecam("explain", photo, "-m", tiny_model, "-k", 2, "--save", "masked,pipeline", "--json")
    assert done.code == 0
    manifest = json.loads(done.out)
    for entry in manifest["classes"]:
        stem = f"dog.png.scorecam-{entry['index']}"
        assert entry["files"] == {"pipeline": f"{stem}-pipeline.png", "masked": f"{stem}-masked.png"}
        for name in entry["files"].values():
            assert Image.open(photo.parent / name).width == 1600
    again = scorecam("explain", photo, "-m", tiny_model, "-k", 2, "--save", "masked,pipeline")
    assert len(again.paths) == 5
    assert "up to date" in again.err


@pytest.mark.parametrize("name", list(PREPARATIONS))
@pytest.mark.parametrize("channels", [1, 3])
def test_a_masked_photo_is_what_the_model_sees(name, channels):
    preparation = PREPARATIONS[name]
    if channels == 1 and not preparation.grey:
        pytest.skip("this preparation is for colour")
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)
    opening = rng.random((24, 16)).astype(np.float32)
    setting = Setting("model", "layer", "article", channels, preparation.closed_rgb)
    shown = masked_photo(seen(rgb, (24, 16), channels), opening, setting)[..., :channels]
    image = prepare(rgb, size=(24, 16), channels=channels, preparation=preparation)
    ends = (preparation.scale(np.full((1, 1, channels), level, np.float32)) for level in (0, 255))
    level = np.abs(np.subtract(*ends)) / 255  # one of the 256 in model units
    difference = np.abs(preparation.scale(shown.astype(np.float32)) - image * opening[..., None]) / level
    print(f"{name}: largest difference {difference.max():.2f} levels")
    assert difference.max() <= 1.01  # half a level for the closed colour, half for the picture


@pytest.mark.parametrize("kind", ["pipeline", "masked"])
def test_a_method_without_masks_fails_the_photo_in_one_sentence(kind, tiny_model, photo):
    classifier = load_classifier(ModelSettings(model=str(tiny_model)))
    found = ClassMap(ClassScore(ClassLabel(0, "0"), 0.5, None), np.eye(16, dtype=np.float32))
    config = ExplainConfig(PhotoSettings(), ModelSettings(model=str(tiny_model)), save=(kind,))
    with pytest.raises(PhotoError, match=f"leave {kind} out of --save"):
        outputs._figure(kind, config, read_photo(photo), found, classifier)
