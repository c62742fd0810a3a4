"""Score-CAM against a closed form, against the plain oracle, and in what must never change."""

from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import scorecam_cli
from scorecam_cli.choices import OF_DIFFERENCES, Variant
from scorecam_cli.config import ModelSettings
from scorecam_cli.errors import ModelError, NumericsError
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.saliency.question import live_channels
from scorecam_cli.saliency.regression import FEWEST_ANSWERS
from tests.loading import model_zoo
from tests.saliency import oracle, tiny

SAMPLES = Path(__file__).parents[2] / "sample_images"
SOME = 40  # passes of about 900: more than two batches of 16, and the same masks each time
CAT, ESPRESSO = 285, 967


def explain(classifier, image, indices, **options):
    return tiny.explain_on("score-cam", classifier, image, indices, **options)


def parts(classifier, layer):
    """The oracle's own way into a model: a sub-model by symbolic outputs."""
    target = classifier.model.get_layer(layer).output
    both = keras.Model(classifier.model.inputs, [target, classifier.model.outputs[0]])

    def activations_of(image):
        return np.asarray(both(image[None])[0][0])

    def logits_of(image):
        return np.asarray(both(image[None])[1][0], np.float64)

    return activations_of, logits_of


@pytest.fixture(scope="module")
def lite():
    return load_classifier(ModelSettings(model="EfficientNetLite0"))


@pytest.fixture(scope="module")
def scene():
    return np.asarray(Image.open(SAMPLES / "cat_and_coffee.jpg"))


def test_map_of_a_model_solved_by_hand():
    rgb = np.zeros((4, 4, 3), np.uint8)
    rgb[:2, :2, 0] = 8  # red top left
    rgb[2:, 2:, 1] = 8  # green bottom right
    found = scorecam_cli.explain(rgb, tiny.two_lamps(), preprocess="none", layer="seen", classes=[0, 1])
    # 2 -> 4 by half-pixel bilinear: positions -0.25, 0.25, 0.75, 1.25, so the lamp's profile is 1, 3/4, 1/4, 0.
    profile = np.array([1, 0.75, 0.25, 0])
    red = np.outer(profile, profile)  # mask of channel 0; that of channel 1 is its mirror image
    green = red[::-1, ::-1]
    # Channel 0 closes the green corner but for its edges: the photo keeps red * mask. The mean of the 2 x 2 grid:
    kept = 8 * red[:2, :2].mean() / 4  # what a lamp keeps under its own mask
    other = 8 * red[2:, 2:].mean() / 4  # and under the other lamp's mask
    own = 1 / (1 + np.exp(other - kept))  # softmax of (kept, other)
    np.testing.assert_allclose(found.classes[0].map, own * red + (1 - own) * green, atol=1e-5)
    np.testing.assert_allclose(found.classes[1].map, (1 - own) * red + own * green, atol=1e-5)


@pytest.mark.parametrize(
    "build",
    [model_zoo.batch_norm, model_zoo.residual, model_zoo.non_square, model_zoo.one_channel],
    ids=lambda build: build.__name__,
)
def test_map_equals_the_oracle_on_tiny_models(build):
    model = build()
    classifier = scorecam_cli.wrap(model, preprocess="unit")
    image = np.random.default_rng(3).uniform(0, 1, (*classifier.size, classifier.channels)).astype(np.float32)
    grid = keras.Model(model.inputs[0], model.get_layer(classifier.layer).output)
    head = model.get_layer("head")
    before = keras.Model(model.inputs[0], head.input)
    kernel, bias = (np.asarray(value, np.float64) for value in head.get_weights())
    expected = oracle.score_cam(
        lambda x: np.asarray(grid(x[None])[0]),
        lambda x: np.asarray(before(x[None])[0], np.float64) @ kernel + bias,
        image,
        1,
    )
    assert_equal_maps(classifier, image, 1, expected)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "weights"), [("EfficientNetLite0", "imagenet"), ("VGG16", "random")])
def test_map_equals_the_oracle_on_whole_networks(name, weights, scene):
    classifier = load_classifier(ModelSettings(model=name, weights=weights))
    image = classifier.prepare(scene)
    activations_of, logits_of = parts(classifier, classifier.layer)
    index = int(logits_of(image).argmax())
    assert_equal_maps(classifier, image, index, oracle.score_cam(activations_of, logits_of, image, index))


def assert_equal_maps(classifier, image, index, expected):
    for variant in Variant:
        found = explain(classifier, image, [index], variant=variant).classes[0].map
        # Of answers that hardly differ, as those of a few random channels, the differences are as exact as the answers.
        few = variant in OF_DIFFERENCES and (classifier.target.shape[2] or 0) < FEWEST_ANSWERS
        difference = np.abs(found - expected[variant]).max() / expected["article" if few else variant].max()
        print(f"{classifier.name} {variant}: largest difference {difference:.1e} of the maximum")
        assert difference <= 1e-4


