"""Arrays of anyone's `.npy` files: right, or refused before anything is reserved or unpickled."""

import io
import pickle

import numpy as np
import pytest

from scorecam_cli.errors import MisfitError
from scorecam_cli.files.npy import parse_npy


def saved(array, **settings):
    file = io.BytesIO()
    np.save(file, array, **settings)
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", ">i4", "float16", ">f8", "uint16"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4)])
def test_array_comes_back_as_numpy_reads_it(dtype, shape):
    array = (np.random.default_rng(0).random(shape) * 200).astype(dtype)
    for order in "CF":
        data = saved(np.asarray(array, order=order))
        found = parse_npy(data)
        np.testing.assert_array_equal(found, np.load(io.BytesIO(data)))
        assert found.dtype == np.dtype(dtype).newbyteorder("=")


def header(text, *, version=b"\x01\x00"):
    line = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY" + version + len(line).to_bytes(2, "little") + line


class Bomb:
    def __reduce__(self):
        return print, ("RUN",)


GOOD = saved(np.arange(6, dtype=np.float32))
HUGE = header("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 9999)}")
HOSTILE = {
    "nothing": (b"", "no .npy file"),
    "text": (b"1 2 3", "no .npy file"),
    "pickle": (pickle.dumps(Bomb()), "no .npy file"),
    "pickle inside": (saved(np.array([Bomb()], object), allow_pickle=True), "holds object, not numbers"),
    "archive": (b"PK\x03\x04" + bytes(60), "no .npy file"),
    "cut in the header": (GOOD[:40], "header is damaged"),
    "cut in the numbers": (GOOD[:-3], "says 24 bytes and 21 follow"),
    "more than said": (GOOD + b"x", "says 24 bytes and 25 follow"),
    "numbers that would fill every disk": (HUGE, "bytes and 0 follow"),
    "negative side": (header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -6)}"), "axes|header"),
    "code for a header": (header("__import__('os').system('echo RUN')"), "header is damaged"),
    "brackets without end": (header("(" * 100), "header is damaged"),
    "version of the future": (header("{}", version=b"\x09\x00"), "header is damaged"),
    "texts": (saved(np.array(["a", "b"])), "not numbers"),
    "records": (saved(np.zeros(2, [("a", "f4"), ("b", "i4")])), "not numbers"),
    "times": (saved(np.array(["2020-01-01"], "datetime64[D]")), "not numbers"),
    "complex numbers": (saved(np.zeros(2, complex)), "not numbers"),
    "nine axes": (saved(np.zeros((1,) * 9)), "9 axes, above 8"),
}


@pytest.mark.parametrize(("data", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_array_is_refused_in_a_sentence(data, sentence, capfd):
    with pytest.raises(MisfitError, match=sentence):
        parse_npy(data)
    assert "RUN" not in capfd.readouterr().out
