"""`--head linear`: a regression from the file to stderr, manifest, panel and page, and what it refuses."""

import json

import keras
import numpy as np
import pytest

from tests.figures.sheets import words_drawn
from tests.report.samples import parsed


@pytest.fixture(scope="module")
def brightness(tmp_path_factory):
    """A model file whose one output is 5 and ten times the mean of red, of photos that it scales itself."""
    image = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(2, 1, use_bias=False, name="seen")(keras.layers.Rescaling(1 / 255)(image))
    model = keras.Model(image, keras.layers.Dense(1, name="head")(keras.layers.GlobalAveragePooling2D()(x)))
    model.get_layer("seen").set_weights([np.array([[1.0, -1], [0, 0], [0, 0]]).reshape(1, 1, 3, 2)])
    model.get_layer("head").set_weights([np.array([[10.0], [0.0]]), np.array([5.0])])
    path = tmp_path_factory.mktemp("model") / "brightness.keras"
    model.save(path)
    return path


def test_regression_is_told_as_an_output_wherever_its_map_is(scorecam, photo, brightness):
    page = photo.with_name("page.html")
    with words_drawn() as lines:
        done = scorecam(
            *("explain", photo, "-m", brightness, "--head", "linear", "--save", "panel,npy,masked,pipeline"),
            *("--page", page),
        )
    assert done.code == 0
    manifest = json.loads(photo.with_name("dog.png.scorecam.json").read_text())
    (entry,) = manifest["classes"]
    assert (entry["name"], entry["probability"], entry["logit"]) == ("output", None, None)
    assert entry["output"] == manifest["predictions"][0]["output"] > 5
    assert (manifest["warnings"], manifest["settings"]["head"]) == ([], "linear")
    assert f"{photo}: output (0) {entry['output']:.4g}\n" in done.err
    assert f"output 0 · output {entry['output']:.4g} · dog.png" in lines
    assert not any("probability" in line for line in lines)
    saliency = np.load(photo.with_name("dog.png.scorecam-0.npy"))
    assert saliency[:5, :4].min() > saliency[8:, 8:].max()  # the bright corner
    (card,) = parsed(page.read_text("utf-8")).cards
    assert card["classes"][0]["percent"] == f"{entry['output']:.3g}"


def test_predict_prints_the_outputs(scorecam, photo, brightness):
    done = scorecam("predict", photo, "-m", brightness, "--head", "linear", "--json", "-q")
    (found,) = json.loads(done.out)["classes"]
    assert (found["name"], found["probability"]) == ("output", None)
    told = scorecam("predict", photo, "-m", brightness, "--head", "linear", "-q")
    assert told.out.split() == [str(photo), f"{found['output']:.4g}", "0", "output"]


def test_one_output_without_an_activation_is_taken_for_a_logit_and_that_is_said_once(scorecam, photo, brightness):
    done = scorecam("explain", photo, "-m", brightness, "-q")
    sentence = f"{brightness} has one output without an activation, which is taken for the logit of class 1"
    assert done.err.count(sentence) == 1
    warnings = json.loads(photo.with_name("dog.png.scorecam.json").read_text())["warnings"]
    assert any(sentence in each for each in warnings)


@pytest.mark.parametrize(("arguments", "words"), [
    (["explain", "-k", "2"], "name them by -c, not by -k"),
    (["explain", "--method", "ss-cam"], "method ss-cam is made of probabilities or logits, not of outputs"),
    (["explain", "--variant", "paper"], "--variant paper is a softmax over logits"),
    (["compare"], "compare and evaluate measure probabilities"),
    (["evaluate"], "compare and evaluate measure probabilities"),
])  # fmt: skip
def test_what_a_regression_has_not_is_a_mistake_of_usage(scorecam, photo, brightness, arguments, words):
    done = scorecam(*arguments, photo, "-m", brightness, "--head", "linear")
    assert (done.code, words in done.err) == (2, True)
    assert "loading" not in done.err
