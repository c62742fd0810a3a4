import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from scorecam_cli.manifest import NotedScore
from scorecam_cli.report import shown_cards
from scorecam_cli.report.cards import Card, ShownClass, ShownRun
from scorecam_cli.report.collect import State, collect
from scorecam_cli.report.evaluation import NO_EVALUATION, Evaluation, Measured
from scorecam_cli.report.make import make_report
from scorecam_cli.report.page import render
from scorecam_cli.report.request import ReportConfig
from scorecam_cli.report.shown_cards import percent
from scorecam_cli.words import printable
from tests.manifests import noted_manifest
from tests.report import hostile
from tests.report.samples import blob, explained, parsed, save_photo


@pytest.fixture
def page_of(tmp_path):
    """Make the page of some paths and parse it."""

    def make(*paths, title="A title", evaluation=NO_EVALUATION):
        config = ReportConfig(tmp_path / "out/report.html", title)
        made = make_report(config, collect([str(path) for path in paths]).entries, evaluation=evaluation)
        return parsed(made.page.read_text("utf-8"))

    return make


@pytest.fixture
def photo(tmp_path):
    return save_photo(tmp_path / "dog.png")


def only_card(page):
    (card,) = page.cards
    return card


def card_tags(page):
    return [attributes for tag, attributes in page.tags if tag == "li" and attributes.get("class") == "card"]


def test_page_tells_what_the_manifest_tells(page_of, photo):
    explained(
        photo, [(242, "boxer", 0.42, blob(5, 5)), (7, "cock", 0.13, blob(9, 9))], changes={"warnings": ["a warning"]}
    )
    card = only_card(page_of(photo))
    assert [found["name"] for found in card["classes"]] == ["boxer", "cock"]
    assert [found["percent"] for found in card["classes"]] == ["42.0 %", "13.0 %"]
    assert (card["classes"][0]["low"], card["classes"][0]["high"]) == ("0.5", "20")
    assert dict(card["facts"])["Layer"] == "top"
    assert dict(card["facts"])["Method"] == "score-cam, article"
    assert dict(card["facts"])["Passes"] == "5 of 6 masks (8 channels)"
    assert dict(card["classes"][0]["facts"])["Estimated correlation"] == "0.97"
    assert card["warnings"] == ["a warning"]
    assert card["reason"] == ""


def test_card_says_what_the_model_finds_most_probable_where_another_class_was_asked_for(page_of, photo):
    best = {"index": 285, "name": "Egyptian cat", "wnid": None, "probability": 0.82, "logit": None}
    explained(photo, [(0, "tench", 0.0004, blob(5, 5))], changes={"predictions": [best]})
    page = page_of(photo)
    assert page.texts.index("Egyptian cat") < page.texts.index("tench")  # what is predicted comes first
    assert ", < 0.1 %" in page.texts
    assert card_tags(page)[0]["data-predicted"] == "predicted-0"
    explained(photo, [(285, "Egyptian cat", 0.82, blob(5, 5))], changes={"predictions": [best]})
    assert "map of " not in page_of(photo).texts


def test_photos_of_one_name_can_be_told_apart_and_say_which_run_they_are_of(page_of, tmp_path):
    for folder, model in (("ward0", "VGG16"), ("ward1", "ResNet50")):
        (tmp_path / folder).mkdir()
        image = save_photo(tmp_path / folder / "IMG_1.png", seed=len(model))
        explained(image, [(1, "cat", 0.9, blob(5, 5))], changes={"model": model})
    texts = page_of(tmp_path / "ward0", tmp_path / "ward1").texts
    for said in ("ward0/IMG_1.png", "ward1/IMG_1.png", " (ward0)", " (ward1)"):
        assert said in texts


def test_doubts_about_a_map_stand_on_its_card_and_in_its_large_view(page_of, photo):
    classes = [(1, "cat", 0.9, blob(5, 5)), (2, "dog", 0.1, blob(9, 9))]
    explained(photo, classes, doubts=[("says <b>nothing</b>",), ()])
    page = page_of(photo)
    assert [found["doubts"] for found in only_card(page)["classes"]] == [["says <b>nothing</b>"], []]
    assert "says <b>nothing</b>" in page.texts
    assert "estimated correlation 0.97" in page.texts
    assert "data-doubtful" in card_tags(page)[0]
    assert any("Doubtful (1)" in text for text in page.texts)


