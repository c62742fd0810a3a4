"""Eigen-CAM: by hand, against plain loops, the sign, and that no class counts."""

import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.saliency.eigen_cam import first_component
from tests.loading import model_zoo
from tests.saliency import oracle, tiny


def test_component_of_the_model_solved_by_hand():
    # Rows of the matrix: (8, 0) at (0, 0), (8, 4) at (1, 1), (0, 4) at (3, 3). A^T A is [[128, 32], [32, 32]]: its
    # larger eigenvalue is 80 + sqrt(48^2 + 32^2), of the vector (32, value - 128).
    value = 80 + np.hypot(48, 32)
    along = np.array([32, value - 128]) / np.hypot(32, value - 128)
    expected = tiny.lit()[..., :2] @ along  # [4, 4]
    for found in tiny.maps("eigen-cam", tiny.lamps(), tiny.lit(), [0, 1], layer="seen"):
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def powered(activations):
    """The same by multiplying a vector by A^T A again and again."""
    rows = [activations[place] for place in np.ndindex(activations.shape[:2])]
    vector = np.ones(activations.shape[2])
    for _ in range(2000):
        grown = np.zeros_like(vector)
        for row in rows:
            grown += row * (row @ vector)
        vector = grown / np.linalg.norm(grown)
    grid = np.array([row @ vector for row in rows]).reshape(activations.shape[:2])
    return grid if grid.sum() > 0 else -grid


@pytest.mark.parametrize("build", [model_zoo.functional, model_zoo.custom_layer], ids=lambda build: build.__name__)
def test_map_equals_plain_loops(build):
    model = build()
    image = model_zoo.example_images(model)[0]
    classifier = scorecam_cli.wrap(model, preprocess="none")
    expected = powered(classifier.observe(image).activations.astype(np.float64))
    expected = oracle.upsample(np.maximum(expected, 0), *image.shape[:2])
    found = tiny.explain_on("eigen-cam", classifier, image, [0]).classes[0].map
    assert tiny.difference(found, expected, "eigen-cam, plain loops") <= 1e-4


@pytest.mark.parametrize("seed", range(6))
def test_sign_is_that_of_the_sum_whatever_the_channels_signs_and_order(seed):
    random = np.random.default_rng(seed)
    activations = random.normal(size=(4, 5, 6)).astype(np.float32)
    grid = first_component(activations)
    assert grid.sum() > 0
    for same in (-activations, activations[..., ::-1], activations * random.choice([-1, 1], 6).astype(np.float32)):
        np.testing.assert_allclose(first_component(same), grid, atol=1e-5)


def test_of_activations_that_are_never_negative_nothing_is_cut():
    assert first_component(np.random.default_rng(4).random((4, 5, 6)).astype(np.float32)).min() >= 0


def test_one_map_serves_all_classes_and_a_warning_says_so():
    classifier = scorecam_cli.wrap(model_zoo.functional(), preprocess="none")
    both = tiny.explain_on("eigen-cam", classifier, tiny.photo(), [0, 1])
    np.testing.assert_array_equal(both.classes[0].map, both.classes[1].map)
    assert "eigen-cam looks at no class: the map is the same for each" in both.warnings
    assert not tiny.explain_on("eigen-cam", classifier, tiny.photo(), [0]).warnings
