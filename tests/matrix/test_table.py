"""The table "does it run?": a right map is told from a wrong one, and the page holds what was run."""

from pathlib import Path

import numpy as np
import pytest

from tests.matrix import kinds
from tests.matrix.one_tool import cell, first_words, scorecam, verdict
from tests.matrix.table import BEGIN, END, UNKNOWN, Column, read_table, table, written

PAGE = Path(__file__).parents[2] / "docs" / "compared.md"
PLAIN = kinds.Kind("plain", kinds.functional)


def maps(of):
    return [(scene, of(scene)) for scene in kinds.scenes(kinds.SIDE)]


def lit(scene):
    saliency = np.zeros(scene.rgb.shape[:2], np.float32)
    saliency[scene.rows, scene.columns] = 1
    return saliency


@pytest.mark.parametrize("build", [kinds.functional, kinds.vit], ids=lambda build: build.__name__)
def test_models_tell_the_colour_of_the_square(build):
    model = build()
    for scene in kinds.scenes(kinds.SIDE):
        assert (scene.rgb[scene.rows, scene.columns, scene.colour] == kinds.BRIGHT).all()
        assert np.asarray(model(scene.rgb[None].astype(np.float32)))[0].argmax() == scene.colour


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (lit, "right"),
        (lambda scene: 1 - lit(scene), "wrong: peak in the square on 0 of 3"),
        (lambda scene: lit(scene)[::2], "wrong: a map of [16, 32] for [32, 32] pixels"),
        (lambda scene: lit(scene) * np.nan, "wrong: not finite"),
        (lambda scene: lit(scene) * 0 + 3, "wrong: the same everywhere"),
    ],
)
def test_verdict_is_what_the_maps_are(of, said):
    assert verdict(PLAIN, maps(of)) == said


def test_without_a_known_answer_a_map_only_runs():
    assert verdict(kinds.Kind("any", kinds.functional, known=False), maps(lambda scene: 1 - lit(scene))) == "runs"


def test_cell_holds_the_first_words_of_an_error_and_no_path():
    def failing(*_):
        raise ValueError("cannot | do\nmore words")

    assert cell(failing, PLAIN) == "fails: ValueError: cannot / do"
    assert first_words(OSError("no /home/me/file there")) == "OSError: no there"


def test_a_column_can_be_made_anew_beside_the_others():
    page = f"before\n{BEGIN}{END}\nafter\n"
    both = {"one": Column("one", "1.0, Keras 3", {"nested": "right"}), "two": Column("two", "2.0", {}, default="runs")}
    made = written(page, both)
    assert made.startswith("before\n")
    assert made.endswith("\nafter\n")
    read = read_table(made)
    assert (read["one"].made_by, read["one"].cells["nested"], read["one"].cells["ViT"]) == (
        "1.0, Keras 3",
        "right",
        UNKNOWN,
    )
    assert table(read) == table(both)
    assert written(made, read) == made


def test_the_page_has_every_kind_and_program_and_this_one_is_right_on_those_with_an_answer():
    columns = read_table(PAGE.read_text("utf-8"))
    assert list(columns) == ["scorecam", "tf-keras-vis", "xplique", "tf-explain"]
    for kind in kinds.KINDS:
        assert columns["scorecam"].cells[kind.name] == ("right" if kind.known else "runs")
        assert UNKNOWN not in [each.cells[kind.name] for each in columns.values()]


@pytest.mark.parametrize("name", ["two inputs", "ViT"])
def test_cells_of_this_program_are_what_the_page_says(name):
    (kind,) = (each for each in kinds.KINDS if each.name == name)
    assert cell(scorecam, kind) == "right"
