"""What a model is given beside the photo, as the command line says it."""

import numpy as np
import pytest

from scorecam_cli.errors import UsageError
from scorecam_cli.models.constants import Constant, read_constants


def test_numbers_and_files_are_read(tmp_path):
    np.save(tmp_path / "a=b.npy", np.arange(3))
    found = read_constants((f"age={tmp_path}/a=b.npy", "n=2", "share=0.5"))
    np.testing.assert_array_equal(found["age"].value, [0, 1, 2])
    assert (found["n"].value.dtype.kind, found["n"].value) == ("i", 2)
    assert (found["share"].value.dtype.kind, found["share"].value) == ("f", 0.5)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("age",), "--constant-input age is not of the form NAME=FILE.npy or NAME=NUMBER"),
        (("=1",), "is not of the form"),
        (("a=1", "a=2"), "--constant-input a is given twice"),
        (("a=nan",), "not finite"),
        (("a=/nothing/there.npy",), "--constant-input /nothing/there.npy cannot be read: no such file"),
        (("a=.",), "cannot be read: it is a folder"),
        (("a=/dev/zero",), "cannot be read: it is a device"),
    ],
)
def test_what_is_no_constant_is_told(given, sentence):
    with pytest.raises(UsageError, match=sentence):
        read_constants(given)


@pytest.mark.parametrize(
    ("value", "shape", "dtype", "fitted"),
    [
        (2, (3,), "float32", [2, 2, 2]),
        (2, (), "int32", 2),
        ([1, 2], (2,), "float32", [1, 2]),
        ([[1, 2]], (2,), "float32", [1, 2]),  # with its batch axis
        ([1.5, 2], (None,), "float16", [1.5, 2]),
        (True, (1,), "float32", [1]),
    ],
)
def test_value_becomes_what_the_input_takes(value, shape, dtype, fitted):
    found = Constant(np.asarray(value), "it").fitted(shape, dtype)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, fitted)


@pytest.mark.parametrize(
    ("value", "shape", "dtype", "sentence"),
    [
        (0.5, (3,), "int32", "it holds float64 and the input takes int32"),
        (1, (3,), "string", "the input takes string"),
        (1, (None,), "float32", r"has the shape \[\] and the input takes \[any\]"),
        ([1, 2], (3,), "float32", r"has the shape \[2\] and the input takes \[3\] for each photo"),
        ([[1], [2]], (1,), "float32", r"has the shape \[2, 1\]"),
    ],
)
def test_value_that_does_not_fit_is_told(value, shape, dtype, sentence):
    with pytest.raises(UsageError, match=sentence):
        Constant(np.asarray(value), "it").fitted(shape, dtype)
