"""Stars, labels and notes in Chromium: given, kept, sent out, taken in, and never more than text."""

import csv
import hashlib
import io
import json

import pytest

from scorecam_cli.photos.find import names_in_list
from scorecam_cli.report.collect import collect
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import ReportConfig
from scorecam_cli.report.review import Remark, Review, read_review
from tests.report import hostile
from tests.report.samples import blob, explained, save_photo

NAMES = ("a.png", "b.png", "c.png")
LATER, LATEST = "2099-01-01T00:00:00.000Z", "2099-01-01T00:00:00.001Z"
FORBIDDEN = (
    "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three explained photos."""
    place = tmp_path_factory.mktemp("photos")
    for seed, name in enumerate(NAMES):
        photo = save_photo(place / name, seed=seed)
        explained(photo, [(1, "cat", 0.5 + seed / 10, blob(9, 9)), (2, "bird", 0.04, blob(20, 20))])
    return place


@pytest.fixture(scope="module")
def digests(folder):
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in NAMES}


@pytest.fixture(scope="module")
def page_file(folder):
    return make(folder, folder / "page.html")


def make(folder, page, review=None):
    more = {} if review is None else {"review": review}
    return make_report(ReportConfig(page), collect([str(folder)]).entries, **more).page


def marks(page):
    """What the cards say, by their names."""
    return dict(
        page.eval_on_selector_all(
            ".card",
            "cards => cards.map(card => [card.dataset.key, card.querySelector('.marks')?.textContent.trim() ?? ''])",
        )
    )


def saved(page, button):
    """The bytes of the file that a button saves."""
    page.evaluate("document.getElementById('review').open = true")
    with page.expect_download() as waited:
        page.click(button)
    return waited.value.path().read_bytes()


def take(page, *files):
    """Import files (name, text); what the page says of it."""
    page.evaluate(
        "document.getElementById('review').open = true; document.getElementById('review-said').textContent = ''"
    )
    page.set_input_files(
        "#import-review", [{"name": name, "mimeType": "", "buffer": text.encode()} for name, text in files]
    )
    page.wait_for_function("() => document.getElementById('review-said').textContent")
    return page.inner_text("#review-said")


def as_json(*photos):
    return json.dumps({"schema": 1, "photos": photos})


def test_marks_are_given_by_keys_said_and_found_again_in_this_browser(visit, page_file):
    seen = visit(page_file, "#a.png")
    for key, said in (
        ("s", "flagged, no label"),
        ("2", "flagged, right for the wrong reason"),
        ("3", "flagged, wrong"),
    ):
        seen.page.keyboard.press(key)
        assert seen.page.inner_text("#said") == said
    seen.page.keyboard.press("n")
    seen.page.keyboard.type("the leash s1")
    assert seen.page.get_by_role("button", name="Flag", exact=True, pressed=True).count() == 1
    seen.page.keyboard.press("Escape")
    assert marks(seen.page) == {"a.png": "★flagged Wrong", "b.png": "", "c.png": ""}
    assert seen.page.inner_text("#review-count") == "1 flagged, 1 of 3 labelled"
    seen.page.reload()
    assert marks(seen.page)["a.png"] == "★flagged Wrong"
    assert seen.page.inner_text(".noted") == "the leash s1"
    assert (seen.complaints, seen.dialogs, seen.outside()) == ([], [], [])


def test_filters_and_order_go_by_marks(visit, page_file):
    seen = visit(page_file, "#b.png")
    for key in ("1", "ArrowRight", "s", "Escape"):
        seen.page.keyboard.press(key)
    seen.page.select_option("#sort", "labelled")
    assert seen.order() == ["a.png", "c.png", "b.png"]
    expected = {
        "flagged": ["c.png"],
        "labelled-right": ["b.png"],
        "labelled-wrong": [],
        "unlabelled": ["a.png", "c.png"],
    }
    for value, names in expected.items():
        seen.page.select_option("#filter", value)
        assert seen.order() == names
    assert seen.page.locator("#filter option[value=unlabelled]").inner_text() == "Not labelled (2)"


