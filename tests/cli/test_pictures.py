"""`--save pipeline` and `--save masked`: figures of how a map was made."""

import json

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import UsageError
from scorecam_cli.figures.masked import masked_photo, seen
from scorecam_cli.models.preparation import PREPARATIONS, prepare
from scorecam_cli.runs.request import ExplainRequest


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


def test_a_panel_is_a_pdf_too_and_is_done_again_at_another_width_alone(scorecam, photo, tiny_model):
    asked = ("explain", photo, "-m", tiny_model, "-c", 1, "--save", "panel.pdf,panel", "--json")
    first = json.loads(scorecam(*asked).out)
    stem = "dog.png.scorecam-1-panel"
    assert first["classes"][0]["files"] == {"panel": f"{stem}.png", "panel.pdf": f"{stem}.pdf"}
    assert "up to date" in scorecam(*asked).err
    assert "width was null, is 84.0" in scorecam(*asked, "--width", 84).err
    assert scorecam("explain", photo, "-m", tiny_model, "--width", 84).code == 2  # no figure is asked for


@pytest.mark.parametrize("name", list(PREPARATIONS))
@pytest.mark.parametrize("channels", [1, 3])
def test_a_masked_photo_is_what_the_model_sees(name, channels):
    preparation = PREPARATIONS[name]
    if channels == 1 and not preparation.grey:
        pytest.skip("this preparation is for colour")
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)
    opening = rng.random((24, 16)).astype(np.float32)
    shown = masked_photo(seen(rgb, (24, 16, channels)), opening, preparation.closed_rgb)[..., :channels]
    image = prepare(rgb, size=(24, 16), channels=channels, preparation=preparation)
    ends = (preparation.scale(np.full((1, 1, channels), level, np.float32)) for level in (0, 255))
    level = np.abs(np.subtract(*ends)) / 255  # one of the 256 in model units
    difference = np.abs(preparation.scale(shown.astype(np.float32)) - image * opening[..., None]) / level
    print(f"{name}: largest difference {difference.max():.2f} levels")
    assert difference.max() <= 1.01  # half a level for the closed colour, half for the picture


@pytest.mark.parametrize("kind", ["pipeline", "masked"])
def test_a_method_without_masks_is_a_usage_error_that_leaves_no_file(kind, scorecam, photo, tiny_model):
    before = sorted(photo.parent.iterdir())
    done = scorecam("explain", photo, "-m", tiny_model, "--method", "grad-cam", "--save", f"heatmap,{kind}")
    assert done.code == 2
    assert f"leave {kind} out of --save or take --method score-cam" in done.err
    assert sorted(photo.parent.iterdir()) == before


def test_from_python_such_a_request_is_refused_before_the_first_photo(photo, tiny_model):
    model = ModelSettings(model=str(tiny_model))
    config = ExplainConfig(PhotoSettings(), model, method="grad-cam", save=("npy", "masked"))
    with pytest.raises(UsageError, match="leave masked out of --save"):
        ExplainRequest.of(config)
    assert not list(photo.parent.glob("*.scorecam*"))
