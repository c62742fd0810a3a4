"""The large view in Chromium: on every width, by keyboard, to a screen reader, in forced colours and on paper."""

import re

import pytest

from scorecam_cli.report.collect import collect
from scorecam_cli.report.evaluation import Evaluation, Measured
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import ReportConfig
from tests.report.samples import blob, explained, save_photo

METHODS = ("score-cam", "grad-cam", "grad-cam++", "layer-cam", "faster-score-cam", "integrated-gradients", "random")
MEASURES = ("drop", "increase", "gain", "drop_top", "increase_top", "gain_top", "deletion", "insertion", "energy")
SCROLLED = "window.scrollY"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """A page of three photos; every one has numbers of seven methods, and a tall figure."""
    folder = tmp_path_factory.mktemp("crowded")
    measured = tuple(Measured(name, tuple(0.1234 + place for place in range(9))) for name in METHODS)
    rows = {}
    for name in ("a.png", "b.png", "c.png"):
        photo = save_photo(folder / name, width=160, height=100)
        explained(photo, [(1, "Egyptian cat", 0.82, blob(9, 9)), (2, "bird", 0.04, blob(20, 20))])
        save_photo(folder / f"{name}.scorecam-1-compare.png", width=300, height=400)
        rows[str(photo.resolve())] = measured
    evaluation = Evaluation(MEASURES, rows, measured)
    return make_report(
        ReportConfig(folder / "page.html", "Many numbers"), collect([str(folder)]).entries, evaluation=evaluation
    ).page


@pytest.mark.parametrize("width", [390, 768, 1300, 1920])
def test_numbers_of_seven_methods_push_nothing_out_of_sight(visit, crowded, width):
    seen = visit(crowded, "#a.png", viewport={"width": width, "height": 900})
    over = (
        "() => ['html', '#large', '#words', '#panel'].filter(name => { const found = document.querySelector(name);"
        " return found.scrollWidth > found.clientWidth; })"
    )
    assert seen.page.evaluate(over) == []
    right = "element => element.getBoundingClientRect().right"
    edge = seen.page.locator("#large").evaluate(right)
    assert all(bar.evaluate(right) < edge for bar in seen.page.locator(".bars .track").all())
    assert seen.page.locator("#measured thead th").all_inner_texts() == list(METHODS)


@pytest.mark.parametrize("start", ["#large-name", "#close", "#tab-0", "#next"])
def test_keys_scroll_the_large_view_from_wherever_the_focus_is(visit, crowded, start):
    seen = visit(crowded, "#a.png")
    seen.page.evaluate("name => document.querySelector(name).focus()", start)
    seen.page.wait_for_function("() => document.documentElement.scrollHeight > innerHeight + 200")  # all is laid out
    seen.page.keyboard.press("PageDown")
    seen.page.wait_for_function(f"() => {SCROLLED} > 100")
    seen.page.keyboard.press("PageUp")
    seen.page.wait_for_function(f"() => {SCROLLED} === 0")
    assert seen.page.inner_text("#large-name") == "a.png"


def test_slider_keeps_its_keys(visit, crowded):
    seen = visit(crowded, "#a.png")
    seen.page.focus("#opacity")
    seen.page.keyboard.press("PageDown")
    seen.page.keyboard.press("ArrowRight")
    assert seen.page.evaluate(SCROLLED) == 0
    assert int(seen.page.input_value("#opacity")) < 85


def test_arrows_in_the_table_of_numbers_stay_there(visit, crowded):
    seen = visit(crowded, "#a.png", viewport={"width": 390, "height": 800})
    seen.page.focus("#measured .wide")
    seen.page.keyboard.press("ArrowRight")
    assert seen.page.inner_text("#large-name") == "a.png"
    assert seen.page.evaluate("document.activeElement.className") == "wide"


