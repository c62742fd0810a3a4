"""The user's models: loaded by what the files hold, without running code that came inside them."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from scorecam_cli.errors import ModelError
from scorecam_cli.files.small_files import IMPORT, read_small
from scorecam_cli.inspection.description import ModelFacts
from scorecam_cli.inspection.hub import is_hub
from scorecam_cli.inspection.inspect import FileKind, Inspected
from scorecam_cli.inspection.limits import FROM_ITS_MAKER, SAVE_WHOLE
from scorecam_cli.inspection.naming import Named, may_be_named
from scorecam_cli.keras_engine.initial_weights import read_from_file
from scorecam_cli.keras_engine.reserving import calls_within, weights_within
from scorecam_cli.keras_engine.start import keras
from scorecam_cli.loading.hub import start_hub
from scorecam_cli.loading.opening import inspect_whole
from scorecam_cli.photos.quiet import quiet_warnings

# Keras chooses its reader by these endings.
_ENDINGS = {
    FileKind.KERAS_ARCHIVE: ".keras",
    FileKind.KERAS_HDF5: ".h5",
    FileKind.WEIGHTS_HDF5: ".weights.h5",
    FileKind.LEGACY_WEIGHTS_HDF5: ".h5",
}

_ROOMS = ("layers", "initializers", "regularizers", "constraints", "activations", "losses", "metrics", "optimizers")

_IMPORT = "is not part of Keras; give the Python file that defines it with --import FILE.py"
_IMPORT_OTHER = (
    "no --import file defines under that name; give the file that does, or register it there with "
    "@keras.saving.register_keras_serializable()"
)


def load_model_file(
    path: Path, *, inspected: Inspected | None = None, imports: Sequence[Path] = (), unsafe: bool = False
) -> Any:
    """Load a whole model that a user saved: `.keras` or HDF5, whatever its name.

    Args:
        path: the file.
        inspected: what was found in it; None: it is looked into now.
        imports: Python files of the user that define the model's own classes; run, in order, before the model is
            built. Their layer classes are found by name even where they are not registered with Keras.
        unsafe: let the file bring code of its own (Lambda layers) and name other files; it then runs with all the
            rights of the user. Its structure and sizes are checked all the same.

    Returns:
        The model, not compiled, with every weight taken from the file.

    Raises:
        ModelError: no such model, weights only, code inside it, unknown classes, damaged, made by another Keras,
            larger than what it stores.
    """
    inspected = inspected or inspect_whole(path)
    facts = inspected.facts
    assert facts is not None  # it is a whole model
    classes = {name: found for file in imports for name, found in _run_import(file).items()}
    if not unsafe:
        check_names(path, facts, classes, imported=bool(imports))
    if any(named.in_hub for named in facts.named):
        start_hub(path)
    model = _rebuild(path, inspected, facts, classes, safe_mode=not unsafe, imported=bool(imports))
    if not isinstance(model, keras.Model):
        raise ModelError(f"{path} holds a {type(model).__name__}, not a model; {SAVE_WHOLE}")
    return model


def _rebuild(
    path: Path,
    inspected: Inspected,
    facts: ModelFacts,
    classes: dict[str, type],
    *,
    safe_mode: bool,
    imported: bool,
) -> object:
    """What Keras makes of a file that passed every check."""
    with handed_to_keras(path, inspected.kind) as link, read_from_file():
        try:
            with weights_within(path, stored=inspected.stored), calls_within(str(path)), _left_uncompiled():
                return keras.models.load_model(link, custom_objects=classes, compile=False, safe_mode=safe_mode)
        except ModelError:
            raise
        except Exception as error:  # Keras raises whatever its layers, HDF5, zip or JSON raise
            raise ModelError(f"{path} {_why_not_loaded(facts, classes, imported=imported)}") from error


@contextmanager
def _left_uncompiled() -> Iterator[None]:
    """Models inside the model keep how they were trained to themselves, as `compile=False` does for the outer one."""
    keras.Model.compile_from_config = lambda model, config: None
    try:
        yield
    finally:
        del keras.Model.compile_from_config  # uncovers the inherited one


def check_names(path: Path, facts: ModelFacts, classes: dict[str, type], *, imported: bool) -> None:
    """Refuse what does more than compute, and what nobody has defined, before Keras looks it up.

    Args:
        path: what the user calls the file.
        facts: its description.
        classes: of the user's own files, by name.
        imported: whether there were such files.

    Raises:
        ModelError: there is such a thing.
    """
    refused = _not_allowed(facts, classes, imported=imported)
    if any(named.name in ("Lambda", "__lambda__") for named in refused):
        raise ModelError(
            f"{path} holds a Lambda layer, Python code inside the file, which scorecam does not run; "
            f"replace it by a layer of Keras or a registered class of your own, and {SAVE_WHOLE}"
        )
    if forbidden := sorted(named.name for named in refused if _exists(named)):
        raise ModelError(
            f"{path} names {_listed(forbidden[:1])}, a part of Keras that may do more than compute and that no image "
            f"model needs; replace it by layers of Keras and {SAVE_WHOLE}, or {FROM_ITS_MAKER}"
        )
    if refused or facts.fault:
        raise ModelError(f"{path} {facts.fault or _why_not_loaded(facts, classes, imported=imported)}")


def _not_allowed(facts: ModelFacts, classes: dict[str, type], *, imported: bool) -> list[Named]:
    """What may not be named. Classes of KerasHub are not the user's own because some model has had it imported."""
    known = keras.saving.get_custom_objects()
    own = {*classes, *(name for name in known if imported or not is_hub(None, name))}
    return [named for named in facts.named if not may_be_named(named, own)]


