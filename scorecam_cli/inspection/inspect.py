"""The one door to a stranger's model file: `inspect(path)` tells what it holds, or refuses it in a sentence.

Nothing of the file is parsed in this process: another one, of bounded time and memory and without rights to write or to
connect, opens it once and answers in JSON. What Keras will do with the file here, later, is judged from that answer.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.child import ask
from scorecam_cli.inspection.description import ModelFacts
from scorecam_cli.inspection.limits import SAVE_WHOLE
from scorecam_cli.inspection.naming import Named
from scorecam_cli.inspection.saved_model import is_saved_model, look_into_saved_model

_REMOTE = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):/+(.*)$")  # Path("gs://a/b") reads gs:/a/b


class FileKind(Enum):
    """What a file that can be read holds."""

    KERAS_ARCHIVE = "whole model, .keras archive"
    KERAS_HDF5 = "whole model, HDF5"
    WEIGHTS_HDF5 = "weights only, layout of Keras 3"
    LEGACY_WEIGHTS_HDF5 = "weights only, layout of the Keras downloads"
    SAVED_MODEL = "TensorFlow SavedModel"
    TFLITE = "TensorFlow Lite model"
    ONNX = "ONNX model"

    @property
    def from_outside(self) -> bool:
        """Whether it holds a model whose layers cannot be looked at: photos in, probabilities out."""
        return self in (FileKind.SAVED_MODEL, FileKind.TFLITE, FileKind.ONNX)


@dataclass(frozen=True)
class Inspected:
    """A file that may be handed to Keras, or to the runtime of its format, as far as its structure and sizes go.

    kind: what it holds, by its contents, never by its name.
    stored: how many numbers its arrays hold: weights, and what an optimizer kept of them.
    facts: what its description says; None for weights alone, and for models seen from outside.
    """

    kind: FileKind
    stored: int
    facts: ModelFacts | None = None


def inspect(path: Path) -> Inspected:
    """Look into a model or weights file before Keras does.

    Raises:
        ModelError: no file, not one that can be read, damaged, reaching outside itself, unpacking or declaring far more
            than it stores; the message says what to do.
    """
    if is_saved_model(path):
        return Inspected(FileKind.SAVED_MODEL, look_into_saved_model(path))
    require_file(path)
    answer = ask(path)
    if "refused" in answer:
        raise ModelError(str(answer["refused"]))
    return Inspected(FileKind[answer["kind"]], int(answer["stored"]), _facts(answer.get("facts")))


def _facts(told: dict[str, Any] | None) -> ModelFacts | None:
    if told is None:
        return None
    return ModelFacts(**{**told, "named": tuple(Named(*named) for named in told["named"])})


def require_file(path: Path) -> None:
    """Refuse what is not a plain file of this machine, without opening it: a FIFO would block for ever.

    Raises:
        ModelError: missing, remote, a folder, a FIFO or device, or out of reach.
    """
    if remote := _REMOTE.match(str(path)):
        raise ModelError(
            f"{remote[1]}://{remote[2]} is not on this machine; download it first and give the path of the file"
        )
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(_describe_missing(path)) from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    if stat.S_ISDIR(mode):
        raise ModelError(f"{path} {_describe_folder(path)}")
    if not stat.S_ISREG(mode):
        raise ModelError(f"{path} is a pipe or a device, not a file; save the model to a file first")


def _describe_missing(path: Path) -> str:
    if path.is_symlink():
        return f"{path} is a link to a file that does not exist; check where it points"
    if path.with_name(path.name + ".index").exists():
        return f"{path} is a TensorFlow checkpoint; load it in the code that trained it and {SAVE_WHOLE}"
    return f"{path} does not exist; check the path of the model file"


def _describe_folder(path: Path) -> str:
    if (path / "saved_model.pbtxt").exists():
        return f"is a TensorFlow SavedModel written as text; load it in the code that trained it and {SAVE_WHOLE}"
    if (path / "config.json").exists():
        return f"is the folder of an unpacked .keras file; {SAVE_WHOLE}"
    return "is a folder; give the model file itself, ending in .keras, .h5, .hdf5, .tflite or .onnx"
