"""Whole files or none."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import resource
import signal
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.errors import PhotoError
from scorecam_cli.files.write import remove, write_array, write_bytes, write_json, write_png
from scorecam_cli.manifest import WrittenFile

RGB = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_written_is_known_without_reading_it_again(tmp_path):
    for path, write in ((tmp_path / "a.png", write_png), (tmp_path / "a.npy", write_array)):
        written = write(path, RGB)
        status = path.stat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert written == WrittenFile(status.st_size, digest, status.st_mtime_ns, status.st_ino)


def test_png_holds_the_pixels_and_nothing_else(tmp_path):
    write_png(tmp_path / "a.png", RGB)
    data = (tmp_path / "a.png").read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(image), RGB)
        assert image.info == {}
    write_png(tmp_path / "b.png", RGB.copy())
    assert (tmp_path / "b.png").read_bytes() == data
    assert names(tmp_path) == ["a.png", "b.png"]


def test_array_is_float32_as_computed(tmp_path):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)[:, ::-1]
    write_array(tmp_path / "m.npy", values)
    loaded = np.load(tmp_path / "m.npy", allow_pickle=False)
    assert loaded.dtype == np.dtype("<f4")
    assert np.array_equal(loaded, values)


def test_json_keeps_names_in_no_valid_encoding(tmp_path):
    content = {"photo": os.fsdecode(b"caf\xe9\n.jpg"), "n": [1, 0.5, None]}
    write_json(tmp_path / "a.json", content)
    data = (tmp_path / "a.json").read_bytes()
    assert data.isascii()
    assert data.endswith(b"}\n")
    assert json.loads(data) == content
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", {"x": float("nan")})
    assert names(tmp_path) == ["a.json"]


def test_folder_is_made_on_first_need(tmp_path):
    write_json(tmp_path / "new/er/a.json", {})
    assert names(tmp_path / "new/er") == ["a.json"]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_mode_follows_the_umask_without_changing_it(tmp_path, monkeypatch, umask):
    real = os.umask(umask)
    try:
        monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("changed for every thread"))
        write_json(tmp_path / "a.json", {})
    finally:
        monkeypatch.undo()
        os.umask(real)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o666 & ~umask


def test_symbolic_link_is_replaced_and_its_target_untouched(tmp_path):
    target, link = tmp_path / "precious.png", tmp_path / "out.png"
    target.write_bytes(b"precious")
    link.symlink_to(target)
    write_png(link, RGB)
    assert not link.is_symlink()
    assert target.read_bytes() == b"precious"


def test_longest_name_can_be_written(tmp_path):
    for name in ("n" * 255, "é" * 127, os.fsdecode(b"\xe9" * 255)):
        write_json(tmp_path / name, {})
        assert (tmp_path / name).is_file()
    with pytest.raises(PhotoError, match="the name is too long"):
        write_json(tmp_path / ("n" * 256), {})
    assert len(names(tmp_path)) == 3


def test_temporary_is_in_the_same_folder_and_known_as_ours(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(os, "fsync", lambda fd: seen.extend(names(tmp_path)))
    for name in ("a.json", "n" * 255):
        write_json(tmp_path / name, {})
    assert all(name.startswith(".") and f".scorecam-tmp-{os.getpid()}-" in name for name in (seen[0], seen[1]))
    assert seen[0].startswith(".a.json.")


@pytest.mark.parametrize("failure", [KeyboardInterrupt, SystemExit, MemoryError])
def test_interrupt_leaves_nothing_and_the_old_file_whole(tmp_path, monkeypatch, failure):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def fail(descriptor):
        raise failure

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(failure):
        write_png(path, RGB)
    assert names(tmp_path) == ["a.png"]
    assert path.read_bytes() == b"old"


def test_bytes_are_on_disk_before_the_name_is(tmp_path, monkeypatch):
    events = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (events.append(os.fstat(fd).st_size), sync(fd)))
    monkeypatch.setattr(Path, "replace", lambda self, to: (events.append("named"), replace(self, to))[1])
    write_json(tmp_path / "a.json", {})
    assert events == [3, "named"]


def test_failed_write_is_told_and_leaves_nothing(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, hard))
        with pytest.raises(PhotoError, match=r"cannot write .*a\.png: the file would be larger"):
            write_png(tmp_path / "a.png", RGB)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, "Input/output error"),
        (errno.EFBIG, "the file would be larger than the system allows"),
    ],
)
def test_each_reason_has_its_words(tmp_path, monkeypatch, number, words):
    def fail(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(PhotoError) as caught:
        write_json(tmp_path / "a.json", {})
    assert str(caught.value) == f"cannot write {tmp_path / 'a.json'}: {words}"
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_file_system_that_cannot_sync_fails_no_file(tmp_path, monkeypatch, number):
    def fail(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    write_json(tmp_path / "a.json", {})
    assert (tmp_path / "a.json").read_text() == "{}\n"


def test_file_in_the_place_of_a_folder_and_the_reverse_are_told(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    for inner in ("file/a.json", "file/deeper/a.json"):
        with pytest.raises(PhotoError, match="a file stands where a folder should be"):
            write_json(tmp_path / inner, {})
    with pytest.raises(PhotoError, match="a folder stands where the file should be"):
        write_json(tmp_path / "folder", {})
    assert names(tmp_path) == ["file", "folder"]


@pytest.mark.parametrize("name", ["", "/", ".", "a\0b", "\ud800", "a/b\0/c"])
@pytest.mark.parametrize("write", [lambda path: write_bytes(path, b"x"), remove], ids=["write", "remove"])
def test_what_cannot_be_a_file_name_is_one_failure(tmp_path, monkeypatch, name, write):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PhotoError, match="cannot write"):
        write(Path(name))
    assert names(tmp_path) in ([], ["a"])


def test_folders_nest_deeper_than_calls(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path(*["n"] * 1200, "x.txt")
    write_bytes(path, b"x")
    assert path.read_bytes() == b"x"
    subprocess.run(["rm", "-rf", "n"], check=True)  # Python's own removal of a tree would exceed its call depth
