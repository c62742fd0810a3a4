"""What stands where a pixel is hidden: against plain loops, and what must not change."""

import dataclasses
import re

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.choices import Fill, Variant
from scorecam_cli.errors import UsageError
from scorecam_cli.saliency.fills import STRONG_BLUR, filled
from scorecam_cli.saliency.maps import MethodSettings
from scorecam_cli.saliency.methods import METHODS, check, check_methods, takers
from tests.loading import model_zoo
from tests.saliency import oracle, tiny

FEW = {"rise": 12, "ss-cam": 2, "is-cam": 2, "opti-cam": 3}
HIDING = [Fill.MEAN, Fill.BLUR]


def blurred(image, share=5 / 224):
    """Gaussian, its deviation a share of the side, pixel by pixel, weights normalised within the photo."""
    height, width, _ = image.shape
    rows, columns = np.mgrid[:height, :width]
    result = np.zeros(image.shape)
    for row in range(height):
        for column in range(width):
            y, x = (rows - row) / (height * share), (columns - column) / (width * share)
            weights = np.exp(-0.5 * (x * x + y * y))
            result[row, column] = (weights[..., None] * image).sum((0, 1)) / weights.sum()
    return result


def test_blur_keeps_a_photo_of_one_colour_and_the_right_way_round():
    grey = np.full((30, 50, 3), 0.25, np.float32)
    np.testing.assert_allclose(filled(grey, Fill.BLUR), grey, atol=1e-6)
    stripes = np.tile(np.arange(50) % 2, (30, 1))[..., None].astype(np.float32)  # [30, 50, 1]
    smooth = filled(stripes, Fill.BLUR)
    np.testing.assert_allclose(smooth, blurred(stripes), atol=1e-6)
    assert np.ptp(smooth, axis=1).max() > 100 * np.ptp(smooth, axis=0).max()


def test_blur_of_masked_pixels_is_a_share_of_each_side():
    image = tiny.photo(3, (12, 20, 3))
    np.testing.assert_allclose(filled(image, Fill.BLUR, blur=STRONG_BLUR), blurred(image, STRONG_BLUR), atol=1e-6)


def test_photo_behind_masks_by_hand():
    image = np.float32([[[8, 0], [0, 4]]])  # the mean is 4, 2
    masks = np.float32([[[1, 0.25]], [[0, 0.5]]])
    asked = tiny.question(scorecam_cli.wrap(tiny.seeing(), preprocess="none"), tiny.photo())
    asked = dataclasses.replace(asked, image=image)
    shown = {Fill.ZERO: [[[[8, 0], [0, 1]]], [[[0, 0], [0, 2]]]], Fill.MEAN: [[[[8, 0], [3, 2.5]]], [[[4, 2], [2, 3]]]]}
    for fill, expected in shown.items():
        np.testing.assert_allclose(asked.filled_by(fill).behind(masks), expected)


def normalised():
    """A network with batch normalisation, whose 20 channels are as many as a fit needs."""
    image = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(20, 3, strides=2, name="conv")(image)
    x = keras.layers.ReLU(name="out")(keras.layers.BatchNormalization(name="norm")(x))
    x = keras.layers.Dense(3, activation="softmax", name="head")(keras.layers.GlobalAveragePooling2D()(x))
    return model_zoo._weighted(keras.Model(image, x))


def of_model(model, layer):
    """image [H, W, c] -> [h, w, K] and [C], by sub-models of a model whose last layer is dense with a softmax."""
    grid = keras.Model(model.inputs[0], model.get_layer(layer).output)
    before = keras.Model(model.inputs[0], model.layers[-1].input)
    kernel, bias = (np.asarray(each, np.float64) for each in model.layers[-1].get_weights())
    return (
        lambda image: np.asarray(grid(image[None])[0], np.float64),
        lambda image: np.asarray(before(image[None].astype(np.float32))[0], np.float64) @ kernel + bias,
    )


@pytest.fixture(scope="module")
def folded():
    """The same with its weights folded into its passes, and a photo."""
    classifier = scorecam_cli.wrap(normalised(), preprocess="none")
    classifier.passes._frozen = True
    assert classifier.passes.folded
    return classifier, tiny.photo()


@pytest.mark.parametrize("fill", Fill)
def test_every_variant_equals_plain_loops_whatever_is_seen_behind_a_mask(folded, fill):
    classifier, image = folded
    grid_of, logits_of = of_model(classifier.model, classifier.layer)
    hidden = {
        Fill.ZERO: np.zeros_like(image),
        Fill.MEAN: np.ones_like(image) * image.mean(axis=(0, 1)),
        Fill.BLUR: blurred(image, 1 / 8),
    }
    expected = oracle.score_cam(grid_of, logits_of, image, 1, hidden=hidden[fill])
    for variant in Variant:
        found = tiny.explain_on("score-cam", classifier, image, [1], variant=variant, fill=fill)
        assert found.fill == fill
        share = np.abs(found.classes[0].map - expected[variant]).max() / expected["article"].max()
        print(f"{fill}, {variant}: largest difference {share:.1e} of the maximum")
        assert share <= 1e-4


