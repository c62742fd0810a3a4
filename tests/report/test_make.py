import os
import shutil
import threading

import pytest

from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.report.cards import CardMaker
from scorecam_cli.report.collect import collect
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import Form, ReportConfig
from tests.report.samples import blob, explained, parsed, save_photo


@pytest.fixture
def photos(tmp_path, three):
    """Three explained photos of 1500 x 1000 pixels, to do anything with."""
    return shutil.copytree(three, tmp_path / "photos")


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    folder = tmp_path_factory.mktemp("three")
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        photo = save_photo(folder / name, width=1500, height=1000, seed=ord(name[0]))
        explained(photo, [(1, "cat", 0.9, blob(5, 5)), (2, "dog", 0.1, blob(9, 9))])
    return folder


def make(folder, output, form=Form.FILE):
    return make_report(ReportConfig(output, form=form), collect([str(folder)]).entries)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_one_file_holds_all(photos, tmp_path):
    made = make(photos, tmp_path / "out/page.html")
    assert (made.photos, made.lacking) == (3, ())
    assert names(tmp_path / "out") == ["page.html"]


def test_folder_holds_the_page_and_the_pictures_that_it_shows(photos, tmp_path):
    made = make(photos, tmp_path / "out", Form.FOLDER)
    assert made.page == tmp_path / "out/index.html"
    page = parsed(made.page.read_text("utf-8"))
    shown = {attributes["src"] for tag, attributes in page.tags if tag == "img" and "src" in attributes}
    shown |= {found["address"] for card in page.cards for found in card["classes"] if found["address"]}
    written = {f"assets/{name}" for name in names(tmp_path / "out/assets")}
    assert shown == written
    assert len(written) == 9  # three photos, two maps each


def test_pictures_of_an_earlier_page_are_taken_away_and_other_files_are_not(photos, tmp_path):
    make(photos, tmp_path / "out", Form.FOLDER)
    (tmp_path / "out/assets/my own.webp").write_bytes(b"mine")
    for path in photos.glob("[bc].jpg*"):
        path.unlink()
    make(photos, tmp_path / "out", Form.FOLDER)
    left = names(tmp_path / "out/assets")
    assert left == ["00000-map-0.webp", "00000-map-1.webp", "00000-photo.webp", "my own.webp"]


def test_same_photos_give_the_same_bytes(photos, tmp_path):
    pages = [make(photos, tmp_path / name).page.read_bytes() for name in ("one.html", "two.html")]
    assert pages[0] == pages[1]


def test_no_more_threads_draw_than_are_asked_for(photos, tmp_path, monkeypatch):
    drawing, real = set(), CardMaker.card

    def card(*arguments):
        drawing.add(threading.get_ident())
        return real(*arguments)

    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    monkeypatch.setattr(CardMaker, "card", card)
    entries = collect([str(photos)]).entries
    make_report(ReportConfig(tmp_path / "one.html", threads=1), entries)
    assert len(drawing) == 1
    drawing.clear()
    make_report(ReportConfig(tmp_path / "page.html"), entries)
    assert len(drawing) > 1


def test_photos_are_scaled_for_the_screen(photos, tmp_path):
    page = parsed(make(photos, tmp_path / "p.html").page.read_text("utf-8"))
    sizes = {(a["width"], a["height"]) for tag, a in page.tags if tag == "img" and a.get("class") == "photo"}
    assert sizes == {("1024", "683")}


def test_output_that_is_no_page_is_refused(photos, tmp_path):
    with pytest.raises(UsageError, match=r"ends in \.html"):
        ReportConfig(photos / "a.jpg")
    with pytest.raises(UsageError, match="is a folder"):
        ReportConfig(photos)
    with pytest.raises(UsageError, match="is a file"):
        ReportConfig(photos / "a.jpg", form=Form.FOLDER)


def test_page_that_cannot_be_written_is_told_with_its_place(photos, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PhotoError, match=r"cannot write .*page\.html"):
        make(photos, tmp_path / "file/page.html")
    with pytest.raises(PhotoError, match=r"cannot write .*assets"):
        make_report(
            ReportConfig(tmp_path / "new", form=Form.FOLDER),
            _with_a_file_at(tmp_path / "new/assets", collect([str(photos)]).entries),
        )


def _with_a_file_at(path, entries):
    path.parent.mkdir()
    path.write_text("")
    return entries


def test_every_photo_is_counted_as_it_is_done(photos, tmp_path):
    done = []
    make_report(ReportConfig(tmp_path / "p.html"), collect([str(photos)]).entries, on_card=lambda: done.append(1))
    assert len(done) == 3