def test_exports_are_what_the_program_reads_and_a_spreadsheet_computes_nothing_of(visit, page_file, digests, tmp_path):
    note = '=HYPERLINK("https://evil.example";"x"),\n\'then\' more'
    seen = visit(page_file, "#a.png")
    seen.page.click("#review-panel [data-label=wrong-reason]")
    seen.page.fill("#note", note)
    seen.page.click("#next")
    seen.page.keyboard.press("s")
    seen.page.keyboard.press("Escape")
    for ending in ("json", "csv"):
        data = saved(seen.page, f"#export-{ending}")
        (tmp_path / f"n.{ending}").write_bytes(data)
        one, two = read_review(tmp_path / f"n.{ending}").remarks.values()
        assert one == Remark(digests["a.png"], "a.png", False, "wrong-reason", note, one.changed)
        assert two == Remark(digests["b.png"], "b.png", True, "", "", two.changed)
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert not any(cell[:1] in tuple("=+-@\t\r\n") and cell for row in rows for cell in row)
    again = visit(page_file)
    assert take(again.page, ("n.csv", data.decode())) == "n.csv: 2 added."
    assert marks(again.page) == {"a.png": "Right for the wrong reason", "b.png": "★flagged", "c.png": ""}
    assert again.page.locator(".noted").text_content() == note
    assert (seen.complaints + again.complaints, again.outside()) == ([], [])


def test_flagged_names_are_a_list_of_files(visit, tmp_path):
    names = ["a b.png", "d\u202eg.png", "tw\no.png", "-x.png"]
    for seed, name in enumerate(names):
        save_photo(tmp_path / name, seed=seed)
    seen = visit(make(tmp_path, tmp_path / "p.html"))
    assert seen.page.locator("#save-flagged").is_disabled()
    remarks = [
        {"sha256": hashlib.sha256((tmp_path / name).read_bytes()).hexdigest(), "flagged": True} for name in names
    ]
    take(seen.page, ("n.json", as_json(*remarks)))
    data = saved(seen.page, "#save-flagged")
    assert sorted(names_in_list(data)) == sorted(name for name in names if "\n" not in name)
    assert "1 photo has a name that no list can hold" in seen.page.inner_text("#review-said")
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    seen.page.click("#copy-flagged")
    seen.page.wait_for_function("() => document.getElementById('review-said').textContent.includes('copied')")
    assert seen.page.evaluate("navigator.clipboard.readText()").encode() == data


def test_newer_of_two_remarks_is_taken_and_it_is_said(visit, page_file, digests):
    seen = visit(page_file, "#a.png")
    for key in ("1", "ArrowRight", "1", "Escape"):
        seen.page.keyboard.press(key)
    old = {"sha256": digests["a.png"], "label": "wrong", "changed": "2001-01-01T00:00:00Z"}
    new = {"sha256": digests["b.png"], "label": "wrong", "changed": LATER}
    other = {"sha256": "f" * 64, "note": "elsewhere", "name": "x.png"}
    assert take(seen.page, ("n.json", as_json(old, new, other))) == (
        "n.json: 1 added, 1 newer than here and taken, 1 older than here and left, 1 of photos that are not "
        "on this page, kept for the next export."
    )
    assert marks(seen.page) == {"a.png": "Right", "b.png": "Wrong", "c.png": ""}
    seen.page.click(".card[data-key='b.png'] a")
    seen.page.keyboard.press("1")  # by hand, and so newer than a clock that was ahead
    seen.page.keyboard.press("Escape")
    found = {each["sha256"]: each for each in json.loads(saved(seen.page, "#export-json"))["photos"]}
    assert (found[digests["b.png"]]["label"], found[digests["b.png"]]["changed"]) == ("right", LATEST)
    assert found["f" * 64]["note"] == "elsewhere"


