"""Photos are decoded by a process of its own: it is ended when it takes too long, and what it does hurts one photo."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.errors import PhotoError
from scorecam_cli.photos import read
from scorecam_cli.photos.decode import decode_photo
from scorecam_cli.photos.read import read_photo

from .encoded import marker, save
from .extreme import flat_png, many_markers_jpeg, many_scans_jpeg


@pytest.fixture
def fresh(monkeypatch):
    """No process from other tests; those of this test end with it."""
    monkeypatch.setattr(read, "_idle", [])
    monkeypatch.setattr(read, "_running", set())
    yield
    for decoder in list(read._running):
        decoder.end()


@pytest.fixture
def slow(tmp_path):
    """A photo of 150 kB whose decoding takes many seconds."""
    path = tmp_path / "slow.jpg"
    path.write_bytes(many_scans_jpeg(1500, 10_000))
    return path


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.png"
    path.write_bytes(save(Image.fromarray(marker()), "PNG"))
    return path


def child():
    (decoder,) = read._running
    return decoder._process


def gone(pid, seconds=3.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def test_the_photo_is_the_one_that_this_process_would_decode(fresh, good):
    photo, here = read_photo(good), decode_photo(good.read_bytes())
    assert np.array_equal(photo.rgb, here.rgb)
    assert (photo.sha256, photo.warnings) == (here.sha256, here.warnings)
    assert photo.rgb.flags.c_contiguous


def test_one_process_reads_one_photo_after_the_other(fresh, good, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(good.read_bytes()[:50])
    read_photo(good)
    first = child().pid
    with pytest.raises(PhotoError, match="damaged or cut short"):
        read_photo(bad)
    read_photo(good)
    assert child().pid == first


def test_a_photo_that_takes_too_long_is_given_up_and_the_next_one_read(fresh, good, slow):
    read_photo(good)
    began = time.monotonic()
    with pytest.raises(PhotoError, match=r"reading took longer than 0\.3 seconds; give --photo-timeout"):
        read_photo(slow, seconds=0.3)
    assert time.monotonic() - began < 3
    assert read_photo(good).rgb.shape == (24, 40, 3)


def test_waiting_for_room_is_no_time_of_reading(fresh, tmp_path):
    path, asked = tmp_path / "a.png", []
    path.write_bytes(flat_png(600, 500))
    read_photo(path)

    def admit(pixels):
        asked.append(pixels)
        time.sleep(1.2)

    assert read_photo(path, seconds=1, admit=admit).width == 600
    assert asked == [600 * 500]


@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGSEGV, r"crashed \(SIGSEGV\): the file is damaged"), (signal.SIGKILL, "was killed: perhaps memory")],
)
def test_a_process_that_dies_fails_one_photo(fresh, good, slow, number, words):
    read_photo(good)
    pid = child().pid
    threading.Timer(0.3, os.kill, (pid, number)).start()
    with pytest.raises(PhotoError, match=words):
        read_photo(slow)
    assert read_photo(good).rgb.shape == (24, 40, 3)


def test_a_process_that_died_meanwhile_is_not_asked(fresh, good):
    read_photo(good)
    child().kill()
    child().wait()
    assert read_photo(good).rgb.shape == (24, 40, 3)


def test_a_forked_process_does_not_ask_its_parents(fresh, good):
    read_photo(good)
    (decoder,) = read._running
    decoder.owner = -1  # as in a process that a fork made
    read_photo(good)
    assert not decoder.usable
    decoder.owner = os.getpid()
    assert decoder.usable
    decoder.end()


def test_without_a_process_photos_are_read_here(fresh, good, monkeypatch):
    def refuse(*arguments, **options):
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert read_photo(good).rgb.shape == (24, 40, 3)
    assert not read._running


def test_what_the_libraries_print_is_told_of_the_photo_and_not_printed(fresh, tmp_path, capfd):
    path, noisy = tmp_path / "a.tif", Image.effect_noise((90, 80), 90)
    refused, mended = (
        bytearray(save(image, "TIFF", compression=compression))
        for image, compression in ((noisy, "tiff_adobe_deflate"), (noisy.convert("1"), "group4"))
    )
    refused[300:330] = mended[300:330] = b"\xff" * 30
    path.write_bytes(refused)
    with pytest.raises(PhotoError, match=r"the TIFF file is damaged.*; the decoder says: ZIPDecode: Decoding error"):
        read_photo(path)
    path.write_bytes(mended)
    warnings = read_photo(path).warnings
    assert 1 <= len(warnings) <= 3
    assert all(warning.startswith("the decoder says: Fax4Decode: Bad code word") for warning in warnings)
    path.write_bytes(save(noisy, "TIFF"))
    assert read_photo(path).warnings == ()  # of this photo, not of the one before
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_metadata_that_takes_all_memory_is_one_sentence(fresh, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(many_markers_jpeg(6_000_000))
    with pytest.raises(PhotoError, match="the header of the JPEG file takes more memory than it may"):
        read_photo(path)


def test_no_process_is_left_when_this_one_is_killed(slow):
    program = (
        "import sys, threading, time\nfrom pathlib import Path\nfrom scorecam_cli.photos import read\n"
        "threading.Thread(target=read.read_photo, args=(Path(sys.argv[1]),), daemon=True).start()\n"
        "while not read._running: time.sleep(0.01)\n"
        "time.sleep(0.7)\nprint(next(iter(read._running))._process.pid, flush=True)\ntime.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(slow)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        assert not gone(pid, 0.2)
        parent.kill()
    assert gone(pid)


def test_a_program_that_ends_does_not_wait_for_the_photo_under_way(slow):
    program = (
        "import sys, threading, time\nfrom pathlib import Path\nfrom concurrent.futures import Future\n"
        "from scorecam_cli.photos import read\nfrom scorecam_cli.runs.stages import _fulfil\n"
        "work = Future(), read.read_photo, Path(sys.argv[1])\n"
        "threading.Thread(target=_fulfil, args=work, daemon=True).start()\n"
        "while not read._running: time.sleep(0.01)\ntime.sleep(0.5)\n"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program, str(slow)], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - began < 8