def test_wheel_scrolls_the_page_where_all_of_the_picture_is_seen_and_zooms_where_it_is_not(visit, crowded):
    seen = visit(crowded, "#a.png", viewport={"width": 1300, "height": 400})
    box = seen.page.locator("#map").bounding_box()
    seen.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)  # over the picture
    seen.page.mouse.wheel(0, 300)
    seen.page.wait_for_function(f"() => {SCROLLED} > 100")
    seen.page.keyboard.press("Home")
    seen.page.wait_for_function(f"() => {SCROLLED} === 0")
    seen.page.mouse.wheel(0, -300)
    seen.page.wait_for_function("() => document.getElementById('stage').classList.contains('zoomed')")
    assert seen.page.evaluate(SCROLLED) == 0


def test_screen_reader_is_told_of_each_photo_and_of_nothing_else(visit, crowded):
    seen = visit(crowded, "#a.png")
    words = "strongest: top; half of the map in "
    assert seen.page.inner_text("#said").startswith(f"a.png, 1 of 3, Egyptian cat 82.0 %, {words}")
    seen.page.click("#next")
    assert seen.page.inner_text("#said").startswith(f"b.png, 2 of 3, Egyptian cat 82.0 %, {words}")
    live = seen.page.locator("#large [aria-live], #large [role=status], #large output")
    assert live.evaluate_all("found => found.filter(each => each.textContent).map(each => each.id)") == ["said"]
    seen.page.get_by_role("tab", name="Egyptian cat 82.0 %", exact=True).wait_for()
    seen.page.keyboard.press("Escape")
    seen.page.get_by_role("link", name="Egyptian cat 82.0 % b.png estimated correlation 0.97", exact=True).wait_for()


def test_bars_and_the_chosen_class_can_be_told_in_forced_colours(visit, crowded):
    seen = visit(crowded, "#a.png", forced_colors="active")
    colour = "element => getComputedStyle(element).backgroundColor"
    fill, track = (seen.page.locator(f".bars .{part}").first.evaluate(colour) for part in ("fill", "track"))
    assert fill != track
    chosen, other = (seen.page.locator(f"#tab-{number}").evaluate(colour) for number in (0, 1))
    assert chosen != other


def test_focus_ring_goes_all_around_a_card(visit, crowded):
    seen = visit(crowded)
    seen.page.focus("#sort")
    seen.page.keyboard.press("Tab")
    link = seen.page.locator(".card a").first
    assert link.evaluate("link => link === document.activeElement")
    ring = "(link, name) => getComputedStyle(link, '::after').getPropertyValue(name)"
    # Drawn behind nothing: it comes after the picture.
    assert [link.evaluate(ring, name) for name in ("position", "outline-width")] == ["absolute", "3px"]


def test_what_the_fields_say_after_coming_back_is_what_is_seen(visit, crowded):
    seen = visit(crowded, "#s=probable")
    seen.page.evaluate("() => { document.getElementById('search').value = 'b.png'; }")  # the browser fills it in late
    assert seen.order() == ["a.png", "b.png", "c.png"]
    seen.page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow'))")
    assert (seen.page.input_value("#search"), seen.page.input_value("#sort")) == ("", "probable")


def test_paper_holds_the_open_large_view_to_its_end(visit, crowded):
    seen = visit(crowded, "#a.png")
    sheets = len(re.findall(rb"/Type\s*/Page\b", seen.page.pdf(width="210mm", height="297mm")))
    assert sheets >= 2
    assert seen.page.locator("#large").is_visible()
    assert seen.page.inner_text("#large-name") == "a.png"
    seen.page.keyboard.press("Escape")
    seen.page.locator("#large").wait_for(state="hidden")


def test_what_is_folded_or_waits_to_be_scrolled_to_is_on_paper(visit, crowded):
    seen = visit(crowded)
    folded = seen.page.evaluate("document.querySelectorAll('details:not([open])').length")
    assert folded >= 2
    seen.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert seen.page.evaluate("document.querySelectorAll('details:not([open])').length") == 0
    assert seen.page.evaluate("Array.from(document.images).filter(image => image.loading !== 'eager').length") == 0
    seen.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert seen.page.evaluate("document.querySelectorAll('details:not([open])').length") == folded


def test_tools_that_need_scripts_are_not_there_without(visit, crowded):
    seen = visit(crowded, java_script_enabled=False)
    assert not seen.page.locator("#tools").is_visible()
