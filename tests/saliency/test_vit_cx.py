"""ViT-CX: by hand, against plain loops, and what its correction for coverage is for."""

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.saliency import clusters, vit_cx
from scorecam_cli.saliency.clusters import merged_masks
from tests.saliency import oracle, tiny


def test_map_of_the_model_solved_by_hand(monkeypatch):
    # Without noise: each colour's lamps are one mask. Under red's, green is seen half lit at (1, 1) and no red is lost;
    # under green's, the red there and all green. Each pixel is the probability under the masks that show it.
    monkeypatch.setattr(vit_cx, "NOISE", 0.0)
    model, image = tiny.lamps(), tiny.lit()
    (found,) = tiny.maps("vit-cx", model, image, [0], layer="seen")
    logits = (
        {"red": (16 * 3 - 4 * 2) / 16, "green": (8 * 3 - 8 * 2) / 16},
        {
            "red": (-16 + 4 * 5) / 16,
            "green": (-8 + 8 * 5) / 16,
        },
    )
    left = {name: 1 / (1 + np.exp(logits[1][name] - logits[0][name])) for name in ("red", "green")}
    expected = np.zeros((4, 4))
    expected[0, 0], expected[3, 3], expected[1, 1] = left["red"], left["green"], sum(left.values()) / 2
    np.testing.assert_allclose(found, expected, atol=1e-4)


def looped(model, image, index, *, seed):
    """The map the plain way, one mask and two passes after the other."""
    probability = lambda photo: float(oracle.softmax(np.asarray(model(photo[None].astype(np.float32))[0]))[index])  # noqa: E731
    grid = np.asarray(keras.Model(model.inputs[0], model.get_layer("last").output)(image[None])[0], np.float64)
    scaled = lambda mask: (mask - mask.min()) / (mask.max() - mask.min() + oracle.EPSILON)  # noqa: E731
    masks = [scaled(oracle.upsample(each, *image.shape[:2])) for each in np.moveaxis(grid, 2, 0)]
    groups = [[number] for number in range(len(masks))]
    apart = lambda a, b: 1 - (masks[a] * masks[b]).sum() / np.linalg.norm(masks[a]) / np.linalg.norm(masks[b])  # noqa: E731
    while True:
        pairs = [
            (max(apart(a, b) for a in groups[one] for b in groups[other]), one, other)
            for one in range(len(groups))
            for other in range(one + 1, len(groups))
        ]
        if not pairs or min(pairs)[0] >= clusters.APART:
            break
        _, one, other = min(pairs)
        groups[one] += groups.pop(other)
    sums, cover = np.zeros(image.shape[:2]), np.zeros(image.shape[:2])
    for number, group in enumerate(sorted(groups, key=min)):
        mask = scaled(sum(masks[each] for each in group))
        drawn = np.random.default_rng((seed, number)).standard_normal(image.shape, np.float32)
        noise = drawn * vit_cx.NOISE * image.std() * (1 - mask[..., None])
        score = probability(image * mask[..., None] + noise) - probability(image + noise) + probability(image)
        sums, cover = sums + score * mask, cover + mask
    return np.maximum(sums / cover, 0), len(groups)


@pytest.mark.parametrize("apart", [0.1, 0.4])
def test_map_equals_plain_loops(monkeypatch, apart):
    monkeypatch.setattr(clusters, "APART", apart)
    model, image = tiny.seeing(activation=None), tiny.photo()
    expected, groups = looped(model, image, 1, seed=5)
    found = tiny.explained("vit-cx", model, image, [1], seed=5)
    assert found.passes == 2 * groups
    assert groups == (5 if apart == 0.1 else 3)
    assert tiny.difference(found.classes[0].map, expected, f"vit-cx of {groups} groups, plain loops") <= 1e-4


def test_like_channels_are_one_mask():
    rng = np.random.default_rng(3)
    first, second = rng.uniform(0, 1, (2, 3, 3)).astype(np.float32)
    first[0, 0], second[0, 0], second[2, 2] = 0, 1, 0
    merged = merged_masks(np.stack([first, 7 * first + 2, second, second]), (3, 3))
    assert len(merged) == 2
    np.testing.assert_allclose(merged[0] / merged[0].max(), first / first.max(), atol=1e-5)


def test_a_pixel_is_not_bright_because_many_masks_show_it(monkeypatch):
    # Every mask leaves the same probability, so the map is flat wherever one is open; Score-CAM's is their sum.
    monkeypatch.setattr(vit_cx, "NOISE", 0.0)
    model, image = tiny.seeing(), tiny.photo()
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([kernel * 0, bias])
    (found,) = tiny.maps("vit-cx", model, image, [1])
    (summed,) = tiny.maps("score-cam", model, image, [1])
    assert found.max() - found.min() <= 1e-4 * found.max()
    assert summed.max() - summed.min() >= 0.5 * summed.max()


@pytest.mark.parametrize("size", [1, 3, 64])
def test_batch_size_changes_nothing(size):
    classifier = scorecam_cli.wrap(tiny.seeing(), preprocess="none")
    one, other = (
        tiny.explain_on("vit-cx", classifier, tiny.photo(), [0, 2], batch_size=each, seed=1) for each in (2, size)
    )
    for first, second in zip(one.classes, other.classes, strict=True):
        np.testing.assert_allclose(first.map, second.map, rtol=1e-4, atol=1e-6)