def test_page_of_maps_beyond_doubt_says_nothing_of_doubts(page_of, photo):
    explained(photo, [(1, "cat", 0.9, blob(5, 5))])
    page = page_of(photo)
    assert "data-doubtful" not in card_tags(page)[0]
    assert not any("Doubtful" in text for text in page.texts)


def test_page_loads_nothing(page_of, photo):
    explained(photo, [(1, "cat", 0.9, blob(5, 5)), (2, "dog", 0.1, blob(9, 9))])
    page = page_of(photo)
    for _, attributes in page.tags:
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            assert not attributes.get(name) or attributes[name].startswith(("data:", "#")), attributes
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]


def test_policy_lets_in_this_style_and_this_script_alone(page_of, photo, tmp_path):
    page = page_of(photo)
    (policy,) = [a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    html = (tmp_path / "out/report.html").read_text("utf-8")
    style = re.search("<style>(.*?)</style>", html, re.S)[1]
    script = re.search("<script>(.*?)</script>", html, re.S)[1]
    digest = {kind: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
              for kind, text in (("style", style), ("script", script))}  # fmt: skip
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest['style']}'; "
        f"script-src 'sha256-{digest['script']}'; base-uri 'none'; form-action 'none'"
    )


def test_cards_begin_with_the_least_probable_and_what_lacks_something_is_told_above_them(page_of, tmp_path):
    for name, probability in (("sure", 0.9), ("unsure", 0.2), ("lost", 0.95)):
        explained(save_photo(tmp_path / f"{name}.png"), [(1, "cat", probability, blob(5, 5))])
    for path in tmp_path.glob("lost.png.scorecam-1-*"):
        path.unlink()
    save_photo(tmp_path / "never.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "sure.png").read_bytes()[:60])
    page = page_of(tmp_path)
    states = {tag["data-key"]: tag["data-state"] for tag in card_tags(page)}
    assert list(states.items()) == [
        ("unsure.png", "shown"),
        ("sure.png", "shown"),
        ("lost.png", "incomplete"),
        ("never.png", "unexplained"),
        ("torn.png", "failed"),
    ]
    reasons = {card["name"]: card["reason"] for card in page.cards}
    assert "damaged or cut short" in reasons["torn.png"]
    assert "lost.png.scorecam-1-heatmap.png cannot be shown: no such file" in reasons["lost.png"]
    assert "not explained yet" in reasons["never.png"]
    assert "1 incomplete, 1 not explained, 1 failed" in page.texts
    for name in ("lost.png", "never.png", "torn.png"):
        assert f": {reasons[name]}" in page.texts


def test_manifest_of_a_photo_that_is_gone_still_shows_its_map(page_of, photo):
    path = explained(photo, [(1, "cat", 0.9, blob(5, 5))])
    photo.unlink()
    card = only_card(page_of(path))
    assert card["reason"] == "the photo cannot be shown: no such file"
    assert card["classes"][0]["drawn"]


def test_photo_that_changed_since_is_not_shown_under_the_map(page_of, photo):
    explained(photo, [(1, "cat", 0.9, blob(5, 5))])
    save_photo(photo, seed=9)
    page = page_of(photo)
    assert "has changed since its map was made" in only_card(page)["reason"]
    assert not [attributes for tag, attributes in page.tags if tag == "img" and attributes.get("class") == "photo"]


def test_overlay_stands_in_for_a_map_that_has_no_other_file(page_of, photo):
    explained(photo, [(1, "cat", 0.9, blob(5, 5))], save=("overlay",))
    card = only_card(page_of(photo))
    assert (card["reason"], card["classes"][0]["laid_over"]) == ("", True)


def test_compare_figure_beside_the_manifest_is_shown(page_of, photo, tmp_path):
    explained(photo, [(1, "cat", 0.9, blob(5, 5))])
    save_photo(tmp_path / "dog.png.scorecam-1-compare.png", width=90, height=30)
    (figure,) = only_card(page_of(photo))["figures"]
    assert (figure["title"], figure["size"]) == ("Methods compared, cat", [90, 30])


def test_metrics_are_shown_with_the_photo_and_as_means(page_of, photo):
    explained(photo, [(1, "cat", 0.9, blob(5, 5))])
    rows = (Measured("score-cam", (0.25, None), index=1), Measured("cam", (0.125, 2.0)))
    page = page_of(photo, evaluation=Evaluation(("drop", "gain"), {str(photo.resolve()): rows}, rows))
    card = only_card(page)
    assert card["columns"] == ["average drop ↓", "average gain ↑"]
    assert card["measured"] == [["score-cam", "0.25", ""], ["cam", "0.125", "2"]]
    assert card["measured_of"] == ["", ""]
    assert {"Measures", "0.125", "average drop", "average gain"} <= {text.strip() for text in page.texts}


def test_names_are_told_below_the_folder_that_all_share(page_of, tmp_path):
    save_photo(tmp_path / "one.png")
    (tmp_path / "inner").mkdir()
    save_photo(tmp_path / "inner/two.png")
    page = page_of(tmp_path, tmp_path / "inner")
    assert sorted(tag["data-key"] for tag in card_tags(page)) == ["inner/two.png", "one.png"]
    assert not [text for text in page.texts if str(tmp_path) in text]


def test_a_class_that_is_set_against_another_is_called_so(page_of, photo):
    path = explained(photo, [(1, "cat", 0.9, blob(5, 5))], mark="scorecam-against")
    noted = json.loads(path.read_text("utf-8"))
    other = {"index": 2, "name": "lynx", "wnid": None, "probability": 0.1, "logit": None, "output": None}
    noted["classes"][0]["against"] = other
    path.write_text(json.dumps(noted), "utf-8")
    assert "cat, against lynx" in " ".join(page_of(photo).texts)


def test_a_class_that_is_predicted_or_expected_is_called_so(page_of, photo):
    path = explained(photo, [(1, "cat", 0.9, blob(5, 5)), (2, "dog", 0.1, blob(9, 9))])
    noted = json.loads(path.read_text("utf-8"))
    for each, role in zip(noted["classes"], ("predicted", "expected"), strict=True):
        each["role"] = role
    path.write_text(json.dumps(noted), "utf-8")
    assert [each["name"] for each in only_card(page_of(photo))["classes"]] == ["predicted: cat", "expected: dog"]


@pytest.mark.parametrize(
    ("name", "listed"),
    [("dog (2).png", None), ("d\u202eg.png", "d\u202eg.png"), ("d\ng.png", ""), ("d\udcffg.png", "")],
)
def test_name_that_the_page_spells_otherwise_is_told_as_a_list_of_files_has_it(page_of, tmp_path, name, listed):
    assert only_card(page_of(save_photo(tmp_path / name))).get("listed") == listed


def test_runs_of_one_photo_share_its_card_and_are_called_by_their_folders(page_of, photo, tmp_path):
    for folder in ("x", "y"):
        explained(photo, [(1, "cat", 0.9, blob(5, 5))], folder=tmp_path / folder)
    page = page_of(tmp_path / "x", tmp_path / "y")
    assert [tag["data-key"] for tag in card_tags(page)] == ["dog.png"]
    assert [(run["id"], run["name"]) for run in only_card(page)["runs"]] == [("r0", "x"), ("r1", "y")]


def test_methods_of_one_photo_share_its_card_and_only_the_first_map_is_left_to_it(page_of, photo):
    explained(photo, [(1, "cat", 0.9, blob(5, 5))])
    other = {"method": "grad-cam", "variant": None}
    explained(photo, [(1, "cat", 0.9, blob(9, 9))], mark="grad-cam", changes=other)
    runs = only_card(page_of(photo))["runs"]
    assert {dict(run["facts"])["Method"]: run["name"] for run in runs} == {
        "score-cam, article": "score-cam, article",
        "grad-cam": "grad-cam",
    }
    assert [bool(run["classes"][0]["address"]) for run in runs] == [False, True]


def test_the_scale_of_a_signed_map_says_which_end_is_for_the_class(page_of, photo):
    explained(photo, [(1, "cat", 0.9, blob(5, 5) - 0.25)], changes={"settings": {"signed": True, "colormap": "RdBu_r"}})
    (found,) = only_card(page_of(photo))["classes"]
    assert found["low"].startswith("-")
    assert found["low"].endswith(" against the class")
    assert found["high"].endswith(" for it")
    assert found["low"].split()[0] == f"-{found['high'].split()[0]}"


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "..", "a/b.png", "x\0.png", 5, None, ["a"]])
def test_manifest_of_a_stranger_names_no_file_elsewhere(page_of, photo, tmp_path, name):
    save_photo(tmp_path / "secret.png")
    inner = tmp_path / "inner"
    path = explained(photo, [(1, "cat", 0.9, blob(5, 5))], folder=inner)
    noted = json.loads(path.read_text())
    noted["classes"][0]["files"]["heatmap"] = name
    path.write_text(json.dumps(noted))
    card = only_card(page_of(path))
    assert card["classes"] == []
    assert "its manifest dog.png.scorecam.json is damaged" in card["reason"]


