"""The sheet: text within its width, pictures where they are put."""

import numpy as np

from scorecam_cli.figures import lettering
from scorecam_cli.figures.canvas import Canvas, fit
from scorecam_cli.figures.lettering import BODY, wrapped
from scorecam_cli.figures.sheet import drawing


def test_no_line_is_wider_than_asked_and_no_letter_is_lost():
    text = "wide WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW and iiiiiiiiiiii words, " * 2
    with drawing():
        ruler = lettering._ruler(BODY)
        for width in (40, 100, 300):
            lines = wrapped(text, width, BODY, most=100)
            assert max(map(ruler, lines)) <= width
            assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        short = wrapped(text, 100, BODY, most=2)
        assert len(short) == 2
        assert short[-1].endswith(" …")
        assert ruler(short[-1]) <= 100


def test_pictures_and_bars_stand_where_they_are_put():
    black = np.zeros((40, 30, 3), np.uint8)
    canvas = Canvas(100)
    canvas.picture(black, 10, 20)
    canvas.bar(60, 20, 30, 7, colour="black")
    rows, columns = np.nonzero((canvas.sheet(90).pixels() == 0).all(axis=2))
    expected = {(row, column) for row in range(20, 60) for column in range(10, 40)}
    expected |= {(row, column) for row in range(20, 27) for column in range(60, 90)}
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == expected


def test_a_small_picture_is_enlarged_by_a_whole_factor_and_a_large_one_fits():
    assert fit(np.zeros((30, 48, 3), np.uint8), 440, 440).shape == (270, 432, 3)  # 9 times
    assert fit(np.zeros((300, 400, 3), np.uint8), 440, 440).shape == (300, 400, 3)
    assert fit(np.zeros((3000, 4000, 3), np.uint8), 440, 440).shape == (330, 440, 3)
