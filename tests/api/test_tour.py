"""The notebook docs/tour.ipynb: it runs from its first cell to its last, and shows what it says."""

import base64
import io
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

TOUR = Path(__file__).parents[2] / "docs" / "tour.ipynb"


@pytest.fixture(scope="module")
def tour():
    notebook = nbformat.read(TOUR, as_version=4)
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": TOUR.parent}})
    return client.execute()


def outputs_of(notebook, source):
    """What the cell with these words shows."""
    (cell,) = (each for each in notebook.cells if each.cell_type == "code" and source in each.source)
    return [each.get("data", each) for each in cell.outputs]


def test_notebook_is_kept_without_outputs():
    for cell in nbformat.read(TOUR, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.slow
def test_each_result_shows_itself_small(tour):
    (found,) = outputs_of(tour, "scorecam_cli.explain(")
    assert found["text/html"].count("data:image/jpeg") == 3
    assert "Egyptian cat (285)" in found["text/html"]
    assert "32 of " in found["text/html"]
    assert len(found["text/html"]) < 150_000
    (compared,) = outputs_of(tour, "scorecam_cli.compare(")
    assert compared["text/html"].count("data:image/jpeg") == 1
    assert "grad-cam" in compared["text/html"]


@pytest.mark.slow
def test_pictures_are_shown_as_pictures(tour):
    for source, size in (("found.overlay(", (800, 400)), ("found.figure(", None)):
        (shown,) = outputs_of(tour, source)
        picture = Image.open(io.BytesIO(base64.b64decode(shown["image/png"])))
        assert size in (None, picture.size)


@pytest.mark.slow
def test_files_have_the_names_of_the_command(tour):
    (shown,) = outputs_of(tour, "found.save(")
    for ending in ("scorecam-285-overlay.png", "scorecam-285.npy", "scorecam-967.npy", "scorecam.json"):
        assert f"'cat_and_coffee.jpg.{ending}'" in shown["text/plain"]


@pytest.mark.slow
def test_nothing_but_results_is_said(tour):
    said = [each for cell in tour.cells if cell.cell_type == "code" for each in cell.outputs if "text" in each]
    assert [each.name for each in said] == ["stdout"]