FITTING = {"photo": ["x"], "photo_sha256": ["x"], "settings": [{}], "versions": [{}], "warnings": [[]], "width": [5]}


@pytest.mark.parametrize(
    "value", [None, 5, "x", [], {}, [5], [{}], [{"files": 5}], [{"index": 1e400, "probability": "?"}]]
)
@pytest.mark.parametrize(
    "field", ["classes", "photo", "settings", "versions", "warnings", "width", "photo_sha256", "input"]
)
def test_manifest_with_a_field_of_a_wrong_type_is_a_card_that_says_so(page_of, photo, field, value):
    path = explained(photo, [(1, "cat", 0.9, blob(5, 5))], changes={field: value})
    card = only_card(page_of(path))
    assert value in FITTING.get(field, ()) or "damaged or of another version" in card["reason"]


def test_of_thousands_of_classes_the_first_hundred_are_drawn(page_of, photo):
    path = explained(photo, [(1, "cat", 0.9, blob(5, 5))])
    noted = json.loads(path.read_text())
    noted["classes"] *= 3000
    noted["warnings"] = ["careful"] * 3000
    path.write_text(json.dumps(noted))
    card = only_card(page_of(path))
    assert (len(card["classes"]), len(card["warnings"])) == (100, 50)
    assert card["reason"] == "only 100 of its 3000 classes are shown"


