import hashlib
import json
import re

import pytest

from tests.report.samples import blob, explained, parsed, save_photo


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """One explained photo and one that is not; the working folder."""
    monkeypatch.chdir(tmp_path)
    explained(save_photo(tmp_path / "dog.png"), [(242, "boxer", 0.42, blob(5, 5))])
    save_photo(tmp_path / "new.png", seed=1)
    return tmp_path


def names(page):
    return [a["data-key"] for tag, a in parsed(page.read_text("utf-8")).tags if a.get("class") == "card"]


def test_report_prints_the_page_and_says_what_is_missing(scorecam, folder):
    done = scorecam("report", ".")
    assert (done.code, done.paths) == (0, ["report.html"])
    assert names(folder / "report.html") == ["dog.png", "new.png"]
    assert "new.png: not explained yet" in done.err
    assert "2 photos on the page, 1 with something missing" in done.err


def test_quiet_report_says_only_what_is_missing(scorecam, folder):
    assert scorecam("report", "dog.png", "-q").err == ""


def test_runs_of_two_folders_share_a_card_under_the_names_given(scorecam, folder):
    for name, model in (("x", "VGG16"), ("y", "ResNet50")):
        explained(folder / "dog.png", [(1, "cat", 0.9, blob(5, 5))], folder=folder / name, changes={"model": model})
    assert scorecam("report", "x", "y", "--run-name", "old", "--run-name", "<b>new</b>").code == 0
    (card,) = parsed((folder / "report.html").read_text("utf-8")).cards
    assert [run["name"] for run in card["runs"]] == ["old", "<b>new</b>"]
    done = scorecam("report", "x", "--run-name", "old", "--run-name", "new")
    assert (done.code, "'new' belongs to none of the 1 PATHS" in done.err) == (2, True)


def test_truth_is_shown_and_that_of_other_photos_is_exit_2(scorecam, folder):
    (folder / "truth.csv").write_text("photo,class\ndog.png,242\n")
    done = scorecam("report", ".", "--truth", "truth.csv")
    assert (done.code, "--truth does not name 1 photo of the page, such as new.png" in done.err) == (0, True)
    told = {card["name"]: card.get("truth") for card in parsed((folder / "report.html").read_text("utf-8")).cards}
    assert told == {"dog.png": {"name": "boxer", "index": 242}, "new.png": None}
    done = scorecam("report", "new.png", "--truth", "truth.csv", "-o", "other.html")
    assert (done.code, (folder / "other.html").exists()) == (2, False)
    assert "--truth truth.csv names none of the 1 photos of the page, such as new.png" in done.err


def test_title_is_text(scorecam, folder):
    scorecam("report", "dog.png", "-o", "p.html", "--title", "<b>Ward 3</b> & \x1b[1m")
    page = parsed((folder / "p.html").read_text("utf-8"))
    assert "<b>Ward 3</b> & \\x1b[1m" in page.texts


def test_folder_form_writes_index_and_assets(scorecam, folder):
    done = scorecam("report", "dog.png", "--folder", "-o", "site")
    assert done.paths == ["site/index.html"]
    assert sorted(path.name for path in (folder / "site/assets").iterdir()) == ["00000-map-0.webp", "00000-photo.webp"]


def test_evaluation_is_shown(scorecam, folder):
    (folder / "e.csv").write_text("photo,method,drop\ndog.png,score-cam,0.125\n")
    scorecam("report", "dog.png", "--evaluation", "e.csv")
    (card,) = parsed((folder / "report.html").read_text("utf-8")).cards
    assert card["measured"] == [["score-cam", "0.125"]]


def brought(page):
    """The remarks that a page begins with."""
    return json.loads(re.search(r'id="brought">(.*?)</script>', page.read_text("utf-8"))[1])["photos"]


def test_review_is_put_back_and_what_is_of_other_photos_is_told_and_kept(scorecam, folder):
    own = {"sha256": hashlib.sha256((folder / "dog.png").read_bytes()).hexdigest(), "note": "</script> the leash"}
    other = {"sha256": "b" * 64, "flagged": True, "name": "elsewhere.png"}
    (folder / "notes.json").write_text(json.dumps({"schema": 1, "photos": [own, other]}))
    done = scorecam("report", "dog.png", "--review", "notes.json")
    assert done.code == 0
    assert "--review is also of 1 photo not on the page: kept in it, and exported again" in done.err
    found = brought(folder / "report.html")
    assert [(each["sha256"], each["note"], each["flagged"]) for each in found] == [
        (own["sha256"], own["note"], False),
        ("b" * 64, "", True),
    ]
    page = parsed((folder / "report.html").read_text("utf-8"))
    assert [each["data-sha256"] for _, each in page.tags if each.get("class") == "card"] == [own["sha256"]]


