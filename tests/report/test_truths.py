"""The true class of each photo beside what the runs predict."""

from pathlib import Path

import pytest

from scorecam_cli.errors import UsageError
from scorecam_cli.manifest import NotedScore
from scorecam_cli.models.truth import read_truth
from scorecam_cli.report.collect import Entry, State, collect
from scorecam_cli.report.grouping import grouped
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import ReportConfig
from scorecam_cli.report.truths import Truths, predicted
from tests.manifests import noted_class, noted_manifest
from tests.report.samples import blob, explained, parsed, save_photo

TABBY = {"index": 281, "name": "tabby", "wnid": "n02123045", "probability": 0.6, "logit": None}
LYNX = {"index": 287, "name": "lynx", "wnid": "n02127052", "probability": 0.3, "logit": None}


def truths(tmp_path, text, *photos):
    """Truth about photos of a model that says tabby, then lynx."""
    path = tmp_path / "truth.csv"
    path.write_text(text, "utf-8")
    scores = (NotedScore(**TABBY), NotedScore(**LYNX))
    manifests = [noted_manifest(photo=photo, photo_sha256=photo, predictions=scores) for photo in photos]
    entries = [Entry(Path("/moved") / Path(each.photo).name, State.SHOWN, each, Path("maps")) for each in manifests]
    groups = grouped(entries).groups
    return Truths.of(read_truth(path), groups), groups


@pytest.mark.parametrize(
    ("told", "name", "right"),
    [
        ("281", "tabby", True),
        ("287", "lynx", False),
        ("n02123045", "tabby", True),
        ("Tabby", "tabby", True),
        ("tabby cat", "tabby", True),  # a further name of the class in ImageNet
        ("tench", "tench", False),
        ("999", "class 999", False),
        ("<b>cat</b>", "<b>cat</b>", False),
    ],
)
def test_class_is_known_by_index_id_and_any_name(tmp_path, told, name, right):
    found, (group,) = truths(tmp_path, f"a.jpg,{told}\n", "photos/a.jpg")
    true = found.class_of(group)
    assert (true.name, true.is_of(NotedScore(**TABBY))) == (name, right)


def test_photo_is_known_by_the_path_that_explain_was_given_before_its_name(tmp_path):
    found, groups = truths(tmp_path, "x/a.jpg,281\na.jpg,287\n", "x/a.jpg", "y/a.jpg", "z/b.jpg")
    assert [each and each.name for each in map(found.class_of, groups)] == ["tabby", "lynx", None]


def test_table_of_other_photos_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"truth\.csv names none of the 1 photos of the page, such as a\.jpg"):
        truths(tmp_path, "dog.jpg,281\n", "photos/a.jpg")


def test_what_is_not_told_is_not_predicted():
    assert predicted(noted_manifest()) is None
    assert predicted(noted_manifest(classes=(noted_class(role="both"),))).name == "boxer"
    regression = NotedScore(0, "age", None, None, None, output=33.0)
    assert predicted(noted_manifest(predictions=(regression,))) is None


def test_page_says_which_runs_are_right_and_what_the_photo_is(tmp_path):
    photo = save_photo(tmp_path / "cat.png")
    for folder, best in (("x", TABBY), ("y", LYNX)):
        changes = {"model": folder, "predictions": [best]}
        explained(photo, [(281, "tabby", 0.6, blob(5, 5))], folder=tmp_path / folder, changes=changes)
    save_photo(tmp_path / "other.png", seed=5)
    (tmp_path / "truth.csv").write_text("cat.png,lynx\n")
    found = collect([str(tmp_path / each) for each in ("x", "y", "other.png")]).entries
    made = make_report(ReportConfig(tmp_path / "p.html"), found, truth=read_truth(tmp_path / "truth.csv"))
    assert [path.name for path in made.unnamed] == ["other.png"]
    page = parsed(made.page.read_text("utf-8"))
    card = next(each for each in page.cards if each["name"] == "cat.png")
    assert (card["truth"], card["right"]) == ({"name": "lynx", "index": 287}, False)
    assert [(run["name"], run["predicted"]["name"], run["right"]) for run in card["runs"]] == [
        ("x", "tabby", False),
        ("y", "lynx", True),
    ]
    assert {"wrong: it is", "Wrong", "lynx (1)"} <= {text.strip() for text in page.texts}
