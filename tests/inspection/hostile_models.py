"""Model files made to harm whoever loads them, built from a good one; each function writes one and returns its path.

`Bait` is what lies outside the files: nothing of it may be read, changed or joined by another file.
"""

from __future__ import annotations

import io
import json
import stat
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from tests.loading import model_zoo

MILLION = 1_000_000
CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


class Bait(NamedTuple):
    """Where the hostile files go, two good files to build them from, and what they reach for."""

    folder: Path
    archive: Path
    hdf5: Path
    secret: Path  # an HDF5 file whose dataset "kernel" a link could fetch
    vocabulary: Path  # a text file
    marker: Path  # does not exist; code that runs would create it


def lay_bait(folder: Path) -> Bait:
    """Make the good files and the bait."""
    outside = folder / "outside"
    outside.mkdir()
    bait = Bait(
        folder, folder / "good.keras", folder / "good.h5", outside / "secret.h5", outside / "words", outside / "marker"
    )
    for path, data in zip((bait.archive, bait.hdf5), _good(), strict=True):
        path.write_bytes(data)
    with h5py.File(bait.secret, "w") as h5:
        h5["kernel"] = np.ones((3, 3, 3, 4), np.float32)
    bait.vocabulary.write_text("secret\nwords\n", encoding="utf-8")
    return bait


@cache
def _good() -> tuple[bytes, bytes]:
    """A model as .keras and as HDF5."""
    with tempfile.TemporaryDirectory() as folder:
        model, archive, hdf5 = model_zoo.functional(), Path(folder) / "good.keras", Path(folder) / "good.h5"
        model.save(archive)
        model.save(hdf5)
        return archive.read_bytes(), hdf5.read_bytes()


# ---- the archive


def member_above_the_folder(bait: Bait) -> Path:
    return _archive(bait, "above", extra={"../outside/marker": b"x"})


def member_with_an_absolute_path(bait: Bait) -> Path:
    return _archive(bait, "absolute", extra={str(bait.marker): b"x"})


def member_that_is_a_link(bait: Bait) -> Path:
    link = zipfile.ZipInfo("assets/link")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    path = _archive(bait, "link")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, str(bait.vocabulary))
    return path


def locked_with_a_password(bait: Bait) -> Path:
    path = _archive(bait, "locked")
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1  # bit 0 of the flags, of the last member in the list
    path.write_bytes(data)
    return path


def two_descriptions(bait: Bait) -> Path:
    path = _archive(bait, "two")
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # zipfile warns of the second name
        archive.writestr(CONFIG, b"{}")
    return path


def description_that_expands(bait: Bait) -> Path:
    """300 kB that unpack to 300 MB."""
    return _archive(bait, "expands", members={CONFIG: b" " * (300 << 20)})


def description_that_lies_about_its_size(bait: Bait) -> Path:
    """The same, but every header says 1000 bytes."""
    path = _archive(bait, "lies", members={CONFIG: b" " * (300 << 20)})
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", 300 << 20), struct.pack("<I", 1000)))
    return path


def weights_packed_without_a_bound(bait: Bait) -> Path:
    """Python unpacks LZMA in blocks of the packed file: 4 kB of it become 28 MB, whatever is asked for."""
    path = bait.folder / "lzma.keras"
    with zipfile.ZipFile(bait.archive) as old, zipfile.ZipFile(path, "w") as new:
        for name in (METADATA, CONFIG):
            new.writestr(name, old.read(name))
        new.writestr(WEIGHTS, bytes(300 << 20), zipfile.ZIP_LZMA, 1)
    return path


def members_that_share_their_bytes(bait: Bait) -> Path:
    """Fifty members of 1.2 MB, all of them the same 1.2 MB of the file."""
    path = _archive(bait, "shared", extra={f"assets/{number:02}": b"" for number in range(50)}, packing=0)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("assets/big", bytes(1_200_000))
        big = archive.getinfo("assets/big")
    data = bytearray(path.read_bytes())
    for number in range(50):
        at = data.rindex(b"assets/%02d" % number) - 46  # the entry in the list of members
        data[at + 16 : at + 28] = struct.pack("<3I", big.CRC, big.file_size, big.file_size)
        data[at + 42 : at + 46] = struct.pack("<I", big.header_offset)
    path.write_bytes(data)
    return path


def hundred_thousand_members(bait: Bait) -> Path:
    path = bait.folder / "many.keras"
    entry = (
        struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0, 0, 0, 0) + CONFIG.encode()
    )
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65535, 65535, 100_000 * len(entry), 4, 0)
    path.write_bytes(b"PK\x03\x04" + entry * 100_000 + end)
    return path


