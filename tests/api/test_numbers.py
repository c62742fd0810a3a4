"""Numbers and classes as they come from Python."""

import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.api.numbers import share, whole
from scorecam_cli.errors import ClassError, UsageError
from tests.loading import model_zoo


def test_numbers_of_numpy_become_plain_ones():
    assert type(whole(np.int64(3), "top", least=0)) is int
    assert type(share(np.float32(0.5), "alpha")) is float
    assert share(1, "alpha") == 1
    assert share(0, "alpha") == 0


@pytest.fixture(scope="module")
def classifier():
    return scorecam_cli.wrap(model_zoo.rescaling())


@pytest.mark.parametrize(
    ("settings", "error", "sentence"),
    [
        ({"top": -1}, UsageError, "top -1: give a whole number of at least 0"),
        ({"top": 1.5}, UsageError, "top 1.5: give a whole number"),
        ({"passes": "32"}, UsageError, "passes '32': give a whole number"),
        ({"passes": True}, UsageError, "passes True: give a whole number"),
        ({"batch_size": 0}, UsageError, "batch_size 0: give a whole number of at least 1"),
        ({"seed": -1, "method": "random"}, UsageError, "seed -1: give a whole number"),
        ({"fidelity": 2}, UsageError, "fidelity 2: give a number from above 0 to 1"),
        ({"fidelity": 0}, UsageError, "fidelity 0: give a number"),
        ({"fidelity": float("nan")}, UsageError, "fidelity nan: give a number"),
        ({"fidelity": "0.9"}, UsageError, "fidelity '0.9': give a number"),
        ({"method": None}, UsageError, "method 'None' does not exist"),
        ({"classes": 1.5}, ClassError, "classes '1.5': give an index, a name or a WordNet id"),
        ({"classes": [None]}, ClassError, "give an index, a name"),
        ({"classes": np.array([1.0])}, ClassError, "give an index, a name"),
    ],
)
def test_what_is_out_of_range_or_of_another_kind_is_answered_with_a_sentence(classifier, settings, error, sentence):
    with pytest.raises(error, match=sentence):
        scorecam_cli.explain(np.zeros((20, 30, 3), np.uint8), classifier, **settings)


def test_what_is_no_model_is_answered_with_a_sentence():
    for model in (5, None, lambda image: image):
        with pytest.raises(
            UsageError, match=r"the model is of type .*; give a Keras model, a path, a name or what wrap"
        ):
            scorecam_cli.explain(np.zeros((20, 30, 3), np.uint8), model)
