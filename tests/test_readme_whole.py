"""README.md, docs/ and CHANGELOG.md leave nothing out that a user can touch."""

import json
import re
import shutil
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import click
import pytest

import scorecam_cli
from scorecam_cli import __version__
from scorecam_cli.cli import app
from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.dependence import LEAVES_THE_RESULT
from scorecam_cli.figures.kinds import KINDS
from scorecam_cli.photos.names import manifest_path, mark_of
from scorecam_cli.records import ClassMap, Explanation
from scorecam_cli.saliency.methods import METHODS
from scorecam_cli.worker_settings import WorkerSettings
from tests.test_readme import DOCS, PAGES, README, ROOT, anchors_of, prose_of, text_of

PROSE = "".join(prose_of(page) for page in PAGES)
SCRIPTS, PYTHON = DOCS / "folders-and-scripts.md", DOCS / "python-api.md"
RETRIED = (ExplainConfig, ModelSettings, PhotoSettings, WorkerSettings)
PROJECT = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]


def section(page, heading):
    return text_of(page).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def options():
    params = [each for command in app.cli.commands.values() for each in command.params]
    return sorted({"|".join(each.opts) for each in params if isinstance(each, click.Option)})


@pytest.mark.parametrize("option", options())
def test_every_option_is_told_of_outside_the_help(option):
    assert re.search(rf"(?<![\w-])(?:{option})(?![\w-])", PROSE), option


@pytest.mark.parametrize("name", sorted(app.cli.commands))
def test_every_command_is_told_of_in_the_readme(name):
    assert re.search(rf"scorecam {name}\b|`{name}`", text_of(README)), name


def test_exit_codes_are_the_same_wherever_they_are_told():
    codes = {0, *(value for name, value in vars(app).items() if name.startswith("EXIT_"))}
    first_cells = re.findall(r"^\| ([\d /]+) \|", section(SCRIPTS, "Exit codes"), re.M)
    assert {int(code) for cell in first_cells for code in cell.split(" / ")} == codes
    for text in (app.cli.help, text_of(README)):
        sentence = re.search(r"Exit codes: (.*?)\.(?:\s|\Z)", text, re.S)
        assert sentence is not None
        assert {int(code) for code in re.findall(r"(?:\A|,\s+)(\d+) ", sentence[1])} == codes


def test_what_may_differ_in_a_retry_is_told_by_option():
    """All that leaves the results of `explain` as they are, but for which photos, where to, and code."""
    sentence = re.search(r"How the work is done may differ: ([^.]*)\.", text_of(SCRIPTS))
    assert sentence is not None
    left = {name for kind in RETRIED for name in LEAVES_THE_RESULT[kind]}
    left -= {"photos", "crew", "images", "listed", "recursive", "output_dir", "unsafe"}
    by_field = {each.name: each.opts[-1] for each in app.cli.commands["explain"].params}
    assert set(re.findall(r"--[\w-]+", sentence[1])) == {by_field[name] for name in left}


def test_names_of_files_are_those_that_a_run_writes():
    for mark in (mark_of("score-cam"), mark_of("score-cam", "paper"), mark_of("grad-cam")):
        assert f"`dog.jpg.{mark}-242{KINDS['heatmap'].ending}`" in text_of(SCRIPTS)
        assert f"`{manifest_path(Path('dog.jpg'), mark)}`" in text_of(SCRIPTS)


@pytest.mark.skipif(shutil.which("jq") is None, reason="the recipe is for jq")
def test_recipe_for_failed_photos_knows_a_photo_by_either_of_its_paths(tmp_path):
    """A retry from another folder logs the whole path of what was a relative one."""
    recipe = re.search(r"\$ (jq -rs .*? run\.jsonl)\n", text_of(DOCS / "manifest.md"), re.S)
    assert recipe is not None
    lines = [
        {"id": "a", "request": {"cwd": "/photos"}},
        *({"photo": name, "status": "failed", "request": "a"} for name in ("mended.jpg", "bad.jpg", "/b.jpg")),
        {"id": "b", "request": {"cwd": "/"}},
        {"photo": "/photos/mended.jpg", "status": "explained", "request": "b"},
    ]
    (tmp_path / "run.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    done = subprocess.run(recipe[1], shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["/b.jpg", "/photos/bad.jpg"]


def test_the_readme_shows_the_first_example_of_the_python_page():
    """Which a test of the API runs."""
    first, second = (re.findall(r"```python\n.*?```", text_of(page), re.S)[0] for page in (README, PYTHON))
    assert first == second


def test_python_page_names_what_is_handed_out():
    page = re.sub(r"```.*?```", "", text_of(PYTHON), flags=re.S)
    told = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", page))))
    names = {each.name for record in (ClassMap, Explanation) for each in fields(record)}
    pictures = {kind.name for kind in KINDS.values() if kind.name != "npy"}
    functions = {name for name in scorecam_cli.__all__ if name[0].islower()}
    assert (names | pictures | functions) - told == set()


def test_each_method_has_its_formula():
    """In the second table; Score-CAM has its steps, and a random map no formula."""
    formulas = text_of(DOCS / "methods.md").partition("| `--method` | map |")[2]
    assert set(re.findall(r"^\| `([\w+-]+)` \|", formulas, re.M)) == set(METHODS) - {"score-cam", "random"}


def test_each_dependency_has_its_reason():
    rows = re.findall(r"^\| ([^|]+) \|", section(DOCS / "developing.md", "Libraries weighed"), re.M)
    needed = {
        re.split(r"[^\w-]", each)[0] for each in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"])
    }
    assert needed - set(re.findall(r"[\w-]+", " ".join(rows))) == set()


def test_the_version_is_the_newest_of_the_changelog():
    text = text_of(ROOT / "CHANGELOG.md")
    assert re.findall(r"^## (.+)$", text, re.M)[0] == PROJECT["version"] == __version__
    for link in re.findall(r"\]\(((?!http)[^)]+)\)", text):
        path, _, anchor = link.partition("#")
        assert (ROOT / path).exists(), link
        assert not anchor or anchor in anchors_of(text_of(ROOT / path)), link