# ---- the description


def million_values(bait: Bait) -> Path:
    """2.6 million empty objects, 7.9 MB of text, 200 MB in Python."""
    return _archive(bait, "values", members={CONFIG: b"[" + b"{}," * 2_600_000 + b"{}]"})


def as_many_values_as_are_read(bait: Bait) -> Path:
    """The dearest for Python: a quarter of a million names that differ, in one object that Keras then rejects."""
    names = b",".join(b'"%06d":1' % number for number in range(249_000))
    return _archive(bait, "read", members={CONFIG: b"{" + names + b"}"})


def as_many_faults_in_faults_as_are_read(bait: Bait) -> Path:
    return _archive(bait, "read_faults", members={CONFIG: _faults(2)})


def brackets_in_brackets(bait: Bait) -> Path:
    return _archive(bait, "brackets", members={CONFIG: b'{"config":' * 900 + b"1" + b"}" * 900})


def faults_in_faults(bait: Bait) -> Path:
    """Keras's error for an object repeats its description: twelve objects inside each other around 7 MB."""
    return _archive(bait, "faults", members={CONFIG: _faults(12)})


def _faults(depth: int) -> bytes:
    inner: Any = ["x" * 500] * 14_000
    for _ in range(depth):
        inner = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 3, "activation": inner}}
    return json.dumps(inner).encode()


def two_thousand_million_units(bait: Bait) -> Path:
    """Half a kilobyte: a Sequential of one Dense."""
    weights = io.BytesIO()
    with h5py.File(weights, "w"):
        pass
    layers = [
        {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 8, 8, 3]}},
        {"module": "keras.layers", "class_name": "Dense", "config": {"units": 2_000 * MILLION}},
    ]
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    path = bait.folder / "units.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CONFIG, json.dumps(config))
        archive.writestr(WEIGHTS, weights.getvalue())
    return path


def huge_convolution_in_hdf5(bait: Bait) -> Path:
    return _hdf5(bait, "filters", config=lambda layers: layers[1]["config"].update(filters=200 * MILLION))


def built_on_a_huge_input(bait: Bait) -> Path:
    """The units are few; the size of the input, which Keras takes from the file, is not."""

    def build_huge(layers: list[dict[str, Any]]) -> None:
        layers[-1]["build_config"] = {"input_shape": [None, 500 * MILLION]}

    return _archive(bait, "built", config=build_huge)


def flattened_to_a_huge_input(bait: Bait) -> Path:
    """Nothing in the file is large: Flatten of 9000 x 9000 x 3, then three classes."""
    layers = [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 9000, 9000, 3], "dtype": "float32"}},
        {"class_name": "Flatten", "config": {"name": "flat"}},
        {"class_name": "Dense", "config": {"name": "head", "units": 3}},
    ]
    path = bait.folder / "flattened.h5"
    with h5py.File(path, "w") as h5:
        h5.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": layers}})
        h5.create_group("model_weights").attrs["layer_names"] = [b"head"]
    return path


def photo_too_large_for_any_camera(bait: Bait) -> Path:
    def widen(layers: list[dict[str, Any]]) -> None:
        layers[0]["config"]["batch_shape"] = [None, MILLION, MILLION, 3]

    return _archive(bait, "photo", config=widen)


def lambda_in_an_archive(bait: Bait) -> Path:
    return model_zoo.write_lambda_archive(bait.folder, bait.marker)


def lambda_in_hdf5(bait: Bait) -> Path:
    return model_zoo.write_lambda_hdf5(bait.folder, bait.marker)


def vocabulary_from_outside(bait: Bait) -> Path:
    config = {"vocabulary": str(bait.vocabulary), "name": "words"}
    return _archive(bait, "words", config=_replace_first("StringLookup", "keras.layers", config))


def saved_model_from_outside(bait: Bait) -> Path:
    config = {"filepath": str(bait.secret.parent), "call_endpoint": "serve", "name": "loaded"}
    return _archive(bait, "tfsm", config=_replace_first("TFSMLayer", "keras.layers", config))


def download_as_an_activation(bait: Bait) -> Path:
    def fetch(layers: list[dict[str, Any]]) -> None:
        found = {"module": "keras.datasets.mnist", "class_name": "function", "config": "load_data"}
        layers[1]["config"]["activation"] = found

    return _archive(bait, "download", config=fetch)


