"""Words for people: nothing unseen, nothing endless, and the name that was meant."""

import time

import pytest

from scorecam_cli.words import LONGEST_LINE, aligned, nearest, nearest_or, one_line, printable, quoted

UNSEEN = ["\x1b[31m", "\u202e", "\udcff", "\x00", "\n", "\u200b"]


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_cannot_be_seen_is_spelt_out(unseen):
    text = printable(f"a{unseen}b")
    assert text.isprintable()
    assert text[0] + text[-1] == "ab"
    assert "\\" in text


def test_escapes_name_the_character_and_what_can_be_seen_stays_as_it_is():
    assert printable("a\x1b[0m\u202eb\udcff\n") == "a\\x1b[0m\\u202eb\\udcff\\n"
    assert printable("Käse 黒猫 عربى $x$") == "Käse 黒猫 عربى $x$"


def test_a_line_is_one_line_of_bounded_length():
    assert one_line(" a\n\tb  c\x07 ") == "a b c\\x07"
    assert len(one_line("M" * 10**6)) == LONGEST_LINE


@pytest.mark.parametrize("wanted", ["gradcam", "GradCAM", "grad_cam", "grad cam", "grad-cma"])
def test_the_name_that_was_meant_comes_first(wanted):
    assert nearest(wanted, ["random", "score-cam", "grad-cam", "grad-cam++"])[0] == "grad-cam"


def test_names_that_differ_in_case_alone_are_both_named():
    assert nearest("Relu", ["relu", "ReLU", "dense"]) == ["relu", "ReLU"]


def test_no_likeness_no_name():
    assert nearest("zzz", ["relu", "dense"]) == []
    assert nearest_or("try jet", "zzz", ["viridis"]) == "try jet"
    assert nearest_or("try jet", "Viridi", ["viridis", "jet"]) == "nearest: viridis"


def test_a_name_of_15_megabytes_costs_nothing():
    endless = "relu_2/" * 2_200_000
    began = time.process_time()
    assert nearest(endless, ["relu_2"]) == []
    assert nearest("relu2", [endless, "relu_2"]) == ["relu_2"]
    assert len(quoted(endless)) < 120
    assert time.process_time() - began < 0.5


def test_columns_are_aligned_words_to_the_left_and_numbers_to_the_right():
    assert aligned([("method", "seconds", "passes"), ("cam", "1.25", "1"), ("x", "10", "")]) == [
        "method  seconds  passes",
        "cam        1.25       1",
        "x            10",
    ]
