"""Fewer passes: choosing, inferring, estimating; each part against a plain way to the same number."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import scorecam_cli
from scorecam_cli.choices import Selection, Variant
from scorecam_cli.config import ModelSettings
from scorecam_cli.loading.load import load_classifier
from scorecam_cli.models.answers import Answers, MaskedAnswers
from scorecam_cli.saliency import inference
from scorecam_cli.saliency.few_passes import FIRST_ROUND, pixel_coordinates, representative_passes
from scorecam_cli.saliency.inference import EXPONENTIAL, PROBABILITY, infer_weights, median_of
from scorecam_cli.saliency.question import live_channels
from scorecam_cli.saliency.representatives import medoid_order, spread_order, squared_distances
from scorecam_cli.saliency.upsampling import ranges
from tests.saliency import tiny

SAMPLES = Path(__file__).parents[2] / "sample_images"


@pytest.fixture(scope="module")
def lite():
    """The network; each mask of the photo is passed once, all together, and then remembered."""
    classifier = load_classifier(ModelSettings(model="EfficientNetLite0"))
    photo = classifier.prepare(np.asarray(Image.open(SAMPLES / "coffee.jpg")))
    activations = classifier.observe(photo).activations
    grids = np.ascontiguousarray(activations[:, :, live_channels(activations)].transpose(2, 0, 1))
    passed = classifier.masked_answers(photo, grids)
    places = {grid.tobytes(): place for place, grid in enumerate(grids)}

    def remembered(image, grids, *, filling=None, batch_size=None, on_passes=None):
        np.testing.assert_array_equal(image, photo)
        at = [places[grid.tobytes()] for grid in grids]
        if on_passes is not None:
            on_passes(len(at))
        answers = Answers(passed.answers.probabilities[at], passed.answers.logits[at])
        return MaskedAnswers(answers, passed.lows[at], passed.highs[at])

    classifier.masked_answers = remembered
    return classifier


@pytest.fixture(scope="module")
def image(lite):
    return lite.prepare(np.asarray(Image.open(SAMPLES / "coffee.jpg")))


@pytest.fixture(scope="module")
def exact(lite, image):
    return explain(lite, image)


def explain(classifier, image, **settings):
    return tiny.explain_on("score-cam", classifier, image, [967, 968], **settings)


def correlation(first, second):
    return np.corrcoef(first.ravel(), second.ravel())[0, 1]


def test_medoids_of_three_clusters_by_hand():
    # On a line: 0, 1, 2 | 10, 11, 12 | 30. The first medoid has the least sum of squares to all, then the far one pays
    # most, then the middle of the remaining cluster.
    points = np.array([0, 1, 2, 10, 11, 12, 30.0])[:, None]
    distances = squared_distances(points)
    by_hand = min(range(7), key=lambda at: sum((points[at] - each) ** 2 for each in points))
    order = medoid_order(distances, np.ones(7), 3)
    assert order[0] == by_hand == 3
    assert order[1] == 6
    assert order[2] == 1


def test_any_number_of_medoids_is_a_beginning_of_more():
    masks = np.random.default_rng(0).random((40, 9))
    distances, energies = squared_distances(masks), np.random.default_rng(1).random(40)
    whole = medoid_order(distances, energies, 40)
    assert sorted(whole) == list(range(40))
    for count in (1, 5, 20):
        np.testing.assert_array_equal(medoid_order(distances, energies, count), whole[:count])


def test_mask_that_moves_the_map_more_is_passed_first():
    masks = np.array([[0.0], [0.1], [5.0], [5.1]])
    light, heavy = np.array([1, 1, 1e-6, 1e-6]), np.array([1e-6, 1e-6, 1, 1])
    assert medoid_order(squared_distances(masks), light, 1)[0] in (0, 1)
    assert medoid_order(squared_distances(masks), heavy, 1)[0] in (2, 3)


def test_spread_is_the_standard_deviation():
    grids = np.array([[[0, 1]], [[5, 5]], [[0, 9]]], np.float32)
    assert spread_order(grids).tolist() == [2, 0, 1]


def test_inner_product_in_pixel_coordinates_is_the_covariance_over_pixels():
    generator = np.random.default_rng(2)
    first, second = generator.random((2, 3, 5))
    coordinates = pixel_coordinates((3, 5), (20, 28))
    maps = [
        np.asarray(tf.image.resize(grid[..., None].astype(np.float32), (20, 28)))[..., 0] for grid in (first, second)
    ]
    expected = np.mean((maps[0] - maps[0].mean()) * (maps[1] - maps[1].mean()))
    assert (first.ravel() @ coordinates) @ (second.ravel() @ coordinates) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("link", [PROBABILITY, EXPONENTIAL], ids=["probability", "exponential"])
def test_links_lead_there_and_back_and_moments_are_those_of_many_draws(link):
    weights = np.array([0.01, 0.3, 0.9])
    np.testing.assert_allclose(link.weight(link.latent(weights)), weights)
    means, variances = inference._moments(np.array([-1.0, 0.4]), np.array([0.3, 0.5]), link)
    drawn = link.weight(np.random.default_rng(0).normal((-1.0, 0.4), np.sqrt((0.3, 0.5)), (400_000, 2)))
    np.testing.assert_allclose(means, drawn.mean(axis=0), rtol=0.01)
    np.testing.assert_allclose(variances, drawn.var(axis=0), rtol=0.02)


def test_weights_that_follow_the_masks_are_inferred_and_noise_lowers_the_estimate():
    generator = np.random.default_rng(4)
    masks = generator.random((200, 6))
    smooth = 1 / (1 + np.exp(-(masks[:, 0] * 4 - 2)))
    noise = generator.random(200)
    distances, passed = squared_distances(masks), medoid_order(squared_distances(masks), np.ones(200), 40)
    parts = masks - masks.mean(axis=1, keepdims=True)
    known = {"distances": distances, "median": median_of(distances), "parts": parts}
    easy, hard = (infer_weights(each[passed], passed, **known)[0] for each in (smooth, noise))
    np.testing.assert_array_equal(easy.weights[passed], smooth[passed])
    assert correlation(easy.weights, smooth) > 0.95
    assert easy.estimated_correlation > hard.estimated_correlation


@pytest.mark.parametrize(("variant", "least"), [(Variant.ARTICLE, 0.98), (Variant.PAPER, 0.98), (Variant.FITTED, 0.9)])
def test_map_of_few_passes_is_close_and_closer_than_that_of_the_largest_spread(lite, image, variant, least):
    whole = explain(lite, image, variant=variant)
    few = explain(lite, image, variant=variant, passes=64)
    faster = explain(lite, image, variant=variant, passes=64, selection=Selection.FASTER)
    assert (few.passes, few.selection) == (64, "representatives")
    assert (faster.passes, faster.selection) == (64, "faster")
    for exact_map, near, rough in zip(whole.classes, few.classes, faster.classes, strict=True):
        assert correlation(near.map, exact_map.map) > least
        assert correlation(near.map, exact_map.map) > correlation(rough.map, exact_map.map)
        assert least - 0.1 < near.estimated_correlation < 1
        assert rough.estimated_correlation is None


def test_fidelity_is_reached_for_every_class_with_a_part_of_the_passes(lite, image, exact):
    done = []
    found = explain(lite, image, fidelity=0.98, on_passes=done.append)
    assert sum(done) == found.passes < found.live_channels / 3
    assert found.passes >= FIRST_ROUND
    for near, exact_map in zip(found.classes, exact.classes, strict=True):
        assert near.estimated_correlation >= 0.98
        assert correlation(near.map, exact_map.map) > 0.98


def test_as_many_passes_as_live_channels_are_the_exact_map(lite, image, exact):
    found = explain(lite, image, passes=5000)
    assert (found.selection, found.classes[0].estimated_correlation) == ("all", 1)
    np.testing.assert_array_equal(found.classes[0].map, exact.classes[0].map)


def blobs(seed, masks=90, side=7):
    """Grids [masks, side, side] of a bright spot each, and of two classes the answers: an object in a place is seen."""
    generator = np.random.default_rng(seed)
    axis = np.arange(side)
    places, widths = generator.uniform(0, side - 1, (2, masks)), generator.uniform(0.8, 2.5, masks)
    far = (axis[:, None, None] - places[0]) ** 2 + (axis[None, :, None] - places[1]) ** 2
    grids = np.moveaxis(np.exp(-far / (2 * widths**2)), 2, 0).astype(np.float32)
    objects = generator.uniform(1, side - 2, (2, 2))
    seen = np.stack([grids[:, int(row), int(column)] for row, column in objects])  # [2, masks]
    log_odds = 8 * (seen - generator.uniform(0.3, 0.6, (2, 1))) + generator.normal(0, 0.5, seen.shape)
    return grids, 1 / (1 + np.exp(-log_odds))


def few_of(grids, truth, *, passes=None, fidelity=1.0):
    """Found weights, and of each class the true correlation of the sum of masks without their mean."""
    flat = grids.reshape(len(grids), -1).astype(np.float64)
    parts = (flat - flat.mean(axis=0)) @ pixel_coordinates(grids.shape[1:], (28, 28))
    found = representative_passes(
        grids,
        weigh=lambda numbers: truth[:, numbers],
        link=PROBABILITY,
        parts=parts,
        energies=np.einsum("np,np->n", parts, parts),
        telling=parts,
        ranges=(grids.min(axis=(1, 2)), grids.max(axis=(1, 2))),
        layers=np.zeros(len(grids), int),
        passes=passes,
        fidelity=fidelity,
    )
    maps = [(each.weights @ parts, weights @ parts) for each, weights in zip(found.inferred, truth, strict=True)]
    return found, np.array([a @ b / np.sqrt((a @ a) * (b @ b)) for a, b in maps])


@pytest.mark.parametrize("passes", [16, 24, 36])
def test_the_estimate_is_not_above_the_truth_on_nine_photos_in_ten(passes):
    below = []
    for seed in range(15):
        found, true = few_of(*blobs(seed), passes=passes)
        assert len(found.passed) == len(set(found.passed)) == passes
        below += [each.estimated_correlation <= of_class for each, of_class in zip(found.inferred, true, strict=True)]
    assert np.mean(below) >= 0.9


def test_a_fidelity_that_is_asked_for_is_reached_on_nineteen_photos_in_twenty():
    reached, counts = [], []
    for seed in range(20):
        found, true = few_of(*blobs(seed), fidelity=0.95)
        reached += (true >= 0.95).tolist()
        counts.append(len(found.passed))
    assert np.mean(reached) >= 0.95
    assert np.mean(counts) < 0.8 * 90


def test_fidelity_out_of_reach_ends_with_every_mask_passed_once_and_exact_weights():
    generator = np.random.default_rng(5)
    grids = generator.random((21, 3, 3)).astype(np.float32)
    truth = generator.random((2, 21))  # noise: nothing can be inferred
    asked = []

    def weigh(numbers):
        asked.extend(numbers)
        return truth[:, numbers]

    found = representative_passes(
        grids,
        weigh=weigh,
        link=PROBABILITY,
        parts=grids.reshape(21, 9).astype(np.float64),
        energies=np.ones(21),
        telling=grids.reshape(21, 9).astype(np.float64),
        ranges=(grids.min(axis=(1, 2)), grids.max(axis=(1, 2))),
        layers=np.zeros(len(grids), int),
        passes=None,
        fidelity=1 - 1e-12,
    )
    assert sorted(asked) == list(range(21))
    assert sorted(found.passed) == list(range(21))
    for inferred, weights in zip(found.inferred, truth, strict=True):
        np.testing.assert_array_equal(inferred.weights, weights)
        assert inferred.estimated_correlation == 1


def test_ranges_are_those_of_the_masked_passes(lite, image):
    activations = lite.observe(image).activations
    grids = np.ascontiguousarray(activations[:, :, live_channels(activations)[:70]].transpose(2, 0, 1))
    masked = lite.masked_answers(image, grids)
    for ours, theirs in zip(ranges(grids, lite.size), (masked.lows, masked.highs), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_few_passes_of_a_photo_in_memory(image):
    del image
    rgb = np.asarray(Image.open(SAMPLES / "coffee.jpg"))
    from tests.loading import model_zoo

    found = scorecam_cli.explain(rgb, model_zoo.rescaling(), passes=4)
    assert found.passes <= 6  # of 6 channels: too few to infer from
    assert found.classes[0].estimated_correlation == 1 or found.passes == 4