def _exists(named: Named) -> bool:
    """Whether Keras has such a part, wherever: then it is left out for what it can do."""
    if named.module not in (None, "builtins"):
        found: object = sys.modules.get(named.module) if named.in_keras else None
        for part in named.name.split("."):
            found = getattr(found, part, None)
        return found is not None
    return any(hasattr(getattr(keras, room), named.name) for room in _ROOMS)


def _run_import(path: Path) -> dict[str, type]:
    """Run the user's Python file as a module of its own; return the Keras classes it defines, by name.

    Compiled here rather than by an import loader, which would leave a __pycache__ next to the user's file.
    """
    code = read_small(path, IMPORT)
    module = ModuleType("scorecam_import_" + hashlib.sha256(bytes(path.absolute())).hexdigest()[:12])
    module.__file__ = str(path)
    folder = str(path.absolute().parent)
    sys.modules[module.__name__] = module
    if folder not in sys.path:
        sys.path.append(folder)  # last, for good: its neighbours are found, even late, but hide nothing installed
    try:
        exec(compile(code, str(path), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:  # anything the user's code raises
        del sys.modules[module.__name__]
        raise ModelError(f"--import {_where_it_failed(path, error)}; correct that file") from error
    return {
        name: found
        for name, found in vars(module).items()
        if isinstance(found, type) and found.__module__ == module.__name__ and hasattr(found, "from_config")
    }


def _where_it_failed(path: Path, error: BaseException) -> str:
    words = (str(error).splitlines() or [""])[0]
    line: int | None = None
    if isinstance(error, SyntaxError) and error.filename == str(path):
        words, line = error.msg, error.lineno
    for frame in traceback.extract_tb(error.__traceback__):
        line = frame.lineno if frame.filename == str(path) else line
    return f"{path}{f' line {line}' if line else ''} stops with {type(error).__name__}{': ' if words else ''}{words}"


@contextmanager
def handed_to_keras(path: Path, kind: FileKind) -> Iterator[str]:
    """A path to the same file whose name Keras reads rightly; meanwhile Keras keeps its warnings to itself.

    Always a link: Keras also takes folders such as /gcs and endings such as .KERAS for something else.
    """
    with tempfile.TemporaryDirectory(prefix="scorecam-") as folder, quiet_warnings():
        # "skipping ..." would come before an error that is reported here
        link = Path(folder) / f"model{_ENDINGS[kind]}"
        try:
            link.symlink_to(path.absolute())
        except OSError:  # systems where only an administrator may link
            shutil.copyfile(path, link)
        yield str(link)


def _why_not_loaded(facts: ModelFacts, classes: dict[str, type], *, imported: bool) -> str:
    """The likeliest cause, from what the file says of itself."""
    unknown = sorted(named.name.rsplit(">", 1)[-1] for named in _not_allowed(facts, classes, imported=imported))
    own = sorted(
        {
            named.name
            for named in facts.named
            if named.registered and not (named.in_keras or named.by_class_name or named.is_function)
        }
    )
    saved, here = facts.keras_version or "", str(keras.__version__)
    if any(name in ("TFOpLambda", "SlicingOpLambda") for name in unknown):
        return f"holds bare TensorFlow operations, which Keras 3 cannot rebuild; use layers of Keras and {SAVE_WHOLE}"
    if saved.startswith("2.") and any(".engine." in (named.module or "") for named in facts.named):
        return (
            f'is a .keras file of Keras {saved}, which Keras 3 cannot read; save it there with model.save("model.h5")'
        )
    if _is_newer(saved, here) and not (unknown and own):
        return f"was saved by Keras {saved}, newer than the installed {here}; update it with `pip install -U keras`"
    if unknown:
        return f"uses {_listed(unknown)}, which {_IMPORT_OTHER if imported else _IMPORT}"
    if own:
        return (
            f"could not be rebuilt with its own class {_listed(own)}; check that its get_config returns every "
            "argument of __init__ and build creates every weight, then save it again"
        )
    return (
        f"could not be rebuilt by Keras {here}"
        + (f" (saved by Keras {saved})" if saved else "")
        + f"; load it where it was made and {SAVE_WHOLE}"
    )


def _listed(names: Sequence[str]) -> str:
    """The first three, as a terminal may show them: they come from inside the file."""
    shown = ["".join(letter for letter in name if letter.isprintable())[:80] for name in names[:3]]
    return ", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _is_newer(saved: str, here: str) -> bool:
    def number(version: str) -> tuple[int, ...]:
        return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())

    return number(saved) > number(here)
