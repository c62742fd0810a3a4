"""What the Tab key offers where completion is switched on."""

import pytest
from click.shell_completion import BashComplete

from scorecam_cli.cli.app import cli
from scorecam_cli.figures.kinds import KINDS
from scorecam_cli.saliency.methods import METHODS

FILES = ("file", "")


def offered(*words):
    """Type and value of each item for the last word, which is not ended yet."""
    *ended, begun = words
    found = BashComplete(cli, {}, "scorecam", "_SCORECAM_COMPLETE").get_completions(ended, begun)
    return [(item.type, item.value) for item in found]


def words_for(*words):
    return [value for kind, value in offered(*words) if kind == "plain"]


@pytest.mark.parametrize(
    "words",
    [
        *[(command, "goo") for command in ("explain", "predict", "compare", "evaluate", "report", "models")],
        ("explain", "one.jpg", "goo"),
        ("explain", "--model", "goo"),
        ("predict", "-m", "goo"),
        ("explain", "--weights", "goo"),
        ("explain", "--files-from", "goo"),
        ("explain", "--labels", "goo"),
    ],
)
def test_files_are_left_to_the_shell(words):
    assert offered(*words) == [("file", "goo")]


def test_models_are_named_after_the_files_because_bash_forgets_what_comes_before_those():
    assert offered("explain", "--model", "VGG") == [("file", "VGG"), ("plain", "VGG16"), ("plain", "VGG19")]
    assert words_for("models", "EfficientNetL") == ["EfficientNetLite0"]


def test_method_and_colour_map_are_named():
    assert words_for("explain", "--method", "grad") == [name for name in METHODS if name.startswith("grad")]
    assert {"viridis", "viridis_r"} <= set(words_for("compare", "--colormap", "viri"))


def test_list_is_continued_with_what_is_not_in_it():
    assert words_for("explain", "--save", "") == list(KINDS)
    assert words_for("explain", "--save", "overlay,p") == ["overlay,panel", "overlay,pipeline"]
    assert words_for("explain", "--save", "panel,p") == ["panel,pipeline"]
    assert words_for("explain", "--save", "npy,panel.") == ["npy,panel.pdf", "npy,panel.svg"]
    assert words_for("compare", "--save", "compare.") == ["compare.pdf", "compare.svg"]
    assert words_for("compare", "--methods", "rise,occ") == ["rise,occlusion"]
    assert words_for("evaluate", "--measures", "drop,s") == ["drop,shape", "drop,stability", "drop,sanity"]


def test_nothing_is_offered_for_a_layer():
    assert offered("explain", "--layer", "bl") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_switches_it_on_is_printed(scorecam, shell):
    done = scorecam("completion", shell)
    assert done.code == 0
    assert "_SCORECAM_COMPLETE" in done.out
    assert f"{shell}_complete" in done.out


def test_bash_gets_a_line_for_each_item(monkeypatch):
    monkeypatch.setenv("COMP_WORDS", "scorecam explain --model VGG1")
    monkeypatch.setenv("COMP_CWORD", "3")
    bash = BashComplete(cli, {}, "scorecam", "_SCORECAM_COMPLETE")
    assert bash.complete().splitlines() == ["file,VGG1", "plain,VGG16", "plain,VGG19"]