def test_damaged_review_is_exit_2_before_any_picture_is_made(scorecam, folder):
    (folder / "notes.csv").write_text(f"sha256,label\n{'a' * 64},good\n")
    done = scorecam("report", "dog.png", "--review", "notes.csv")
    assert (done.code, (folder / "report.html").exists()) == (2, False)
    assert "--review notes.csv, line 2: `label` is 'good', and none of right, wrong-reason, wrong" in done.err


def test_name_that_leads_nowhere_is_on_the_page_and_gives_exit_1(scorecam, folder):
    done = scorecam("report", "dog.png", "gone.png")
    assert done.code == 1
    assert names(folder / "report.html") == ["dog.png", "gone.png"]
    assert "gone.png: " in done.err


def test_photo_is_found_from_any_folder_where_the_maps_went_below_that_of_the_run(scorecam, tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    photo = save_photo(tmp_path / "photos" / "dog.png")
    explained(photo, [(242, "boxer", 0.42, blob(5, 5))], folder=tmp_path / "maps", changes={"photo": "photos/dog.png"})
    monkeypatch.chdir("/")
    done = scorecam("report", tmp_path / "maps", "-o", tmp_path / "page.html")
    assert (done.code, "missing" in done.err) == (0, True)
    assert "1 photo on the page, 0 with something missing" in done.err


def test_photos_that_are_gone_give_exit_1_with_a_hint_and_their_overlays_are_shown(scorecam, folder):
    explained(folder / "dog.png", [(242, "boxer", 0.42, blob(5, 5))], changes={"photo": "photos/dog.png"})
    (folder / "dog.png").unlink()
    done = scorecam("report", "dog.png.scorecam.json", "-o", "page.html")
    assert done.code == 1
    assert "1 photo not found, such as 'photos/dog.png': call report in the folder in which explain" in done.err
    (card,) = parsed((folder / "page.html").read_text("utf-8")).cards
    assert card["classes"][0]["laid_over"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no photo named"),
        (["dog.png", "-o", "dog.png"], "give a name that ends in .html"),
        (["dog.png", "-o", "."], "add --folder"),
        (["dog.png", "--folder", "-o", "dog.png"], "--folder writes a folder"),
        (["dog.png", "--evaluation", "dog.png"], "give the table that `scorecam evaluate` writes"),
        (["dog.png", "--review", "dog.png"], "--review dog.png is not text in UTF-8"),
        (["empty"], "no photo in empty"),
    ],
)
def test_request_that_makes_no_sense_is_told_in_a_sentence(scorecam, folder, arguments, message):
    (folder / "empty").mkdir()
    before = (folder / "dog.png").read_bytes()
    done = scorecam("report", *arguments)
    assert done.code == 2
    assert message in done.err
    assert (folder / "dog.png").read_bytes() == before


def test_a_mistyped_folder_leaves_the_page_that_is_there(scorecam, folder):
    assert scorecam("report", "dog.png").code == 0
    before = (folder / "report.html").read_bytes()
    done = scorecam("report", "typo/")
    assert (done.code, done.out) == (2, "")
    assert "typo: no such file" in done.err
    assert (folder / "report.html").read_bytes() == before


def test_explain_makes_the_page_of_its_run(scorecam, tiny_model, photo, tmp_path):
    (tmp_path / "torn.png").write_bytes(photo.read_bytes()[:60])
    page = tmp_path / "page.html"
    done = scorecam("explain", photo, tmp_path / "torn.png", "-m", tiny_model, "-k", "2", "--page", page)
    assert done.code == 1
    assert done.paths[-1] == str(page)
    assert names(page) == ["dog.png", "torn.png"]
    cards = parsed(page.read_text("utf-8")).cards
    assert [len(card["classes"]) for card in cards] == [2, 0]
    again = scorecam("explain", photo, "-m", tiny_model, "-k", "2", "--page", page, "--json")
    assert str(page) not in again.out
    assert names(page) == ["dog.png"]


def test_explain_refuses_a_page_of_another_kind_before_any_work(scorecam, tiny_model, photo):
    done = scorecam("explain", photo, "-m", tiny_model, "--page", photo)
    assert done.code == 2
    assert "ends in .html" in done.err
    assert not list(photo.parent.glob("*.scorecam*"))