def test_page_made_anew_finds_what_was_kept_and_says_where_it_knows_better(visit, folder, digests, tmp_path):
    page = make(folder, tmp_path / "p.html")
    seen = visit(page, "#a.png")
    for key in ("1", "ArrowRight", "1", "Escape"):
        seen.page.keyboard.press(key)
    seen.page.wait_for_function("of => localStorage[localStorage.key(0)]?.includes(of)", arg=digests["b.png"])
    brought = (
        Remark(digests["a.png"], label="wrong", changed=LATER),
        Remark(digests["b.png"], label="wrong", changed="2001-01-01T00:00:00.000Z"),
        Remark(digests["c.png"], flagged=True),
    )
    make(folder, page, Review({each.sha256: each for each in brought}))
    seen.page.reload()
    assert marks(seen.page) == {"a.png": "Wrong", "b.png": "Right", "c.png": "★flagged"}
    said = seen.page.locator("#review-said").text_content()
    assert said.startswith("1 remark is newer in this browser")
    assert "1 remark is newer on the page" in said


def test_browser_that_keeps_nothing_is_said_and_nothing_breaks(visit, chromium, page_file):
    context = chromium.new_context()
    context.add_init_script(FORBIDDEN)
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(page_file.resolve().as_uri() + "#a.png")
    page.keyboard.press("s")
    assert page.inner_text("#review-panel .kept").startswith("This browser keeps nothing")
    page.keyboard.press("Escape")
    assert marks(page)["a.png"] == "★flagged"
    assert b'"flagged": true' in saved(page, "#export-json")
    assert complaints == []
    context.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it has no columns sha256"),
        ("{", "it is no JSON, or cut short"),
        ("null", "it has no columns sha256"),
        ("[1]", "it is no review of schema 1"),
        ('{"schema": 1, "photos": [null]}', "photo 1: sha256 is nothing"),
        ('{"schema": 1, "photos": [{"sha256": "%s", "label": "__proto__"}]}' % ("a" * 64), "photo 1: label is nothing"),
        ('{"schema": 1, "photos": [{"sha256": "%s", "changed": "99999-01-01"}]}' % ("a" * 64), "photo 1: changed is"),
        (f"sha256,flagged\n{'a' * 64},perhaps\n", "row 2: flagged is nothing"),
        (f'sha256,note\n{"a" * 64},"open\n', "a cell in quotes does not end"),
    ],
)
def test_file_that_no_page_exports_is_refused_whole(visit_once, text, said):
    told = take(visit_once.page, ("n\u202e.json", text))
    assert told.startswith(f"n\\u{{202e}}.json: {said}")
    assert told.endswith("nothing of it was taken.")
    assert set(marks(visit_once.page).values()) == {""}
    assert (visit_once.complaints, visit_once.dialogs, visit_once.outside()) == ([], [], [])


@pytest.fixture(scope="module")
def visit_once(chromium, page_file):
    """One visit for many looks."""
    from tests.report.conftest import Visit

    context = chromium.new_context()
    yield Visit(context.new_page(), page_file).go()
    context.close()


def test_hostile_remarks_are_text_wherever_they_are_shown(visit, page_file, digests):
    texts = sorted({text.encode("utf-8", "replace").decode() for text in hostile.strings()})
    seen = visit(page_file)
    remarks = [
        {"sha256": digest, "name": texts[place], "note": "".join(texts[place::3])[:4000], "changed": LATER}
        for place, digest in enumerate(digests.values())
    ]
    more = [
        {"sha256": hashlib.sha256(text.encode()).hexdigest(), "name": text, "note": text, "changed": LATER}
        for text in texts
    ]
    assert take(seen.page, ("n.json", as_json(*remarks, *more))).startswith(f"n.json: {len(texts) + 3} added")
    noted = seen.page.eval_on_selector_all(
        ".card", "cards => cards.map(card => card.querySelector('.noted').textContent)"
    )
    assert sorted(noted) == sorted(each["note"] for each in remarks)
    data = saved(seen.page, "#export-csv").decode()
    again = visit(page_file)
    assert take(again.page, ("n.csv", data)).startswith(f"n.csv: {len(texts) + 3} added")
    found = {each["sha256"]: each for each in json.loads(saved(again.page, "#export-json"))["photos"]}
    assert [found[each["sha256"]]["note"] for each in more] == [each["note"] for each in more]
    for each in (seen, again):
        assert each.page.evaluate("window.owned") is None
        assert (each.dialogs, each.outside(), each.complaints) == ([], [], [])
