"""The page in Chromium: what a person does with it, and what must never happen on it."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from scorecam_cli.photos.draw import colour_table
from scorecam_cli.report.cards import Card, ShownClass, ShownRun
from scorecam_cli.report.collect import State, collect
from scorecam_cli.report.evaluation import Evaluation, Measured
from scorecam_cli.report.grouping import Run
from scorecam_cli.report.make import make_report
from scorecam_cli.report.page import render
from scorecam_cli.report.request import Form, ReportConfig
from scorecam_cli.words import printable
from tests.manifests import noted_manifest
from tests.report import hostile
from tests.report.samples import blob, explained, save_photo

# name: probability, class, spread of the map; the drop of the metrics
PHOTOS = {"b2.png": (0.9, "cat", 2.0, 0.3), "b10.png": (0.2, "dog", 6.0, 0.1), "a.png": (0.5, "cat", 4.0, 0.2)}

DOUBT = "the class keeps the same probability under every mask (0.5 to 0.5): this map says nothing about the class"
METRICS = ("drop", *(f"measure {number}" for number in range(9)))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page of three explained photos, of two classes each, and of one that is torn, in both forms."""
    folder = tmp_path_factory.mktemp("photos")
    rows = {}
    for name, (probability, found, spread, drop) in PHOTOS.items():
        photo = save_photo(folder / name, seed=len(name), width=160, height=100)
        classes = [(1, found, probability, blob(9, 9, spread=spread)), (2, "bird", 0.04, blob(20, 20))]
        explained(photo, classes, doubts=[(DOUBT,) if name == "a.png" else (), ()])
        save_photo(folder / f"{name}.scorecam-1-compare.png", width=300, height=80)
        rows[str(photo.resolve())] = (Measured("score-cam", (drop, *[0.5] * 9)),)
    (folder / "torn.png").write_bytes((folder / "a.png").read_bytes()[:50])
    evaluation = Evaluation(METRICS, rows, (Measured("score-cam", (0.2, *[0.5] * 9), 3),))
    entries, output = collect([str(folder)]).entries, tmp_path_factory.mktemp("page")
    asked = {Form.FILE: output / "page.html", Form.FOLDER: output / "page"}
    configs = {form: ReportConfig(path, "Three photos", form=form) for form, path in asked.items()}
    return {form: make_report(config, entries, evaluation=evaluation).page for form, config in configs.items()}


@pytest.fixture(scope="module")
def page_file(pages):
    return pages[Form.FILE]


@pytest.fixture(params=list(Form), ids=lambda form: form.value)
def page_of_any_form(request, pages):
    return pages[request.param]


def large(page):
    return page.locator("#large")


def wait_open(page):
    """The address leads to a photo; the browser tells the page of it a moment later."""
    large(page).wait_for(state="visible")


def wait_closed(page, *, focused):
    """The large view is gone, the address is that of the page, and the keyboard is back at a card."""
    large(page).wait_for(state="hidden")
    page.wait_for_function("() => !location.hash.includes('p=')")
    page.wait_for_function("key => document.activeElement.closest('.card')?.dataset.key === key", arg=focused)


@pytest.mark.parametrize(("place", "pictures"), [("", 6), ("#p=a.png&m=classes", 8)])
def test_nothing_is_said_and_nothing_is_asked_for(visit, page_of_any_form, place, pictures):
    seen = visit(page_of_any_form, place)
    shown = "Array.from(document.images).filter(image => image.checkVisibility())"
    seen.page.wait_for_function(f"() => {shown}.every(image => image.complete)")
    assert seen.page.evaluate(f"() => {shown}.map(image => image.naturalWidth > 0)") == [True] * pictures
    assert (seen.complaints, seen.outside(), seen.dialogs) == ([], [], [])


