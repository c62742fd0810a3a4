"""The methods against xplique, another implementation, where it is installed (it pins an older TensorFlow)."""

import warnings

import numpy as np
import pytest
import tensorflow as tf

from scorecam_cli.saliency.integrated_gradients import attributions
from scorecam_cli.saliency.maps import MethodSettings
from tests.saliency import tiny

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    xplique = pytest.importorskip("xplique.attributions", reason="xplique is not installed")

INDEX = 1


@pytest.fixture(scope="module")
def logits():
    return tiny.seeing(activation=None)


@pytest.fixture(scope="module")
def probabilities():
    return tiny.seeing(activation="softmax")


def theirs(explainer, image):
    target = np.eye(3, dtype=np.float32)[[INDEX]]
    return np.asarray(explainer(image[None], target))[0]


def ours(name, model, **options):
    return tiny.maps(name, model, tiny.photo(), [INDEX], **options)[0]


def test_grad_cam(logits):
    expected = theirs(xplique.GradCAM(logits, conv_layer="last"), tiny.photo())[..., 0]
    assert tiny.difference(ours("grad-cam", logits), expected, "grad-cam, xplique") <= 1e-5


def test_grad_cam_plus_plus(logits):
    # xplique takes means over the grid where the paper has sums. With gradients 256 times as large (as many as there
    # are positions) its weights are those of the paper.
    steep = tiny.seeing(activation=None)
    kernel, bias = steep.get_layer("head").get_weights()
    steep.get_layer("head").set_weights([kernel * 256, bias])
    expected = theirs(xplique.GradCAMPP(steep, conv_layer="last"), tiny.photo())[..., 0]
    assert tiny.difference(ours("grad-cam++", logits), expected, "grad-cam++, xplique") <= 1e-5


def test_gradient(logits):
    expected = theirs(xplique.Saliency(logits, reducer="max"), tiny.photo())[..., 0]
    assert tiny.difference(ours("gradient", logits), expected, "gradient, xplique") <= 1e-5


def test_smoothgrad_with_noise_of_its_own(logits):
    image = tiny.photo()
    tf.random.set_seed(3)
    noise = 0.15 * (image.max() - image.min())
    explainer = xplique.SmoothGrad(logits, reducer=None, nb_samples=1000, noise=noise, batch_size=100)
    expected = np.abs(theirs(explainer, image)).max(axis=-1)
    found = ours("smoothgrad", logits, passes=1000)
    correlation = np.corrcoef(found.ravel(), expected.ravel())[0, 1]
    print(f"smoothgrad, xplique: correlation {correlation:.5f}")
    assert correlation > 0.99
    assert tiny.difference(found, expected, "smoothgrad, xplique") <= 0.1


def test_integrated_gradients(logits):
    import scorecam_cli

    image = tiny.photo()
    expected = theirs(xplique.IntegratedGradients(logits, reducer=None, steps=50), image)
    found = attributions(
        tiny.question(scorecam_cli.wrap(logits, preprocess="none"), image), INDEX, MethodSettings(), lambda _: None
    )
    assert tiny.difference(found, expected, "integrated-gradients, xplique") <= 1e-4
    share = tiny.difference(ours("integrated-gradients", logits), np.maximum(expected.sum(axis=2), 0), "their map")
    assert share <= 1e-4


def test_occlusion(probabilities):
    # xplique sums over patches; patches of 2 by steps of 1 lie on a pixel 1, 2 or 4 times.
    explainer = xplique.Occlusion(probabilities, patch_size=2, patch_stride=1)
    sides = np.array([1, *[2] * 14, 1])
    expected = np.maximum(theirs(explainer, tiny.photo())[..., 0] / np.outer(sides, sides), 0)
    assert tiny.difference(ours("occlusion", probabilities), expected, "occlusion, xplique") <= 1e-3


def test_rise_with_masks_of_its_own(probabilities):
    tf.random.set_seed(3)
    explainer = xplique.Rise(probabilities, nb_samples=8000, grid_size=7, batch_size=100)
    expected = theirs(explainer, tiny.photo())[..., 0]  # divided by the sum of masks, ours by its expectation
    found = ours("rise", probabilities, passes=8000)
    share = float(np.abs(found - expected).max() / expected.mean())
    print(f"rise, xplique: largest difference {share:.1e} of the mean")
    assert share <= 0.08
