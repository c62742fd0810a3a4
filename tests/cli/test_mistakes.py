"""What cannot be understood on the command line is told as every other error, with where to look it up."""

import pytest


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["explian"], ["no such command 'explian'. Did you mean 'explain'?", "try scorecam --help"]),
        (["explain", "--no-such"], ["no such option '--no-such'", "try scorecam explain --help"]),
        (
            ["predict", "-k", "0"],
            ["invalid value for '-k' / '--top': 0 is not in the range x>=1", "try scorecam predict --help"],
        ),
        (["explain", "--save"], ["option '--save' requires an argument", "try scorecam --help"]),
    ],
)
def test_mistake_is_one_sentence_and_names_the_help(scorecam, arguments, lines):
    done = scorecam(*arguments)
    assert (done.code, done.out) == (2, "")
    assert [line.removeprefix("scorecam: ") for line in done.err.splitlines()] == lines
    assert all(line.startswith("scorecam: ") for line in done.err.splitlines())


def test_command_without_anything_shows_its_help(scorecam):
    done = scorecam()
    assert done.code == 2
    assert done.err.startswith("Usage: scorecam [OPTIONS] COMMAND")
    assert "try scorecam" not in done.err


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("model.pt", b"\x80\x02}q\x00.", "is a Python pickle"),
        ("weights", b"\x89PNG\r\n\x1a\n", "is a photo, not a Keras model"),
    ],
)
def test_file_that_is_no_model_is_told_what_it_is(scorecam, tmp_path, monkeypatch, name, data, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(data)
    done = scorecam("models", name)
    assert (done.code, done.out) == (3, "")
    assert f"{name} {sentence}" in done.err