def test_policy_blocks_what_is_put_into_the_page(visit, page_of_any_form):
    seen = visit(page_of_any_form)
    seen.page.evaluate(
        "() => { const image = new Image(); image.src = 'https://evil.example/x.png'; document.body.append(image);"
        "const script = document.createElement('script'); script.textContent = 'window.owned = 1';"
        "document.body.append(script); document.body.setAttribute('onclick', 'window.owned = 1');"
        "document.body.click(); return fetch('https://evil.example/').catch(() => null); }"
    )
    assert seen.page.evaluate("window.owned") is None
    assert len([each for each in seen.complaints if "Content Security Policy" in each]) >= 4


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("probable", ["b2.png", "a.png", "b10.png", "torn.png"]),
        ("improbable", ["b10.png", "a.png", "b2.png", "torn.png"]),
        ("name", ["a.png", "b2.png", "b10.png", "torn.png"]),
        ("spread", ["b10.png", "a.png", "b2.png", "torn.png"]),
        ("focused", ["b2.png", "a.png", "b10.png", "torn.png"]),
        ("measure-0-0-down", ["b2.png", "a.png", "b10.png", "torn.png"]),
    ],
)
def test_sorting_does_what_it_says(visit, page_file, order, expected):
    seen = visit(page_file)
    seen.page.select_option("#sort", order)
    assert seen.order() == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [("B", ["b10.png", "a.png", "b2.png"]), ("cat", ["a.png", "b2.png"]), ("png dog", ["b10.png"]), ("<b>", [])],
)
def test_search_finds_names_and_classes(visit, page_file, words, expected):
    seen = visit(page_file)
    seen.page.fill("#search", words)
    assert seen.order() == expected
    assert seen.page.locator("#count").inner_text() == f"{len(expected)} of 4 photos"
    assert seen.page.locator("#none").is_visible() is (not expected)


def test_doubts_stand_on_the_card_above_the_large_map_of_their_class_and_can_be_filtered_for(visit, page_file):
    seen = visit(page_file, "#a.png")
    wait_open(seen.page)
    assert seen.page.locator("#doubts").inner_text() == DOUBT
    seen.page.locator("#tab-1").click()
    assert seen.page.locator("#doubts").inner_text() == ""
    seen.page.keyboard.press("Escape")
    words = seen.page.locator(".card[data-doubtful] .doubt")
    assert words.inner_text() == DOUBT
    assert words.evaluate("element => element.scrollHeight <= element.clientHeight + 1")  # not cut off
    seen.page.select_option("#filter", "doubtful")
    assert seen.order() == ["a.png"]


def test_filter_shows_one_class_or_what_lacks_something(visit, page_file):
    seen = visit(page_file)
    seen.page.select_option("#filter", label="cat (2)")
    assert seen.order() == ["a.png", "b2.png"]
    seen.page.select_option("#filter", "problems")
    assert seen.order() == ["torn.png"]
    seen.page.select_option("#filter", "")
    assert len(seen.order()) == 4


def test_card_opens_the_large_view_and_escape_closes_it(visit, page_file):
    seen = visit(page_file)
    assert not large(seen.page).is_visible()
    seen.page.click(".card[data-key='a.png'] a")
    wait_open(seen.page)
    assert seen.page.inner_text("#large-name") == "a.png"
    assert seen.page.url.endswith("#p=a.png")
    seen.page.keyboard.press("Escape")
    wait_closed(seen.page, focused="a.png")
    seen.page.keyboard.press("Enter")
    wait_open(seen.page)


def test_link_opens_at_its_photo_and_the_way_back_closes(visit, page_file):
    seen = visit(page_file, "#b10.png")
    assert seen.page.inner_text("#large-name") == "b10.png"
    assert not visit(page_file, "#no-such-photo").page.locator("#large").is_visible()
    seen = visit(page_file, "#%")
    assert (large(seen.page).is_visible(), seen.complaints) == (False, [])
    seen.page.click(".card[data-key='a.png'] a")
    wait_open(seen.page)
    seen.page.go_back()
    large(seen.page).wait_for(state="hidden")


def test_arrows_go_through_the_photos_that_are_shown_in_their_order(visit, page_file):
    seen = visit(page_file)
    seen.page.select_option("#sort", "name")
    seen.page.select_option("#filter", label="cat (2)")
    seen.page.click(".card[data-key='a.png'] a")
    wait_open(seen.page)
    names = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        seen.page.keyboard.press(key)
        names.append(seen.page.inner_text("#large-name"))
    assert names == ["b2.png", "a.png", "b2.png"]
    assert "p=b2.png" in seen.page.url
    seen.page.keyboard.press("Escape")
    wait_closed(seen.page, focused="b2.png")