def test_hostile_texts_are_text(tmp_path):
    texts = hostile.strings()
    paths = [Path("/photos") / text.replace("/", "_").replace("\0", "") / "x.png" for text in texts]
    cards = [Card(number, paths[number], State.FAILED, reason=text) for number, text in enumerate(texts)]
    page = parsed(render(cards, runs=(), title=texts[0], evaluation=NO_EVALUATION, pictures_from=""))
    assert [card["reason"] for card in page.cards] == [printable(text) for text in texts]
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert len([each for each in scripts if each == {"type": "application/json"}]) == len(texts)
    assert len([each for each in scripts if "id" not in each]) == len(texts) + 1  # and the page's own
    assert {tag for tag, _ in page.tags}.isdisjoint({"iframe", "base", "form2", "template", "plaintext", "textarea"})
    assert not [attributes for _, attributes in page.tags if any(name.startswith("on") for name in attributes)]
    assert printable(texts[0]) in page.texts


def test_probabilities_near_the_ends_are_not_rounded_to_them():
    texts = [percent(share) for share in (0.0, 1e-7, 0.0014, 0.5, 0.9996, 1.0, None)]
    assert texts == ["0.0 %", "< 0.1 %", "0.1 %", "50.0 %", "> 99.9 %", "100.0 %", ""]


def test_most_probable_classes_without_a_map_are_told_and_those_with_one_not_twice():
    likely = (NotedScore(3, "cat", None, 0.7, None), NotedScore(5, "dog", None, 0.2, None))
    manifest = noted_manifest(predictions=likely)
    explained = ShownClass("cat", 3, "", 0.7, *[None] * 5, laid_over=False, compactness=None)
    run = ShownRun(0, manifest, classes=(explained,))
    assert shown_cards._other_predictions(run) == [{"name": "dog", "probability": 0.2, "percent": "20.0 %"}]


def test_figures_are_told_with_their_class_and_sheets_that_were_saved_are_among_them(page_of, photo, tmp_path):
    path = explained(photo, [(1, "cat", 0.9, blob(5, 5)), (2, "dog", 0.1, blob(9, 9))])
    for name in ("dog.png.scorecam-2-compare.png", "dog.png.scorecam-1-panel.png"):
        save_photo(tmp_path / name, width=90, height=30)
    noted = json.loads(path.read_text("utf-8"))
    noted["classes"][0]["files"]["panel"] = "dog.png.scorecam-1-panel.png"
    path.write_text(json.dumps(noted), "utf-8")
    figures = [(each["title"], each["class"]) for each in only_card(page_of(photo))["figures"]]
    assert figures == [("Panel, cat", 1), ("Methods compared, dog", 2)]