# ---- HDF5


def link_to_another_file(bait: Bait) -> Path:
    def edit(h5: h5py.File) -> None:
        variables = _first_variables(h5)
        del variables["0"]
        variables["0"] = h5py.ExternalLink(str(bait.secret), "/kernel")

    return _archive(bait, "external_link", weights=edit)


def link_to_another_file_in_hdf5(bait: Bait) -> Path:
    def edit(h5: h5py.File) -> None:
        del h5["model_weights"]
        h5["model_weights"] = h5py.ExternalLink(str(bait.secret), "/")

    return _hdf5(bait, "external_link", edit=edit)


def soft_link(bait: Bait) -> Path:
    def edit(h5: h5py.File) -> None:
        variables = _first_variables(h5)
        variables.move("0", "kept")
        variables["0"] = h5py.SoftLink(f"{variables.name}/kept")

    return _archive(bait, "soft_link", weights=edit)


def array_stored_in_another_file(bait: Bait) -> Path:
    def edit(h5: h5py.File) -> None:
        kernel = _first_variables(h5)["0"]
        name, shape = kernel.name, kernel.shape
        del h5[name]
        h5.create_dataset(name, shape, "float32", external=[(str(bait.secret), 0, h5py.h5f.UNLIMITED)])

    return _archive(bait, "external_storage", weights=edit)


def array_put_together_from_another_file(bait: Bait) -> Path:
    def edit(h5: h5py.File) -> None:
        kernel = _first_variables(h5)["0"]
        name, shape = kernel.name, kernel.shape
        layout = h5py.VirtualLayout(shape, "float32")
        layout[:] = h5py.VirtualSource(str(bait.secret), "kernel", shape=shape)
        del h5[name]
        h5.create_virtual_dataset(name, layout)

    return _archive(bait, "virtual", weights=edit)


def array_of_four_gigabytes_never_written(bait: Bait) -> Path:
    return _with_array(bait, "unwritten", shape=(1000 * MILLION,), chunks=(MILLION,), compression="gzip")


def chunk_of_four_gigabytes(bait: Bait) -> Path:
    return _with_array(bait, "chunk", shape=(10,), maxshape=(None,), chunks=(1000 * MILLION,), compression="gzip")


def array_packed_by_a_plug_in(bait: Bait) -> Path:
    def edit(h5: h5py.File) -> None:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((10,))
        plan.set_filter(32015, h5py.h5z.FLAG_OPTIONAL)
        h5py.h5d.create(h5.id, b"plugged", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((10,)), plan)

    return _hdf5(bait, "plug_in", edit=edit)


def groups_in_groups(bait: Bait) -> Path:
    return _hdf5(bait, "deep", edit=lambda h5: h5.create_group("/".join(["g"] * 5000)) and None)


def group_inside_itself(bait: Bait) -> Path:
    def edit(h5: h5py.File) -> None:
        h5["model_weights/again"] = h5["model_weights"]

    return _hdf5(bait, "loop", edit=edit)


def names_that_share_their_bytes(bait: Bait) -> Path:
    """3000 layer names, all of them the same 4 MB of the file."""
    path = _hdf5(bait, "names", edit=_write_names)
    data = bytearray(path.read_bytes())
    first = data.index(struct.pack("<I", 4 * MILLION))  # of 3000 x (length 4, address 8, index 4)
    data[first : first + 3000 * 16] = data[first : first + 16] * 3000
    path.write_bytes(data)
    return path


def names_whose_gaps_never_end(bait: Bait) -> Path:
    """The list of gaps between the names of a group leads to itself: the HDF5 library follows it for ever."""
    path = _hdf5(bait, "gaps")
    data = bytearray(path.read_bytes())
    at = data.index(b"HEAP") + 16  # mark 4, version and spare 4, size 8; then where the first gap is
    data[at : at + 8] = bytes(8)  # at 0 stands the empty name, which reads as "the next gap is at 0"
    path.write_bytes(data)
    return path


def _write_names(h5: h5py.File) -> None:
    group = h5["model_weights"]
    del group.attrs["layer_names"]
    group.attrs["layer_names"] = ["a" * 4 * MILLION, *(f"{number}" for number in range(2999))]