def opacities(page):
    """Of each of 256 levels of the map that is shown: how opaque it is drawn."""
    text = page.evaluate(
        "() => document.getElementById(document.getElementById('map').dataset.filter)"
        ".querySelector('feFuncA').getAttribute('tableValues')"
    )
    return [float(value) for value in text.split()]


def test_slider_changes_the_opacity_and_keeps_it_for_the_next_photo(visit, page_file):
    seen = visit(page_file, "#p=a.png&v=even")
    assert set(opacities(seen.page)) == {0.5}  # as the manifest has it
    seen.page.locator("#opacity").fill("80")
    assert set(opacities(seen.page)) == {0.8}
    assert seen.page.inner_text("#opacity-value") == "80 %"
    seen.page.focus("#opacity")
    seen.page.keyboard.press("ArrowLeft")
    assert (set(opacities(seen.page)), seen.page.inner_text("#large-name")) == ({0.79}, "a.png")
    seen.page.click("#next")
    assert set(opacities(seen.page)) == {0.79}


def test_map_lies_exactly_on_the_photo(visit, page_file):
    for width in (1300, 400):
        seen = visit(page_file, "#a.png", viewport={"width": width, "height": 800})
        boxes = [image.bounding_box() for image in seen.page.locator("#stage img").all()]
        assert boxes[0] == boxes[1]
        assert boxes[0]["width"] / boxes[0]["height"] == pytest.approx(1.6, rel=0.01)
        assert boxes[0]["width"] > 300  # small photos, too, are shown large
        if width == 1300:  # as large as it fits, and the slider stays in sight below it
            stage, slider = (seen.page.locator(name).bounding_box() for name in ("#stage", "#opacity"))
            assert min(stage["width"] - boxes[0]["width"], stage["height"] - 24 - boxes[0]["height"]) < 1
            assert slider["y"] + slider["height"] < 800


def test_tabs_change_the_class_its_map_and_its_numbers(visit, page_of_any_form):
    seen = visit(page_of_any_form, "#a.png")
    first = seen.page.get_attribute("#map", "src")
    assert seen.page.inner_text(".bars .now bdi") == "cat"
    seen.page.get_by_role("tab", name="bird").click()
    assert seen.page.get_attribute("#map", "src") != first
    assert seen.page.get_attribute("#map", "alt").startswith("Map of the class bird: strongest: ")
    assert seen.page.inner_text(".bars .now bdi") == "bird"
    assert seen.page.get_by_role("tab", name="bird").get_attribute("aria-selected") == "true"
    seen.page.keyboard.press("ArrowRight")
    assert seen.page.get_attribute("#map", "src") == first
    assert seen.page.inner_text("#large-name") == "a.png"


def test_large_view_shows_range_metrics_figure_and_settings(visit, page_file):
    seen = visit(page_file, "#a.png")
    assert (seen.page.inner_text("#low"), seen.page.inner_text("#high")) == ("0.5", "20")
    ends = seen.page.evaluate(
        "() => [0, 255].map(at => Array.from("
        "document.getElementById('bar').getContext('2d').getImageData(at, 0, 1, 1).data))"
    )
    assert ends == [[*colour_table("turbo")[at], 255] for at in (0, 255)]
    words = seen.page.inner_text("#words")
    assert re.search(r"average drop ↓\s+0.2", seen.page.inner_text("#measured"))
    assert re.search(r"Layer\s+top", words)
    assert seen.page.locator("#figures img").get_attribute("alt") == "Methods compared, cat"
    shares = [bar.evaluate("bar => bar.style.width") for bar in seen.page.locator(".bars .fill").all()]
    assert shares == ["50%", "4%"]


def test_photo_that_failed_says_why(visit, page_file):
    seen = visit(page_file, "#torn.png")
    assert "Failed: the photo cannot be shown: the PNG file is damaged" in seen.page.inner_text("#large-reason")
    assert seen.page.locator("#legend").is_hidden()


@pytest.mark.parametrize(("width", "scheme"), [(1300, "light"), (400, "dark")])  # all pairs in test_every_state.py
@pytest.mark.parametrize("place", ["", "#a.png", "#torn.png"], ids=["gallery", "large", "failed"])
def test_accessibility_checker_finds_nothing(visit, page_file, scheme, width, place):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install 'scorecam[browser]'")
    seen = visit(page_file, place, color_scheme=scheme, viewport={"width": width, "height": 800})
    found = axe.Axe().run(seen.page)
    assert found.violations_count == 0, found.generate_report()


