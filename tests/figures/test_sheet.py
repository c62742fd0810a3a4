"""A figure as a file: letters that are letters, the size that was asked for, dots that are told, the same bytes."""

import re
import xml.etree.ElementTree as ElementTree
import zlib

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.figures.canvas import Canvas
from scorecam_cli.figures.kinds import write_sheet
from scorecam_cli.figures.lettering import BODY, QUIET
from scorecam_cli.figures.panel import panel
from scorecam_cli.figures.paper import ON_PAPER, Paper
from scorecam_cli.figures.sheet import drawing
from scorecam_cli.figures.steps import pipeline_figure
from tests.figures.sheets import class_map, margins_are_white, photo, steps, subject

SVG = "{http://www.w3.org/2000/svg}"


def streams(pdf):
    """What is in a PDF, unpacked."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S)
    return b"".join(zlib.decompress(each) for each in packed if each[:1] == b"x")


def test_a_pdf_has_letters_in_an_embedded_font_and_is_as_wide_as_asked_for(tmp_path):
    path = tmp_path / "panel.pdf"
    write_sheet(path, panel(subject(photo(60, 80), class_map("Egyptian cat"), paper=Paper(84))))
    pdf = path.read_bytes()
    width, height = map(float, re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", pdf).groups())
    assert width / 72 * 25.4 == pytest.approx(84, abs=0.5)
    assert 20 < height / 72 * 25.4 < 84
    text = streams(pdf).replace(b"\0", b"")  # letters have two bytes
    assert b"/ToUnicode" in pdf
    assert b"Egyptian cat" in b"".join(re.findall(rb"\(((?:[^()\\\\]|\\\\.)*)\)", text))
    assert b"/FontFile2" in pdf
    sizes = [float(size) for size in re.findall(rb"/F\d+ ([\d.]+) Tf", text)]
    assert min(sizes) >= 6


def test_an_svg_has_letters_as_text(tmp_path):
    path = tmp_path / "panel.svg"
    write_sheet(path, panel(subject(photo(60, 80), class_map("Egyptian $\\frac{ & <cat>"), paper=Paper(84))))
    root = ElementTree.fromstring(path.read_bytes())
    words = ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]
    assert "Egyptian $\\frac{ & <cat>" in words
    assert "Heatmap" in words
    assert float(root.get("width").removesuffix("pt")) / 72 * 25.4 == pytest.approx(84, abs=0.5)
    assert len(list(root.iter(f"{SVG}image"))) == 4  # photo, heatmap, overlay, scale: pixels are pixels


@pytest.mark.parametrize("form", ["pdf", "svg"])
def test_the_same_figure_has_the_same_bytes(form):
    shown = subject(photo(60, 80), paper=Paper(84, 50))
    assert panel(shown).encoded(form) == panel(shown).encoded(form)


@pytest.mark.parametrize(
    ("paper", "dots", "width"),
    [(Paper(), 100, None), (Paper(dpi=200), 200, None), (Paper(84), 300, 992), (Paper(180, 60), 60, 425)],
)
def test_a_png_says_its_dots_in_an_inch_and_has_as_many(tmp_path, paper, dots, width):
    path = tmp_path / "panel.png"
    sheet = panel(subject(photo(60, 80), paper=paper))
    write_sheet(path, sheet)
    with Image.open(path) as image:
        assert image.info["dpi"] == pytest.approx((dots, dots), abs=0.1)
        assert image.width == pytest.approx(width or sheet.width * dots / 100, abs=dots / 40)
        assert margins_are_white(np.asarray(image), width=3, height=2)


def test_twice_the_dots_are_the_same_figure_twice_as_fine():
    with drawing():
        sheets = []
        for dpi in (100, 200):
            canvas = Canvas(100, Paper(dpi=dpi))
            canvas.picture(canvas.fit(np.zeros((40, 30, 3), np.uint8), 30, 40), 10, 20)
            canvas.bar(60, 20, 30, 7, colour="black")
            sheets.append(canvas.sheet(90))
    small, large = ((sheet.pixels() == 0).all(axis=2) for sheet in sheets)
    assert np.array_equal(np.kron(small, np.ones((2, 2), bool)), large)


def test_a_photo_has_as_many_pixels_on_paper_as_its_dots_ask_for():
    canvas = Canvas(100, Paper(84, 292))
    picture = canvas.fit(photo(600, 600), 50, 50)
    assert (picture.width, picture.height) == (50, 50)
    assert picture.pixels.shape == (100, 100, 3)


def test_the_smallest_letters_are_legible_on_paper():
    assert min(QUIET.size, BODY.size) * 100 / ON_PAPER >= 6.5


@pytest.mark.parametrize("width", [80, 120, 400])
@pytest.mark.parametrize(("height", "across"), [(300, 400), (40, 400), (400, 40)])
def test_figures_of_any_width_stay_on_their_sheet(width, height, across):
    found = class_map("a rather long name of a class", masks=steps(25))
    shown = subject(photo(height, across), found, paper=Paper(width, 60), variant="fitted")
    for figure in (panel, pipeline_figure):
        sheet = figure(shown).pixels()
        assert margins_are_white(sheet, width=3, height=2)
        assert sheet.shape[1] == pytest.approx(width / 25.4 * 60, abs=3)