HOSTILE: dict[Callable[[Bait], Path], tuple[str, ...]] = {
    member_above_the_folder: ("names a file outside itself",),
    member_with_an_absolute_path: ("names a file outside itself",),
    member_that_is_a_link: ("a link or a device",),
    locked_with_a_password: ("locked with a password",),
    two_descriptions: ("two members of one name",),
    description_that_expands: ("config.json above 8 MiB",),
    description_that_lies_about_its_size: ("cut short or damaged",),
    weights_packed_without_a_bound: ("packed in a way",),
    members_that_share_their_bytes: ("members that overlap",),
    hundred_thousand_members: ("has 100000 members",),
    million_values: ("more than 250000 values",),
    as_many_values_as_are_read: ("could not be rebuilt",),
    as_many_faults_in_faults_as_are_read: ("could not be rebuilt",),
    brackets_in_brackets: ("64 brackets deep",),
    faults_in_faults: ("objects inside each other",),
    two_thousand_million_units: ("declares at least 2000000000 weights and stores 0",),
    huge_convolution_in_hdf5: ("declares at least 1800000057 weights and stores 355",),
    built_on_a_huge_input: ("declares at least",),
    flattened_to_a_huge_input: ("declares at least 729000000 weights and stores 0",),
    photo_too_large_for_any_camera: ("1000000000000 pixels",),
    lambda_in_an_archive: ("Lambda",),
    lambda_in_hdf5: ("Lambda",),
    vocabulary_from_outside: ("names StringLookup,",),
    saved_model_from_outside: ("names TFSMLayer,",),
    download_as_an_activation: ("names load_data,",),
    link_to_another_file: ("a link out of itself",),
    link_to_another_file_in_hdf5: ("a link out of itself",),
    soft_link: ("a link instead of an array",),
    array_stored_in_another_file: ("kept in another file",),
    array_put_together_from_another_file: ("kept in another file",),
    array_of_four_gigabytes_never_written: ("arrays far larger than it stores",),
    chunk_of_four_gigabytes: ("arrays far larger than it stores",),
    array_packed_by_a_plug_in: ("plug-in of HDF5 (number 32015)",),
    groups_in_groups: ("32 deep",),
    group_inside_itself: ("two links to one group",),
    names_whose_gaps_never_end: ("cut short or damaged",),
    names_that_share_their_bytes: ("cut short or damaged",),
}


# ---- parts


def _archive(
    bait: Bait,
    name: str,
    *,
    config: Callable[[list[dict[str, Any]]], None] | None = None,
    weights: Callable[[h5py.File], None] | None = None,
    members: dict[str, bytes] | None = None,
    extra: dict[str, bytes] | None = None,
    packing: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """The good archive with its layers, its weights or whole members changed."""
    with zipfile.ZipFile(bait.archive) as good:
        parts = {member: good.read(member) for member in good.namelist()} | (members or {}) | (extra or {})
    if config:
        described = json.loads(parts[CONFIG])
        config(described["config"]["layers"])
        parts[CONFIG] = json.dumps(described).encode()
    if weights:
        file = io.BytesIO(parts[WEIGHTS])
        with h5py.File(file, "r+") as h5:
            weights(h5)
        parts[WEIGHTS] = file.getvalue()
    path = bait.folder / f"{name}.keras"
    with zipfile.ZipFile(path, "w", packing) as archive:
        for member, data in parts.items():
            archive.writestr(member, data)
    return path


def _hdf5(
    bait: Bait,
    name: str,
    *,
    config: Callable[[list[dict[str, Any]]], None] | None = None,
    edit: Callable[[h5py.File], None] | None = None,
) -> Path:
    """The good HDF5 file with its layers or anything else changed."""
    path = bait.folder / f"{name}.h5"
    path.write_bytes(bait.hdf5.read_bytes())
    with h5py.File(path, "r+") as h5:
        if config:
            described = json.loads(h5.attrs["model_config"])
            config(described["config"]["layers"])
            h5.attrs["model_config"] = json.dumps(described)
        if edit:
            edit(h5)
    return path


def _with_array(bait: Bait, name: str, **settings: Any) -> Path:
    def edit(h5: h5py.File) -> None:
        variables = _first_variables(h5)
        del variables["0"]
        variables.create_dataset("0", dtype="float32", **settings)

    return _archive(bait, name, weights=edit)


def _first_variables(h5: h5py.File) -> Any:
    return h5["layers/conv2d/vars"]


def _replace_first(kind: str, module: str, config: dict[str, Any]) -> Callable[[list[dict[str, Any]]], None]:
    def replace(layers: list[dict[str, Any]]) -> None:
        layers[1] |= {"class_name": kind, "module": module, "registered_name": None, "config": config}

    return replace
