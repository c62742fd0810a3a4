"""Whatever a name leads to: one outcome, one sentence, one exit code, and the photo beside it gets its map."""

import ctypes
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.photos.encoded import png

COMMAND = [sys.executable, "-m", "scorecam_cli"]


def without_privileges():
    """Before a program starts: permissions hold for it even where it runs as root."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; refused, and needless, for other users


def link_loop(path):
    path.symlink_to(path.name)


def socket_file(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def sparse(path):
    path.touch()
    os.truncate(path, 2**40)


KINDS = {
    "a named pipe": (os.mkfifo, "a named pipe, not a photo"),
    "a socket": (socket_file, "a socket, not a photo"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "a device, not a photo"),
    "a terminal": (lambda path: path.symlink_to("/dev/tty"), "a device, not a photo"),
    "zero bytes": (Path.touch, "the file is empty"),
    "a terabyte": (sparse, "larger than 1024 MiB"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "a symbolic link to a file that does not exist"),
    "a link to itself": (link_loop, "leads back to itself"),
    "nothing": (lambda path: None, "no such file"),
    "text": (lambda path: path.write_text("hello"), "looks like text"),
    "a cut photo": (lambda path: path.write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF"), "damaged or cut short"),
    "a bomb": (
        lambda path: path.write_bytes(png(60_000, 60_000, depth=8, colour=2, rows=[])),
        "60000 x 60000 pixels are too large",
    ),
    "a control character in its name": (lambda path: path.write_bytes(b"GIF89a"), "damaged or cut short"),
}
NAMES = {"a control character in its name": "x\x1b]0;title\x07\u202e\n.jpg"}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_file_fails_alone_fast_and_in_one_line(scorecam, photo, tiny_model, kind):
    make, words = KINDS[kind]
    path = photo.parent / NAMES.get(kind, "x.jpg")
    make(path)
    began = time.monotonic()
    done = scorecam("explain", path, photo, "-m", tiny_model, "-c", 1, "--log", photo.parent / "log")
    assert time.monotonic() - began < 15  # of which 4 on a free machine, a terabyte would take hours
    assert done.code == 1
    assert [Path(each).name for each in done.paths][-1] == "dog.png.scorecam.json"
    told = [line for line in done.err.splitlines() if ": failed: " in line]
    assert len(told) == 1
    assert words in told[0]
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err
    assert len((photo.parent / "log").read_text().splitlines()) == 1 + 2


def test_folder_named_like_a_photo_is_a_folder(scorecam, photo, tiny_model):
    folder = photo.parent / "x.jpg"
    folder.mkdir()
    photo.rename(folder / "inside.png")
    done = scorecam("explain", photo.parent, "-m", tiny_model, "-c", 1)
    assert (done.code, "its subfolders hold some: add -r" in done.err) == (2, True)
    assert scorecam("explain", photo.parent, "-r", "-m", tiny_model, "-c", 1).code == 0
    assert scorecam("explain", folder, "-m", tiny_model, "-c", 1).code == 0


def test_pipe_socket_and_device_in_a_folder_are_named_and_never_opened(scorecam, photo, tiny_model):
    os.mkfifo(photo.parent / "pipe.jpg")
    socket_file(photo.parent / "socket.jpg")
    (photo.parent / "device.jpg").symlink_to("/dev/zero")
    done = scorecam("explain", photo.parent, "-m", tiny_model, "-c", 1)
    assert done.code == 1
    assert len(done.paths) == 3
    for name, words in {"pipe": "a named pipe", "socket": "a socket", "device": "a device"}.items():
        assert f"{photo.parent / name}.jpg: failed: {words}, not a photo" in done.err


def test_photo_without_permission_is_told(photo, tiny_model):
    photo.chmod(0)
    done = subprocess.run(
        [*COMMAND, "explain", photo, "-m", tiny_model], capture_output=True, text=True, preexec_fn=without_privileges
    )
    assert done.returncode == 1
    assert done.stderr == f"{photo}: failed: permission denied: the file cannot be read\n"


def test_output_folder_without_permission_is_told_before_anything_is_done(photo, tiny_model, tmp_path):
    (tmp_path / "maps").mkdir(mode=0o555)
    done = subprocess.run(
        [*COMMAND, "explain", photo, "-m", tiny_model, "-c", "1", "-o", tmp_path / "maps"],
        capture_output=True,
        text=True,
        preexec_fn=without_privileges,
    )
    assert done.returncode == 2
    assert done.stderr.endswith("maps: permission denied; give another --output-dir\n")
    assert "loading" not in done.stderr


def test_photo_in_a_folder_that_cannot_be_written_fails_and_another_does_not(scorecam, photo, tiny_model, tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("a.png", "b/b.png", "c.png"):
        (tmp_path / name).write_bytes(photo.read_bytes())
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps/b").write_text("in the way")
    photos = [tmp_path / name for name in ("a.png", "c.png")]
    done = scorecam("explain", tmp_path, "-r", "-m", tiny_model, "-c", 1, "-o", tmp_path / "maps")
    assert done.code == 1
    assert f"cannot write {tmp_path}/maps/b/b.png.scorecam-1-heatmap.png: a file stands where a folder" in done.err
    assert all(f"{tmp_path}/maps/{path.name}.scorecam.json" in done.paths for path in photos)