def seeing_more(model, more):
    """The same model of photos from which something was taken away, which it adds again."""
    image = keras.Input(model.inputs[0].shape[1:])
    return keras.Model(image, model(image + more[None]))


@pytest.mark.parametrize(("fill", "head"), [(Fill.MEAN, "linear"), (Fill.BLUR, "softmax")])
def test_a_fill_is_the_zero_of_a_model_that_adds_it_to_its_photo(fill, head):
    # F + (X - F) M is what such a model sees of X - F under M: maps, closed photos and few passes must all agree.
    model, image = tiny.seeing(None if head == "linear" else head), tiny.photo(3)
    hidden = filled(image, fill, blur=STRONG_BLUR)
    plain = scorecam_cli.wrap(model, preprocess="none", head=head)
    other = scorecam_cli.wrap(seeing_more(model, hidden), preprocess="none", head=head)
    for name in takers("fill"):
        if name == "vit-cx" or (head == "linear" and not METHODS[name].of_outputs):
            continue  # the noise of vit-cx follows the spread of the photo, which is another without F
        for options in _forms(name, head):
            options |= {"passes": FEW.get(name), "seed": 1} if name in FEW else {}
            found = tiny.explain_on(name, plain, image, [0, 2], fill=fill, **options)
            same = tiny.explain_on(name, other, image - hidden, [0, 2], **options)
            zero = tiny.explain_on(name, plain, image, [0, 2], **options)
            largest = max(each.map.max() for each in same.classes)
            for mine, theirs in zip(found.classes, same.classes, strict=True):
                np.testing.assert_allclose(mine.map, theirs.map, atol=2e-4 * largest, err_msg=f"{name} {options}")
            assert any(np.ptp(a.map - b.map) > 0.01 * largest for a, b in zip(found.classes, zero.classes, strict=True))


def _forms(name, head):
    if name != "score-cam":
        return [{}]
    without = {Variant.PAPER} if head == "linear" else set()
    return [{"variant": each} for each in Variant if each not in without] + [{"passes": 4}]


def test_noise_of_vit_cx_is_added_to_what_is_seen_behind_a_mask():
    model, image = tiny.seeing(), tiny.photo(3)
    classifier = scorecam_cli.wrap(model, preprocess="none")
    shown = []
    answers = classifier.photo_answers
    classifier.photo_answers = lambda count, images, **options: (
        shown.append(images(0, count)),
        answers(count, images, **options),
    )[1]
    tiny.explain_on("vit-cx", classifier, image, [0], fill=Fill.MEAN)
    tiny.explain_on("vit-cx", classifier, image, [0])
    filled_in, plain = shown
    np.testing.assert_array_equal(filled_in[1::2], plain[1::2])  # the whole photo with its noise
    apart = (filled_in[::2] - plain[::2]) / image.mean(axis=(0, 1))  # 1 - M, the same for all colours
    np.testing.assert_allclose(apart, np.repeat(apart[..., :1], 3, axis=-1), atol=1e-5)
    assert apart.min() > -1e-5
    assert apart.max() == pytest.approx(1, abs=1e-4)


def test_nothing_of_a_photo_of_one_colour_is_hidden_by_its_mean_or_its_blur():
    image = np.full((16, 16, 3), 0.4, np.float32)
    classifier = scorecam_cli.wrap(tiny.seeing(), preprocess="none")
    for fill in HIDING:
        found = tiny.explain_on("occlusion", classifier, image, [0], fill=fill).classes[0]
        assert found.map.max() < 1e-6
        assert "the class keeps the same probability under every mask" in " ".join(found.doubts)


@pytest.mark.parametrize("name", [name for name in METHODS if name not in takers("fill")])
def test_method_that_masks_no_pixels_has_no_use_for_a_fill(name):
    with pytest.raises(
        UsageError, match=f"--fill is of score-cam and .*; leave it out with --method {re.escape(name)}"
    ):
        check(name, MethodSettings(fill=Fill.MEAN))


def test_among_several_methods_one_that_masks_is_enough():
    settings = MethodSettings(fill=Fill.BLUR)
    check_methods(["grad-cam", "rise"], settings)
    with pytest.raises(
        UsageError, match="--fill blur is what masked pixels become, and none of grad-cam, cam masks any"
    ):
        check_methods(["grad-cam", "cam"], settings)