def test_narrow_screen_does_not_scroll_sideways(visit, page_file):
    for place in ("", "#a.png"):
        seen = visit(page_file, place, viewport={"width": 400, "height": 800})
        for element in ("document.documentElement", "document.querySelector('#large')"):
            assert seen.page.evaluate(f"{element}.scrollWidth - {element}.clientWidth") <= 0


def test_gallery_can_be_seen_without_javascript(visit, page_file):
    seen = visit(page_file, java_script_enabled=False)
    assert seen.page.locator(".card img.photo").count() == 3
    assert "need JavaScript" in seen.page.inner_text("main")


def file_name(text):
    """What a text can be as a file name, once among others."""
    return "p" + text.replace("\0", "\x01").replace("/", "\u2215")


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory):
    """500 photos whose names, folders, classes, settings and faults are hostile, under a hostile title."""
    texts = hostile.strings()
    rows = (Measured(texts[0], (0.5,)),)
    evaluation = Evaluation((texts[8],), {}, rows)
    cards = []
    for number, text in enumerate(texts):
        name = file_name(text)
        found = ShownClass(text, number, text, 0.5, 1.0, 0.0, 1.0, 1.0, None, False, 0.5)
        run = ShownRun(
            number, noted_manifest(), classes=(found,), facts=((text, text),), warnings=(text,), colormap=text
        )
        path = Path("/photos") / f"{number} {name}" / name
        cards.append(Card(number, path, State.INCOMPLETE, text, runs=(run,), measured=rows))
    runs = [Run(text, noted_manifest(model=text)) for text in texts]
    path = tmp_path_factory.mktemp("hostile") / "page.html"
    html = render(cards, runs=runs, title="".join(texts[:9]), evaluation=evaluation, pictures_from="")
    path.write_text(html, "utf-8")
    return path, texts


def test_hostile_texts_never_run_and_are_shown_as_text(visit, hostile_page):
    path, texts = hostile_page
    seen = visit(path)
    title = seen.page.title()
    seen.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")  # which puts all cards in
    cards = seen.page.eval_on_selector_all(
        ".card",
        "cards => cards.map(card => [Number(card.dataset.number), card.querySelector('.class bdi').textContent,"
        " card.querySelector('.reason').textContent])",
    )
    assert sorted(cards) == [[number, printable(text), printable(text)] for number, text in enumerate(texts)]
    assert seen.page.inner_text("h1").replace("\n", " ") == " ".join("".join(map(printable, texts[:9])).split())
    opened = seen.page.evaluate(
        "() => Array.from(document.querySelectorAll('.card a')).map(link => {"
        " location.hash = link.getAttribute('href'); window.dispatchEvent(new HashChangeEvent('hashchange'));"
        " return [Number(link.parentElement.dataset.number), document.getElementById('large-name').textContent,"
        " document.querySelector('#tabs bdi').textContent,"
        " document.querySelector('#words section:last-child dd').textContent]; })"
    )
    assert sorted(opened) == [
        [number, printable(file_name(text)), printable(text), printable(text)] for number, text in enumerate(texts)
    ]
    assert seen.page.evaluate("window.owned") is None
    assert seen.page.title() == title
    assert (seen.dialogs, seen.outside(), seen.complaints) == ([], [], [])


@pytest.mark.parametrize("name", ["a b#c?d%41.png", "ü & <b>'\".png", "100%.png", "\u202egnp.exe.png"])
def test_link_leads_to_a_photo_of_any_name(visit, tmp_path, name):
    photo = save_photo(tmp_path / name)
    page = make_report(ReportConfig(tmp_path / "p.html"), collect([str(photo)]).entries).page
    seen = visit(page, "#" + quote(printable(name), safe=""))
    assert seen.page.inner_text("#large-name") == printable(name)


def test_flat_map_is_called_flat(visit, tmp_path):
    photo = save_photo(tmp_path / "flat.png")
    explained(photo, [(1, "cat", 0.9, blob(5, 5) * 0)])
    seen = visit(make_report(ReportConfig(tmp_path / "p.html"), collect([str(photo)]).entries).page, "#flat.png")
    assert seen.page.inner_text("#low") == "flat: 0 everywhere"
    assert seen.page.locator("#bar").is_hidden()
    assert seen.complaints == []
