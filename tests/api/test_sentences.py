"""Errors from Python name arguments, not options of the command."""

import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.api.sentences import reworded
from scorecam_cli.errors import UsageError
from tests.loading import model_zoo

RGB = np.zeros((9, 9, 3), np.uint8)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("--batch-size 3 is wrong", "batch_size 3 is wrong"),
        ("say --class or --save", "say classes or kinds"),
        ("with --output-dir, not --output", "with --output-dir, not output"),
        ("pip install --force-reinstall x--passes a", "pip install --force-reinstall x--passes a"),
    ],
)
def test_options_become_the_arguments_that_there_are(sentence, expected):
    assert reworded(sentence, {"batch_size", "classes", "kinds", "output", "passes"}) == expected


@pytest.mark.parametrize(
    ("ask", "begins"),
    [
        (lambda model: scorecam_cli.explain(RGB, model, passes=9, fidelity=0.5), "passes 9 and fidelity 0.5 exclude"),
        (lambda model: scorecam_cli.explain(RGB, model, passes=1), "passes 1 is too few for score-cam"),
        (lambda model: scorecam_cli.compare(RGB, model, passes=1), "passes 1 is too few"),
        (lambda model: scorecam_cli.evaluate(RGB, model, measures="speed"), "measures speed is not"),
        (
            lambda model: scorecam_cli.evaluate(RGB, model, measures="pointing"),
            "measures pointing needs .* boxes or masks",
        ),
        (lambda model: scorecam_cli.wrap("VGG16", weights="none.h5"), "weights none.h5 is neither"),
        (lambda model: scorecam_cli.explain(RGB, "VGG16", input_size=(9, 9)), "input_size is for a model file"),
    ],
)
def test_the_argument_is_named_as_it_was_given(ask, begins):
    with pytest.raises(UsageError, match=f"^{begins}") as caught:
        ask(model_zoo.rescaling())
    assert "--" not in str(caught.value)


def test_kinds_of_pictures_are_named_by_their_argument(tmp_path):
    found = scorecam_cli.explain(RGB, model_zoo.rescaling(), method="gradient")
    with pytest.raises(UsageError, match=r"^kinds masked shows .*: leave masked out of kinds"):
        found.save(tmp_path, kinds=["masked"])
