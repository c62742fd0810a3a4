"""What numbers tell of themselves: a softmax, sigmoids or logits; and how they are then read."""

import numpy as np
import pytest

from scorecam_cli.choices import HeadKind
from scorecam_cli.errors import UsageError
from scorecam_cli.models.heads import head_of

LOGITS = np.random.default_rng(0).normal(0, 3, (8, 4)).astype(np.float32)
SIGMOIDS = 1 / (1 + np.exp(-LOGITS))
POWERS = np.exp(LOGITS)
SOFTMAX = POWERS / POWERS.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("output", "asked", "kind", "shows_logits", "probabilities"),
    [
        (SOFTMAX, "auto", "softmax", False, SOFTMAX),
        (SIGMOIDS, "auto", "sigmoid", False, SIGMOIDS),
        (LOGITS, "auto", "softmax", True, SOFTMAX),
        (LOGITS, "sigmoid", "sigmoid", True, SIGMOIDS),
        (LOGITS, "softmax", "softmax", True, SOFTMAX),
        (SOFTMAX, "softmax", "softmax", False, SOFTMAX),
        (SIGMOIDS, "sigmoid", "sigmoid", False, SIGMOIDS),
        (LOGITS[:, :1], "auto", "sigmoid", True, np.c_[1 - SIGMOIDS[:, :1], SIGMOIDS[:, :1]]),
        (SIGMOIDS[:, :1], "auto", "sigmoid", False, np.c_[1 - SIGMOIDS[:, :1], SIGMOIDS[:, :1]]),
    ],
)
def test_numbers_are_read_for_what_they_are(output, asked, kind, shows_logits, probabilities):
    head = head_of(output, asked=HeadKind(asked), step=0, name="m")
    assert (head.kind, head.shows_logits, head.classes) == (kind, shows_logits, max(2, output.shape[1]))
    np.testing.assert_allclose(head.read(output)[1], probabilities, atol=1e-6)


def test_large_logits_do_not_overflow():
    head = head_of(LOGITS, asked=HeadKind.AUTO, step=0, name="m")
    found = head.read(np.array([[1e4, -1e4, 0, 9e3]], np.float32))[1]
    np.testing.assert_array_equal(found, [[1, 0, 0, 0]])


def test_softmax_that_was_rounded_to_256_steps_is_one_still():
    drawn = np.random.default_rng(1).normal(0, 1, (8, 300))
    powers = np.exp(drawn)
    rounded = np.rint(powers / powers.sum(axis=1, keepdims=True) * 256) / 256
    assert not np.allclose(rounded.sum(axis=1), 1, atol=1e-2)
    assert head_of(rounded.astype(np.float32), asked=HeadKind.AUTO, step=1 / 256, name="m").kind == HeadKind.SOFTMAX


def test_softmax_of_one_number_is_refused():
    with pytest.raises(UsageError, match="--head softmax needs an output for each class, and m has one"):
        head_of(LOGITS[:, :1], asked=HeadKind.SOFTMAX, step=0, name="m")


def test_numbers_of_a_regression_stay_as_they_are():
    output = np.float32([[0.2], [-7.0], [0.9]])
    head = head_of(output, asked=HeadKind.LINEAR, step=0, name="m")
    assert (head.classes, head.is_regression, head.exclusive, head.shows_logits) == (1, True, False, False)
    np.testing.assert_array_equal(head.read(output)[1], output)
