"""What an HDF5 file is made of, learnt before anything in it is read: links, arrays and attributes, by their headers.

HDF5 follows links to other files, takes arrays from other files, unpacks, and reserves what a header says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection.limits import (
    ATTRIBUTE_BYTES,
    ATTRIBUTES,
    DAMAGED,
    EXPANSION,
    FREE_BYTES,
    FROM_ITS_MAKER,
    HDF5_DEPTH,
    HDF5_OBJECTS,
    REHEARSED_BYTES,
    SAVE_WHOLE,
)

# Those inside the HDF5 library and h5py; any other is a program that HDF5 would look for on this machine.
_FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "lzf"}


class Item(NamedTuple):
    """A group or an array of the file: its path inside, and h5py's low-level handle."""

    name: bytes
    handle: Any
    is_array: bool


class Contents(NamedTuple):
    """What an HDF5 file holds: how many numbers, and `model`, `legacy weights`, `weights` or `nothing` of Keras."""

    numbers: int
    holds: str


def look_into(h5: Any, path: Path, *, file_bytes: int) -> Contents:
    """Refuse an HDF5 file that reaches outside itself or unpacks to far more than it stores; else say what it holds.

    Args:
        h5: the open h5py.File. path: what the user calls it. file_bytes: the size on disk of the file that holds it.

    Raises:
        ModelError: as said. Whatever h5py raises: damaged.
    """
    numbers = _check(h5, path, file_bytes=file_bytes)
    _rehearse(h5, path)
    if "model_config" in h5.attrs:
        return Contents(numbers, "model")
    if _names_layers(h5) or _names_layers(h5.get("model_weights")):
        return Contents(numbers, "legacy weights")
    if any(item.name == b"vars" for item in walk(h5, path)):
        return Contents(numbers, "weights")
    return Contents(numbers, "nothing")


def _names_layers(group: Any) -> bool:
    """A long list is split over layer_names0, layer_names1, ...: an attribute holds at most 64 KB."""
    return group is not None and ("layer_names" in group.attrs or "layer_names0" in group.attrs)


def _check(h5: Any, path: Path, *, file_bytes: int) -> int:
    numbers = declared_bytes = stored_bytes = 0
    for item in walk(h5, path):
        _check_attributes(item.handle, path)
        if item.is_array:
            count, declared, stored = _check_array(item.handle, path)
            numbers += count
            declared_bytes += declared
            stored_bytes += stored
            if declared_bytes > max(FREE_BYTES, EXPANSION * file_bytes):
                raise ModelError(f"{path} declares arrays far larger than it stores; {FROM_ITS_MAKER}")
    size = int(h5.id.get_filesize())
    beside = size - stored_bytes
    if beside < 0:
        raise ModelError(f"{path} {DAMAGED}")
    if beside > FREE_BYTES:
        raise ModelError(f"{path} keeps {beside >> 20} MiB beside its arrays; {SAVE_WHOLE}")
    return numbers


def _rehearse(h5: Any, path: Path) -> None:
    """Read what Keras will read and a file could turn against it: attributes, which may unpack, and packed arrays."""
    import h5py

    for item in walk(h5, path):
        found = h5py.Dataset(item.handle) if item.is_array else h5py.Group(h5py.h5g.open(item.handle, b"."))
        for name in found.attrs:
            found.attrs[name]
        if item.is_array and found.chunks and math.prod(found.chunks) * found.dtype.itemsize <= REHEARSED_BYTES:
            for chunk in found.iter_chunks():
                found[chunk]


def walk(h5: Any, path: Path) -> Iterator[Item]:
    """Every group and array once, the root first; a list instead of recursion, so depth costs nothing.

    Raises:
        ModelError: a link out of the file or back into it, groups too deep or too many.
    """
    import h5py

    seen: set[tuple[int, int]] = set()
    waiting = [(b"/", h5.id, 0)]
    while waiting:
        name, handle, depth = waiting.pop()
        info = h5py.h5o.get_info(handle)
        if (info.fileno, info.addr) in seen:
            raise ModelError(f"{path} has two links to one group or array, which Keras never writes; {FROM_ITS_MAKER}")
        seen.add((info.fileno, info.addr))
        is_array = isinstance(handle, h5py.h5d.DatasetID)
        if isinstance(handle, h5py.h5g.GroupID | h5py.h5f.FileID):
            group = h5py.h5g.open(handle, b".")
            children = _children(group, path, most=HDF5_OBJECTS - len(seen) - len(waiting))
            if children and depth == HDF5_DEPTH:
                raise ModelError(f"{path} has groups more than {HDF5_DEPTH} deep; {FROM_ITS_MAKER}")
            waiting += [(child, h5py.h5o.open(group, child), depth + 1) for child in children]
        yield Item(name, handle, is_array)


def _children(group: Any, path: Path, *, most: int) -> list[bytes]:
    """The names of what a group holds, every one by a plain link."""
    import h5py

    names: list[bytes] = []

    def note(name: bytes) -> bool | None:
        names.append(name)
        return True if len(names) > most else None  # ends the iteration: a damaged list can go in circles

    group.links.iterate(note)
    if len(names) > most:
        raise ModelError(f"{path} has more than {HDF5_OBJECTS} groups and arrays; {FROM_ITS_MAKER}")
    for name in names:
        kind = group.links.get_info(name).type
        if kind != h5py.h5l.TYPE_HARD:
            where = "out of itself" if kind == h5py.h5l.TYPE_EXTERNAL else "instead of an array or group"
            raise ModelError(f"{path} has a link {where}, which Keras never writes; {FROM_ITS_MAKER}")
    return names


def _check_array(array: Any, path: Path) -> tuple[int, int, int]:
    """How many numbers it declares, the bytes needed to read it, and those stored."""
    import h5py

    plan = array.get_create_plist()
    if plan.get_layout() == h5py.h5d.VIRTUAL or plan.get_external_count():
        raise ModelError(f"{path} has an array that is kept in another file, which Keras never does; {FROM_ITS_MAKER}")
    for index in range(plan.get_nfilters()):
        code = plan.get_filter(index)[0]
        if code not in _FILTERS:
            raise ModelError(f"{path} has an array packed by a plug-in of HDF5 (number {code}); {SAVE_WHOLE}")
    kind = array.get_type()
    if kind.get_class() not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM, h5py.h5t.OPAQUE):  # bool, bfloat16
        raise ModelError(f"{path} has an array of something else than numbers; {SAVE_WHOLE}")
    count = math.prod(array.get_space().get_simple_extent_dims())
    chunk = math.prod(plan.get_chunk()) if plan.get_layout() == h5py.h5d.CHUNKED else 0
    return count, max(count, chunk) * int(kind.get_size()), int(array.get_storage_size())


def _check_attributes(handle: Any, path: Path) -> None:
    """By their headers: names of any length are stored elsewhere in the file, and only reading them tells how long."""
    import h5py

    count = h5py.h5a.get_num_attrs(handle)
    if count > ATTRIBUTES:
        raise ModelError(f"{path} has {count} attributes on one group; {FROM_ITS_MAKER}")
    for index in range(count):
        attribute = h5py.h5a.open(handle, index=index)
        space, kind = attribute.get_space(), attribute.get_type()
        length = space.get_simple_extent_npoints() if space.get_simple_extent_type() != h5py.h5s.NULL else 0
        if length * kind.get_size() > ATTRIBUTE_BYTES:
            raise ModelError(f"{path} has an attribute above {ATTRIBUTE_BYTES >> 20} MiB; {FROM_ITS_MAKER}")