def test_batch_size_changes_nothing(lite, scene):
    image = lite.prepare(scene)
    maps = {size: explain(lite, image, [CAT], batch_size=size, passes=SOME).classes[0].map for size in (1, 7, 16)}
    for size in (1, 7):
        assert np.abs(maps[size] - maps[16]).max() <= 1e-5 * maps[16].max()


def test_repeated_run_is_identical(lite, scene):
    image = lite.prepare(scene)
    first, second = (explain(lite, image, [CAT], passes=SOME).classes[0].map for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.fixture(scope="module")
def both(lite, scene):
    """The exact maps of both classes of the scene, and how many passes were told of."""
    assert [lite.labels.find(name, model="") for name in ("Egyptian cat", "espresso")] == [CAT, ESPRESSO]
    passes = []
    found = explain(lite, lite.prepare(scene), [CAT, ESPRESSO], on_passes=passes.append)
    return found, sum(passes)


def test_each_class_of_a_scene_lights_up_its_own_object(lite, both):
    cat, coffee = (each.map for each in both[0].classes)
    left = lite.size[1] // 2  # the cat is in the left half, the cup in the right
    assert cat[:, :left].sum() / cat.sum() > 0.8
    assert coffee[:, left:].sum() / coffee.sum() > 0.8


def test_several_classes_cost_the_passes_of_one(both):
    found, told = both
    assert told == found.passes == found.live_channels < found.channels


def test_a_class_has_the_same_map_whichever_are_asked_for_beside_it():
    classifier, image = scorecam_cli.wrap(model_zoo.residual(), preprocess="unit"), tiny.photo()
    together = explain(classifier, image, [0, 2])
    alone = explain(classifier, image, [2])
    assert alone.passes == together.passes
    np.testing.assert_array_equal(together.classes[1].map, alone.classes[0].map)


def test_one_trace_serves_every_photo_and_batch(lite, scene):
    for rgb in (scene, scene[:, ::-1], scene[:100]):
        explain(lite, lite.prepare(np.ascontiguousarray(rgb)), [CAT], batch_size=6, passes=16)
    assert lite.passes.traced.experimental_get_tracing_count() == 1
    assert lite.passes.answering.experimental_get_tracing_count() == 1


def test_constant_channel_adds_nothing():
    model = model_zoo.batch_norm()
    kernel, *_ = model.get_layer("conv").get_weights()
    kernel[..., 2] = 0  # channel 2 becomes constant
    model.get_layer("conv").set_weights([kernel])
    classifier = scorecam_cli.wrap(model, preprocess="unit")
    image = np.random.default_rng(1).uniform(0, 1, (16, 16, 3)).astype(np.float32)
    found = explain(classifier, image, [0])
    live = live_channels(classifier.observe(image).activations)
    assert 2 not in live
    assert found.passes == len(live) < found.channels == 6


def test_flat_activations_give_a_finite_zero_map_and_say_so():
    for variant in Variant:
        black = np.zeros((9, 9, 3), np.uint8)
        found = scorecam_cli.explain(black, tiny.two_lamps(), preprocess="none", layer="seen", variant=str(variant))
        assert found.passes == 0
        assert not found.classes[0].map.any()
        assert "constant" in found.warnings[0]


def test_values_that_are_not_finite_fail_the_photo():
    model = model_zoo.functional()
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([kernel * np.nan, bias])
    with pytest.raises(NumericsError, match="not finite"):
        scorecam_cli.explain(np.full((9, 9, 3), 7, np.uint8), model, preprocess="unit")


def test_map_depends_on_the_class_because_softmax_is_applied_once(lite, scene):
    image = lite.prepare(scene)
    grids = np.ascontiguousarray(lite.observe(image).activations[:, :, :64].transpose(2, 0, 1))
    answers = lite.masked_answers(image, grids, batch_size=64).answers
    np.testing.assert_allclose(answers.probabilities, [oracle.softmax(row) for row in answers.logits], atol=1e-6)
    weights = answers.probabilities[:, CAT]
    assert weights.max() > 3 * weights.min()  # softmax twice would leave at most a factor e


def test_paper_needs_logits():
    class Opaque(keras.Layer):
        def call(self, inputs):
            return keras.ops.softmax(inputs)

    image = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3)(image)
    x = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, Opaque()(x))
    rgb = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert scorecam_cli.explain(rgb, model, preprocess="unit").classes[0].score.logit is None
    with pytest.raises(ModelError, match="needs logits"):
        scorecam_cli.explain(rgb, model, preprocess="unit", variant="paper")
