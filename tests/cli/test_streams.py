"""Standard streams that are closed, full or without a reader: the right code, the work done, and no traceback."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scorecam_cli.cli import streams
from scorecam_cli.cli.streams import ReaderGoneError, ResultsLostError, standard_streams

COMMAND = [sys.executable, "-m", "scorecam_cli"]
needs_full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")

WORDS = {
    "help": ["--help"],
    "version": ["--version"],
    "list": ["models"],
    "photo": ["explain", "dog.png", "-m", "tiny.keras", "-c", "1"],
    "page": ["report", "dog.png", "-o", "page.html"],
    "mistake": ["explain", "--no-such-option"],
    "failure": ["explain", "none.png", "-m", "tiny.keras", "-c", "1", "-q"],
}
CASES = [
    ("help", ">&-", 0),
    ("help", ">/dev/full", 1),
    ("help", ">/dev/full 2>&-", 1),
    ("help", "| gone", 141),
    ("version", ">/dev/full", 1),
    ("list", ">&- 2>&-", 0),
    ("list", ">/dev/full", 1),
    ("list", "| gone", 141),
    ("photo", ">&-", 0),
    ("photo", "2>&-", 0),
    ("photo", "<&- >&- 2>&-", 0),
    ("photo", ">/dev/full", 1),
    ("photo", "2>/dev/full", 0),
    ("photo", ">/dev/full 2>/dev/full", 1),
    ("photo", "| gone", 141),
    ("page", ">&- 2>&-", 0),
    ("page", ">/dev/full", 1),
    ("page", "| gone", 141),
    ("mistake", "2>&-", 2),
    ("mistake", "2>/dev/full", 2),
    ("failure", "2>&-", 1),
    ("failure", ">&-", 1),
]


@pytest.fixture
def explained(scorecam, photo, tiny_model, monkeypatch):
    """The working folder: a photo that is up to date, so that no model is needed any more."""
    (photo.parent / "tiny.keras").write_bytes(tiny_model.read_bytes())
    monkeypatch.chdir(photo.parent)
    assert scorecam(*WORDS["photo"]).code == 0
    return photo.parent


def run(arguments, fault):
    """The command with its streams as a shell sets them; `| gone`: nobody reads its stdout."""
    if fault != "| gone":
        script = f'exec "$@" {fault}'
        return subprocess.run(["sh", "-c", script, "sh", *COMMAND, *arguments], capture_output=True, text=True)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        return subprocess.run([*COMMAND, *arguments], stdout=pipe, stderr=subprocess.PIPE, text=True)


@needs_full_device
def test_each_fault_has_its_code_and_leaves_the_work_done(explained):
    wrong = []
    for command, fault, code in CASES:
        (explained / "page.html").unlink(missing_ok=True)
        done = run(WORDS[command], fault)
        out, err = done.stdout or "", done.stderr
        lines = err.splitlines()
        fine = done.returncode == code and "Traceback" not in out + err
        fine = fine and all(Path(line).exists() for line in out.splitlines())
        if command == "page":
            fine = fine and (explained / "page.html").is_file()
        if fault == ">/dev/full":
            fine = fine and sum("standard output cannot be written: No space left" in line for line in lines) == 1
        if not fine:
            wrong.append((command, fault, done))
    assert wrong == []


def test_run_without_stderr_writes_its_maps_and_prints_their_paths_alone(photo, tiny_model):
    (photo.parent / "bad.png").write_text("no photo")
    done = run(["explain", str(photo.parent), "-m", str(tiny_model), "-c", "1", "-q"], "2>&- <&-")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert all(Path(line).is_file() for line in done.stdout.splitlines())


@needs_full_device
@pytest.mark.parametrize(
    "command",
    [
        ["explain", "dog.png", "dog2.png"],
        ["explain", "dog.png", "dog2.png", "--json"],
        ["compare", "dog.png", "dog2.png", "--methods", "score-cam,random"],
        ["evaluate", "dog.png", "dog2.png", "--methods", "random", "--measures", "drop"],
    ],
    ids=lambda words: " ".join(words[::3]),
)
def test_run_goes_on_where_stdout_is_full_and_says_so_once(scorecam, photo, tiny_model, monkeypatch, command):
    monkeypatch.chdir(photo.parent)
    Path("dog2.png").write_bytes(photo.read_bytes())
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(full, write_through=True))
        done = scorecam(*command, "-m", tiny_model, "-c", 1, "-o", "maps")
    assert done.code == 1
    assert done.err.count("scorecam: standard output cannot be written: No space left on device") == 1
    assert "2 photos done" in done.err
    assert len(list(Path("maps").iterdir())) >= 2


@needs_full_device
def test_prediction_that_cannot_be_printed_ends_the_run(scorecam, photo, tiny_model, monkeypatch):
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(full, write_through=True))
        done = scorecam("predict", photo, photo.parent / "none.png", "-m", tiny_model)
    assert done.code == 1
    assert done.err.splitlines()[-1] == "scorecam: standard output cannot be written: No space left on device"


def test_list_from_a_stdin_that_is_closed_or_cannot_be_read_is_a_mistake(scorecam, tiny_model, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    done = scorecam("explain", "--files-from", "-", "-m", tiny_model)
    assert (done.code, done.out) == (2, "")
    assert done.err == "scorecam: standard input is closed: --files-from - has nothing to read\n"
    with (tmp_path / "out").open("w") as written_only:
        monkeypatch.setattr(sys, "stdin", written_only)
        done = scorecam("explain", "--files-from", "-", "-m", tiny_model)
    assert (done.code, done.out) == (2, "")
    assert "standard input cannot be read" in done.err


class Raw(io.RawIOBase):
    """Takes three bytes at a time, every other time none."""

    def __init__(self):
        self.taken, self.calls = b"", 0

    def writable(self):
        return True

    def write(self, data):
        self.calls += 1
        if self.calls % 2:
            return None
        self.taken += bytes(data[:3])
        return min(3, len(data))


def test_slow_reader_of_a_stream_that_does_not_block_gets_every_byte(monkeypatch):
    raw = Raw()
    monkeypatch.setattr(streams.select, "select", lambda *_: None)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "utf-8"))
    with standard_streams():
        print("a path that is long", flush=True)
    assert raw.taken == b"a path that is long\n"


@pytest.mark.parametrize(
    ("error", "kind"), [(BrokenPipeError(32, "x"), ReaderGoneError), (OSError(28, "x"), ResultsLostError)]
)
def test_only_stdout_tells_of_its_end(monkeypatch, error, kind):
    class Ended(Raw):
        def write(self, data):
            raise error

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(Ended(), write_through=True))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(Ended(), write_through=True))
    with standard_streams():
        print("words", file=sys.stderr, flush=True)
        with pytest.raises(kind):
            print("results", flush=True)


def test_text_that_the_encoding_of_stdout_lacks_is_escaped(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii"))
    with standard_streams():
        print("猫", flush=True)
    assert raw.getvalue() == b"\\u732b\n"
