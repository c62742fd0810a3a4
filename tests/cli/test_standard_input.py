"""`-`: one photo on standard input."""

import io
import json
import sys
import tempfile
from pathlib import Path

import pytest

from scorecam_cli.photos import read


class Terminal(io.TextIOWrapper):
    def isatty(self):
        return True


@pytest.fixture
def piped(monkeypatch, tmp_path):
    """Let these bytes come on standard input; nothing of them is kept when the test ends."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "kept"))
    (tmp_path / "kept").mkdir()
    monkeypatch.chdir(tmp_path)

    def come(data, kind=io.TextIOWrapper):
        monkeypatch.setattr(sys, "stdin", kind(io.BytesIO(data)))

    yield come
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_photo_that_comes_is_explained_as_one_that_lies_there(scorecam, tiny_model, photo, piped, tmp_path):
    options = ("-m", tiny_model, "-o", "maps", "-c", "1")
    piped(photo.read_bytes())
    done = scorecam("explain", "-", "--name", "dog.png", *options)
    assert done.code == 0, done.err
    assert done.paths[-1] == "maps/dog.png.scorecam.json"
    made = list(Path("maps").glob("dog.png.scorecam-1-*.png"))
    assert json.loads(Path(done.paths[-1]).read_text())["photo"] == "dog.png"
    piped(photo.read_bytes())
    assert "[up to date]" in scorecam("explain", "-", "--name", "dog.png", *options).err
    assert "[up to date]" in scorecam("explain", photo, *options).err
    assert made


def test_predict_takes_it_too_and_calls_it_stdin(scorecam, tiny_model, photo, piped):
    piped(photo.read_bytes())
    done = scorecam("predict", "-", "-m", tiny_model, "--json")
    assert (done.code, json.loads(done.out)["photo"]) == (0, "stdin")


@pytest.mark.parametrize(("data", "reason"), [(b"", "standard input is empty"), (b"no photo", "not a photo|no photo")])
def test_what_is_no_photo_is_one_failed_photo(scorecam, piped, data, reason):
    piped(data)
    done = scorecam("explain", "-", "--name", "dog.jpg", "--json")
    found = json.loads(done.out)
    assert (done.code, found["photo"]) == (1, "dog.jpg")
    assert any(words in found["error"] for words in reason.split("|")), found


def test_no_more_is_taken_than_a_photo_may_have(scorecam, piped, monkeypatch):
    monkeypatch.setattr(read, "MAX_BYTES", 2**20)
    piped(bytes(2**20 + 1))
    done = scorecam("predict", "-")
    assert (done.code, "larger than 1 MiB" in done.err) == (1, True), done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-", "dog.png"], "- is the one photo on standard input"),
        (["-", "-"], "- is the one photo on standard input"),
        (["-", "--files-from", "list"], "- is the one photo on standard input"),
        (["-", "--files-from", "-"], "- is the one photo on standard input"),
        (["dog.png", "--name", "cat.png"], "--name cat.png is for the photo on standard input"),
        (["-", "--name", "../dog.png"], "is no name of a file"),
        (["-", "--name", ""], "is no name of a file"),
        (["-", "--name", "a.png.scorecam.json"], "is that of an output"),
    ],
)
def test_contradictions_are_a_sentence(scorecam, piped, arguments, words):
    piped(b"?")
    for command in ("explain", "predict"):
        done = scorecam(command, *arguments)
        assert (done.code, done.out) == (2, "")
        assert words in done.err
    assert sys.stdin.buffer.read() == b"?"


@pytest.mark.parametrize("stream", ["terminal", "closed"])
def test_where_nothing_comes_nobody_waits(scorecam, piped, monkeypatch, stream):
    if stream == "terminal":
        piped(b"", kind=Terminal)
    else:
        monkeypatch.setattr(sys, "stdin", None)
    done = scorecam("explain", "-")
    assert (done.code, "nothing comes there" in done.err) == (2, True)


def test_it_has_no_place_on_a_page_nor_in_a_retry(scorecam, photo, piped, tmp_path):
    piped(photo.read_bytes())
    assert "--page is made of files" in scorecam("explain", "-", "--page", "p.html").err
    log = tmp_path / "log.jsonl"
    log.touch()
    assert "- is the one photo on standard input" in scorecam("explain", "-", "--retry-failed", log).err
