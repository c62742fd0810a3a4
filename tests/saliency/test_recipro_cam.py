"""Recipro-CAM: by hand, against plain loops over the whole network's layers, and what must hold of any photo."""

import keras
import numpy as np

from scorecam_cli.saliency.recipro_cam import KERNEL, cells
from tests.loading import transformers
from tests.saliency import oracle, tiny


def test_map_of_the_model_solved_by_hand():
    # 2 x 2 cells: each sees itself at 1/4, those beside it at 1/8, the one across at 1/16. Red counts for class 0 with
    # the weights 1, -1, 0.5, 0 by position, green with 0, 2, 0, -1; for class 1 with -1, 0, 0, 3 and 1, 0, 0, 1.
    model, image = tiny.positions()
    products = np.array([[1, -2, 1.5, 0], [0, 10, 0, -5]]).sum(axis=0), np.array([-1 + 0, 0, 0, 12 + 5])
    around = np.array([[4, 2, 2, 1], [2, 4, 1, 2], [2, 1, 4, 2], [1, 2, 2, 4]]) / 16
    first, second = around @ products[0], around @ products[1]
    shares = 1 / (1 + np.exp(second - first))  # the softmax of two logits
    expected = (shares - shares.min()) / (shares.max() - shares.min())
    maps = tiny.maps("recipro-cam", model, image, [0, 1], layer="seen")
    np.testing.assert_allclose(maps[0], expected.reshape(2, 2), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(maps[1], 1 - expected.reshape(2, 2), rtol=1e-5, atol=1e-6)


def test_map_equals_plain_loops():
    model, image = tiny.seeing(activation=None), tiny.photo()
    last = model.get_layer("last").output
    grid = np.asarray(keras.Model(model.inputs[0], last)(image[None])[0], np.float64)
    behind = keras.Model(last, model.outputs[0])
    height, width, channels = grid.shape
    found = np.zeros((height, width))
    for row, column in np.ndindex(height, width):
        given = np.zeros((height, width, channels))
        for down, right in np.ndindex(3, 3):
            y, x = row + down - 1, column + right - 1
            if 0 <= y < height and 0 <= x < width:
                given[y, x] = grid[y, x] * 2.0 ** -(2 + abs(down - 1) + abs(right - 1))
        logits = np.asarray(behind(given[None].astype(np.float32))[0])
        found[row, column] = oracle.softmax(logits)[1]
    expected = oracle.upsample((found - found.min()) / (found.max() - found.min()), 16, 16)
    (made,) = tiny.maps("recipro-cam", model, image, [1])
    assert tiny.difference(made, expected, "recipro-cam, plain loops") <= 1e-4


def test_of_a_transformer_the_tokens_of_the_grid_are_masked_and_no_others():
    keras.utils.set_random_seed(3)
    model, image = transformers.vit(prefix=2, head="two"), tiny.photo(shape=(32, 32, 3))
    layer = {each.name: each for each in model.layers}
    before = [layer[name].output for name in ("block1_norm1", "block0_add2")]  # the target, and what goes around it
    made, around = (np.asarray(each) for each in keras.Model(model.inputs[0], before)(image[None]))
    tokens = np.repeat(made, 64, axis=0)  # [64, 2 + 8 * 8, 32]
    for cell, (row, column) in enumerate(np.ndindex(8, 8)):
        for token, (y, x) in enumerate(np.ndindex(8, 8)):
            apart = abs(y - row), abs(x - column)
            tokens[cell, 2 + token] *= 2.0 ** -(2 + sum(apart)) if max(apart) < 2 else 0
    x = around + layer["block1_attention"](tokens, tokens)
    x = x + layer["block1_mlp2"](layer["block1_mlp1"](layer["block1_norm2"](x)))
    logits = np.asarray(layer["head"](keras.ops.mean(layer["norm"](x)[:, :2], axis=1)))
    found = np.array([oracle.softmax(each)[1] for each in logits]).reshape(8, 8)
    expected = oracle.upsample((found - found.min()) / (found.max() - found.min()), 32, 32)
    (explanation,) = tiny.maps("recipro-cam", model, image, [1], layer="block1_norm1")
    assert tiny.difference(explanation, expected, "recipro-cam of tokens, plain loops") <= 1e-3


def test_each_cell_is_seen_as_much_as_it_is_told():
    masks = cells((3, 4), 0, 12)  # [12, 3, 4]
    assert KERNEL.sum() == 1
    inner = masks[5]  # row 1, column 1
    np.testing.assert_array_equal(inner[:, :3], KERNEL)
    assert (inner[:, 3] == 0).all()
    np.testing.assert_array_equal(masks[11][1:, 2:], KERNEL[:2, :2])  # what lies over the edge is cut off
    np.testing.assert_array_equal(cells((3, 4), 4, 7), masks[4:7])


def test_batch_size_changes_nothing():
    model, image = tiny.seeing(), tiny.photo()
    (one,), (many,) = (tiny.maps("recipro-cam", model, image, [0], batch_size=size) for size in (5, 300))
    np.testing.assert_allclose(one, many, atol=1e-4)


def test_maps_span_zero_to_one_whatever_the_class():
    model, image = tiny.seeing(), tiny.photo()
    for found in tiny.maps("recipro-cam", model, image, [0, 1, 2]):
        assert (found.min(), found.max()) == (0, 1)  # the grid is as large as the photo
