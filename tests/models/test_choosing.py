"""Classes are chosen by how probable they are, the outputs of a regression by their place."""

import numpy as np
import pytest

from scorecam_cli.errors import ClassError
from scorecam_cli.models.answers import Answers
from scorecam_cli.models.choosing import choose_classes, score_of
from scorecam_cli.models.labels import numbered_labels, numbered_outputs

ANSWERS = Answers(np.float32([0.1, 0.6, 0.3]), None)


@pytest.mark.parametrize(("ranked", "asked", "top", "expected"), [
    (True, (), 0, [1]), (True, (), 3, [1, 2, 0]), (True, ("0",), 2, [0, 1, 2]),
    (False, (), 0, [0]), (False, (), 3, [0, 1, 2]), (False, ("2",), 0, [2]),
])  # fmt: skip
def test_most_probable_classes_first_and_outputs_in_their_order(ranked, asked, top, expected):
    options = {"asked": asked, "top": top, "model": "m.keras", "ranked": ranked}
    assert choose_classes(ANSWERS, numbered_labels(3), **options) == expected


def test_more_than_there_are_is_refused():
    with pytest.raises(ClassError, match="top 4 is more than the 3 classes of m"):
        choose_classes(ANSWERS, numbered_labels(3), asked=(), top=4, model="m")


def test_output_of_a_regression_has_no_probability():
    answers = Answers(np.float32([-3.5]), None)
    score = score_of(answers, numbered_outputs(1), 0, quantity=True)
    assert (score.label.name, score.probability, score.logit, score.output) == ("output", None, None, -3.5)
    assert score.said == "output -3.5"
    assert [label.name for label in numbered_outputs(2).classes] == ["output 0", "output 1"]
