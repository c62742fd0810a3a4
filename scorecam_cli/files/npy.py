"""Arrays as NumPy saves them, `.npy`: read from bytes that may be anyone's, never unpickled."""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from scorecam_cli.errors import MisfitError

MARK = b"\x93NUMPY"
MOST_AXES = 8
_KINDS = "biuf"  # truth values, whole numbers, floats


def parse_npy(data: bytes) -> NDArray[np.generic]:
    """The array in the bytes of a `.npy` file: a view of them where their order of bytes is this machine's.

    The header is believed only where as many bytes follow as it says: nothing is reserved for what it claims.

    Args:
        data: all bytes of the file.

    Returns:
        Numbers or truth values, of any shape of up to MOST_AXES axes.

    Raises:
        MisfitError: no such file, damaged, or it holds something else than numbers; the end of a sentence.
    """
    if not data.startswith(MARK):
        raise MisfitError("it is no .npy file; save the array with numpy.save")
    file = io.BytesIO(data)
    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, in_columns, dtype = read(file)
    except Exception as error:  # the header is a Python literal: whatever its parser raises
        raise MisfitError("its header is damaged; save the array with numpy.save") from error
    if dtype.kind not in _KINDS or dtype.hasobject or dtype.subdtype is not None:
        raise MisfitError(f"it holds {dtype.name}, not numbers; save an array of numbers")
    if len(shape) > MOST_AXES or any(side < 0 for side in shape):
        raise MisfitError(f"it has {len(shape)} axes, above {MOST_AXES}; save an array of fewer")
    rest = len(data) - file.tell()
    if rest != math.prod(shape) * dtype.itemsize:
        raise MisfitError(
            f"its header says {math.prod(shape) * dtype.itemsize} bytes and {rest} follow; copy or save it again"
        )
    array = np.frombuffer(data, dtype, offset=file.tell()).reshape(shape, order="F" if in_columns else "C")
    return array.astype(dtype.newbyteorder("="), copy=False)
