"""What a model file is and holds, looked at in the order in which it is safe: by the process that may only read."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection import archives, foreign, onnx, tflite
from scorecam_cli.inspection.declared import check_declared
from scorecam_cli.inspection.description import ModelFacts, describe, version_in
from scorecam_cli.inspection.hdf5_structure import Contents, look_into
from scorecam_cli.inspection.limits import FROM_ITS_MAKER, OUTSIDE_BYTES, SAVE_WHOLE
from scorecam_cli.inspection.places import Places

HEAD_BYTES = 512  # the farthest mark looked for is tar's "ustar", at 257

_HDF5_MARK = b"\x89HDF\r\n\x1a\n"
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")  # members follow; an archive without any
_KINDS = {"model": "KERAS_HDF5", "legacy weights": "LEGACY_WEIGHTS_HDF5", "weights": "WEIGHTS_HDF5"}


def look(path: Path, where: Path, spare: IO[bytes]) -> dict[str, Any]:
    """Tell what kind of model file this is, how many numbers it stores and what its description says.

    Args:
        path: what the user calls it.
        where: where it lies.
        spare: an empty file, for weights that have to be unpacked.

    Returns:
        JSON values: `kind`, a name of `FileKind`; `stored`; `facts` where it holds a model.

    Raises:
        ModelError: it is refused. Whatever zipfile and h5py raise: damaged.
    """
    with where.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if not head:
            raise ModelError(f"{path} is empty; copy or download it again")
        if head.startswith(_ZIP_MARKS):
            found = archives.look_into_archive(where, path, spare)
            facts = describe(found.config, version_in(found.metadata, path), path)
            if found.others and facts.fault is None:  # Keras would unpack the whole archive for them
                fault = f"holds {found.others} files beside the three of a model, as vocabularies are; {SAVE_WHOLE}"
                facts = replace(facts, fault=fault)
            return _told("KERAS_ARCHIVE", found.numbers, facts, path)
        if head.startswith(_HDF5_MARK):
            return _hdf5(path, where)
        if head[4:8] == tflite.MARK:
            return {"kind": "TFLITE", "stored": tflite.look_into_tflite(_places(file, path, where), path)}
        if onnx.looks_like(head):
            return {"kind": "ONNX", "stored": onnx.look_into_onnx(_places(file, path, where), path)}
        raise ModelError(f"{path} {foreign.describe(head)}")


def _places(file: IO[bytes], path: Path, where: Path) -> Places:
    size = where.stat().st_size
    if size > OUTSIDE_BYTES:
        raise ModelError(f"{path} is larger than {OUTSIDE_BYTES >> 30} GiB; {FROM_ITS_MAKER}")
    return Places(file, size)


def _hdf5(path: Path, where: Path) -> dict[str, Any]:
    import h5py

    with h5py.File(where, "r") as h5:
        found: Contents = look_into(h5, path, file_bytes=where.stat().st_size)
        if found.holds not in _KINDS:
            raise ModelError(f"{path} is an HDF5 file, but not one that Keras wrote; {SAVE_WHOLE}")
        if found.holds != "model":
            return {"kind": _KINDS[found.holds], "stored": found.numbers}
        config, version = h5.attrs["model_config"], h5.attrs.get("keras_version")
    return _told(_KINDS["model"], found.numbers, describe(config, version, path), path)


def _told(kind: str, stored: int, facts: ModelFacts, path: Path) -> dict[str, Any]:
    check_declared(path, weights=facts.weights, pixels=facts.pixels, stored=stored)
    return {"kind": kind, "stored": stored, "facts": asdict(facts)}
