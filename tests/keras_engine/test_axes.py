"""Axes that know where the photo lies: by hand, and against arrays that carry their own positions."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scorecam_cli.keras_engine import axes as ax

PICTURE = (ax.whole(ax.BATCH, 7), ax.whole(ax.ROWS, 4), ax.whole(ax.COLUMNS, 6), ax.features(5))


def turned(axes, order):
    return tuple(axes[at] for at in order)


def test_a_grid_folded_up_is_tokens_row_by_row():
    tokens = ax.reshaped(PICTURE, [7, 24, 5])
    assert ax.folded_tokens(tokens[1]) == (4, 6, 0)
    assert ax.is_batch(tokens[:1])
    assert ax.is_channel(tokens[2])
    assert ax.reshaped(tokens, [7, 4, 6, 5]) == PICTURE


def test_columns_before_rows_are_no_tokens():
    tokens = ax.reshaped(turned(PICTURE, [0, 2, 1, 3]), [7, 24, 5])
    assert ax.folded_tokens(tokens[1]) is None


def test_tokens_behind_a_prefix_keep_it_until_it_is_cut_off():
    tokens = ax.reshaped(PICTURE, [7, 24, 5])[1]
    behind = ax.behind_each_other([ax.features(2), tokens])
    assert ax.folded_tokens(behind) == (4, 6, 2)
    assert ax.folded_tokens(ax.sliced(behind, 1, 25, 1)) == (4, 6, 1)
    assert ax.sliced(behind, 2, 24, 1) == tokens
    assert ax.is_plain(ax.sliced(behind, 0, 1, 1))
    assert ax.folded_tokens(ax.behind_each_other([tokens, ax.features(2)])) is None
    assert ax.folded_tokens(ax.behind_each_other([ax.features(17), tokens])) is None


def test_windows_are_no_picture_and_put_together_again_they_are():
    cut = ax.reshaped(PICTURE, [7, 2, 2, 3, 2, 5])
    windows = ax.reshaped(turned(cut, [0, 1, 3, 2, 4, 5]), [42, 2, 2, 5])
    assert not ax.is_batch(windows[:1])
    assert not ax.picture_side(windows[1], ax.ROWS)
    back = ax.reshaped(turned(ax.reshaped(windows, [7, 2, 3, 2, 2, 5]), [0, 1, 3, 2, 4, 5]), [7, 4, 6, 5])
    assert back == PICTURE


def test_neighbours_merged_into_channels_leave_a_coarser_picture():
    cut = ax.reshaped(PICTURE, [7, 2, 2, 3, 2, 5])
    merged = ax.reshaped(turned(cut, [0, 1, 3, 2, 4, 5]), [7, 2, 3, 20])
    assert (ax.picture_side(merged[1], ax.ROWS), ax.picture_side(merged[2], ax.COLUMNS)) == (2, 3)
    assert ax.is_channel(merged[3])
    assert not ax.is_channel(ax.reshaped(PICTURE, [7, 4, 30])[2])  # all columns among the channels


def test_a_turned_or_rolled_picture_is_none_until_it_is_turned_or_rolled_back():
    rows = PICTURE[1]
    flipped, rolled = ax.sliced(rows, 3, 4, -1), ax.rolled(rows, -1)
    for other in (flipped, rolled):
        assert not ax.picture_side(other, ax.ROWS)
    assert ax.sliced(flipped, 3, 4, -1) == rows == ax.rolled(rolled, 1)


def test_two_that_say_otherwise_meet_as_none():
    transposed = turned(PICTURE, [0, 2, 1, 3])
    square = (PICTURE[0], ax.whole(ax.ROWS, 4), ax.whole(ax.COLUMNS, 4), PICTURE[3])
    assert ax.lined_up([square, square], [7, 4, 4, 5]) == square
    assert all(map(ax.is_plain, ax.lined_up([square, turned(square, [0, 2, 1, 3])], [7, 4, 4, 5])[1:]))
    assert ax.lined_up([transposed, (ax.features(5),)], [7, 6, 4, 5]) == transposed


@st.composite
def walks(draw):
    """Reshapings and transpositions of [7, 4, 6, 5], as shapes and orders."""
    sizes, steps = [7, 2, 2, 3, 2, 5], []
    for _ in range(draw(st.integers(1, 4))):
        order = draw(st.permutations(range(len(sizes))))
        sizes = [sizes[at] for at in order]
        steps.append(order)
    joints = sorted(draw(st.sets(st.integers(1, 5))))
    return steps, [int(np.prod(part)) for part in np.split(np.array(sizes), joints)]


@settings(max_examples=200, deadline=None)
@given(walks())
def test_every_axis_says_where_its_numbers_come_from(walk):
    steps, shape = walk
    rows, columns = np.broadcast_arrays(np.arange(4)[:, None], np.arange(6)[None, :])
    arrays = {
        kind: np.broadcast_to(of[None, :, :, None], (7, 4, 6, 5)).reshape(7, 2, 2, 3, 2, 5)
        for kind, of in ((ax.ROWS, rows), (ax.COLUMNS, columns))
    }
    axes = ax.reshaped(PICTURE, [7, 2, 2, 3, 2, 5])
    for order in steps:
        axes = turned(axes, order)
        arrays = {kind: array.transpose(order) for kind, array in arrays.items()}
    axes = ax.reshaped(axes, shape)
    assert [ax.length(axis) for axis in axes] == shape
    for kind, array in arrays.items():
        said = np.zeros(shape, int)
        for at, axis in enumerate(axes):
            index = np.arange(shape[at])
            for part in axis[::-1]:
                here, index = index % part.size, index // part.size
                if part.kind == kind:
                    said += (here * part.stride).reshape([-1 if at == other else 1 for other in range(len(shape))])
        np.testing.assert_array_equal(said, array.reshape(shape))
