"""The viewer in Chromium: several maps at once, zoom, cursor, colours, and the gallery that it is opened from."""

import json

import numpy as np
import pytest

from scorecam_cli.files.write import write_png
from scorecam_cli.photos.draw import colour_table
from scorecam_cli.photos.signed import signed_heatmap
from scorecam_cli.report.collect import collect
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import Form, ReportConfig
from tests.report.samples import blob, explained, save_photo

MAP = "document.getElementById(document.getElementById('map').dataset.filter)"
MANY = 150


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A page in a folder of two photos and two runs over them; the maps of the second run are half as strong."""
    folder = tmp_path_factory.mktemp("viewer")
    for name in ("a.png", "b.png"):
        photo = save_photo(folder / name, width=120, height=80)
        for run, factor in (("one", 1.0), ("two", 0.5)):
            maps = [(1, "cat", 0.8, blob(7, 7) * np.float32(factor)), (2, "bird", 0.1, blob(20, 20))]
            changes = {"method": "cam", "variant": None} if run == "two" else {}
            explained(photo, maps, folder=folder / run, save=("heatmap",), changes=changes, colormap="inferno")
    entries = collect([str(folder / "one"), str(folder / "two")]).entries
    return make_report(ReportConfig(folder / "page", form=Form.FOLDER), entries).page


@pytest.fixture(scope="module")
def many_file(tmp_path_factory):
    """A page of many photos that could not be read."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(MANY):
        (folder / f"{number:03d}.png").write_bytes(b"no photo")
    return make_report(ReportConfig(folder / "page.html"), collect([str(folder)]).entries).page


def captions(page):
    return [text.strip() for text in page.locator("#stage figcaption").all_inner_texts()]


def curve(page, letter):
    text = page.evaluate(f"() => {MAP}.querySelector('feFunc{letter}').getAttribute('tableValues')")
    return np.array(text.split(), float)


def transforms(page):
    return page.eval_on_selector_all("#stage .frame", "frames => frames.map(frame => frame.style.transform)")


@pytest.mark.parametrize(
    ("mode", "captions_begin"),
    [
        ("classes", ["cat 80.0 % · one", "bird 10.0 % · one"]),
        ("runs", ["cat 80.0 % · one", "cat 80.0 % · two"]),
        ("swipe", ["cat 80.0 % · two", "cat 80.0 % · one"]),
    ],
)
def test_maps_stand_side_by_side_under_one_zoom_and_one_cursor(visit, page_file, mode, captions_begin):
    seen = visit(page_file, f"#p=a.png&m={mode}")
    assert captions(seen.page) == captions_begin
    seen.page.focus("#stage")
    seen.page.keyboard.press("+")
    first, second = transforms(seen.page)
    assert "scale(1.5)" in first
    assert first == second
    seen.page.keyboard.press("0")
    assert transforms(seen.page) == ["", ""]
    seen.page.keyboard.press("ArrowRight")
    crosses = seen.page.eval_on_selector_all(
        "#stage .cross", "all => all.map(each => [each.style.left, each.style.top])"
    )
    assert crosses == [["50%", "50%"]] * 2
    assert all("about " in text for text in captions(seen.page))
    assert seen.complaints == []


def test_value_under_the_pointer_and_under_the_keys_is_that_of_the_map(visit, page_file):
    seen = visit(page_file, "#p=a.png")
    box = seen.page.locator("#map").bounding_box()
    seen.page.mouse.move(box["x"] + box["width"] * 7.5 / 28, box["y"] + box["height"] * 7.5 / 28)
    told = seen.page.inner_text("#stage .read")  # the top of the bump, which is 20
    assert 18 <= float(told.split()[1]) <= 20
    seen.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.9)
    assert seen.page.inner_text("#stage .read").endswith("(0 % of the range)")
    seen.page.focus("#stage")
    seen.page.keyboard.press("ArrowDown")
    assert seen.page.inner_text("#said").startswith("90 % across, 92 % down: cat about 0.5")


def test_cold_regions_show_the_photo_and_a_threshold_shows_more_of_it(visit, page_file):
    seen = visit(page_file, "#p=a.png")
    usual = curve(seen.page, "A")
    assert (usual[0], usual[-1]) == (0, 0.85)
    assert (np.diff(usual) >= 0).all()
    seen.page.locator("#from").fill("50")
    assert not curve(seen.page, "A")[:127].any()
    assert curve(seen.page, "A")[128:].all()
    seen.page.select_option("#veil", "even")
    seen.page.locator("#from").fill("0")
    assert set(curve(seen.page, "A")) == {0.5}


def test_colour_maps_are_those_that_the_figures_have(visit, page_file):
    seen = visit(page_file, "#p=a.png")
    for name in ("inferno", "cividis"):
        seen.page.select_option("#colours-choice", "" if name == "inferno" else name)
        table = np.stack([curve(seen.page, letter) for letter in "RGB"], axis=1) * 255
        assert np.abs(table - colour_table(name)).max() < 0.5
    assert "l=cividis" in seen.page.url


def test_contour_and_one_scale_for_all_maps(visit, page_file):
    seen = visit(page_file, "#p=a.png&m=runs")
    assert seen.page.inner_text("#high") == "20"
    second = "document.querySelectorAll('#stage .map')[1].dataset.filter"
    table = f"document.getElementById({second}).querySelector('feFuncR').getAttribute('tableValues')"
    strongest = f"() => Number({table}.split(' ')[255])"
    own = seen.page.evaluate(strongest)
    seen.page.keyboard.press("c")
    assert seen.page.evaluate(f"() => {MAP}.querySelectorAll('feMorphology').length") == 2
    seen.page.locator("#common").check()
    assert seen.page.evaluate(strongest) != own  # its largest value is half of the largest that is shown
    assert seen.page.url.endswith("&m=runs&i=1&w=1")


def test_divider_moves_by_keys_and_pointer_between_what_is_chosen(visit, page_file):
    seen = visit(page_file, "#p=a.png&m=swipe&a=photo")
    assert seen.page.locator("#stage .map").count() == 1
    seen.page.focus("#divider")
    seen.page.keyboard.press("ArrowLeft")
    assert seen.page.get_attribute("#divider", "aria-valuenow") == "48"
    stage = seen.page.locator("#stage").bounding_box()
    seen.page.mouse.move(stage["x"] + stage["width"] * 0.48, stage["y"] + stage["height"] / 2)
    seen.page.mouse.down()
    seen.page.mouse.move(stage["x"] + stage["width"] * 0.2, stage["y"] + stage["height"] / 2)
    seen.page.mouse.up()
    assert seen.page.get_attribute("#divider", "aria-valuenow") == "20"
    seen.page.select_option("#against", label="bird")
    assert seen.page.locator("#stage .map").count() == 2


def test_wheel_zooms_about_the_pointer_a_drag_moves_and_a_double_click_goes_back(visit, page_file):
    seen = visit(page_file, "#p=a.png")
    box = seen.page.locator("#stage .frame").bounding_box()
    place = box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25
    seen.page.mouse.move(*place)
    seen.page.mouse.wheel(0, -200)
    seen.page.wait_for_function("() => document.getElementById('stage').classList.contains('zoomed')")
    larger = seen.page.locator("#stage .frame").bounding_box()
    assert (place[1] - larger["y"]) / larger["height"] == pytest.approx(0.25, abs=0.01)
    seen.page.mouse.down()
    seen.page.mouse.move(place[0] - 30, place[1] - 20)
    seen.page.mouse.up()
    moved = seen.page.locator("#stage .frame").bounding_box()
    assert moved["y"] - larger["y"] == pytest.approx(-20, abs=1)
    seen.page.mouse.dblclick(*place)
    assert transforms(seen.page) == [""]


def test_signed_maps_have_two_colours_and_zero_is_the_photo(visit, tmp_path):
    photo = save_photo(tmp_path / "a.png", width=120, height=80)
    path = explained(
        photo,
        [(1, "cat", 0.9, blob(7, 7) - blob(20, 20))],
        save=("heatmap",),
        changes={"settings": {"signed": True, "colormap": "RdBu_r"}},
    )
    heat = signed_heatmap(blob(7, 7) - blob(20, 20), width=120, height=80, colormap="RdBu_r")
    write_png(tmp_path / json.loads(path.read_text())["classes"][0]["files"]["heatmap"], heat)
    seen = visit(make_report(ReportConfig(tmp_path / "p.html"), collect([str(path)]).entries).page, "#a.png")
    opacity = curve(seen.page, "A")
    assert (opacity[0], opacity[127], opacity[254]) == (0.85, 0, 0.85)
    red, blue = curve(seen.page, "R"), curve(seen.page, "B")
    assert red[254] > blue[254]
    assert blue[0] > red[0]


def test_help_names_the_keys_and_closes_alone(visit, page_file):
    seen = visit(page_file, "#p=a.png")
    seen.page.keyboard.press("?")
    assert "Next view" in seen.page.inner_text("#help-keys")
    seen.page.keyboard.press("Escape")
    seen.page.locator("#help").wait_for(state="hidden")
    assert seen.page.locator("#large").is_visible()


def test_film_strip_leads_to_its_photos(visit, page_file):
    seen = visit(page_file, "#p=a.png")
    seen.page.get_by_role("navigation", name="Photos").get_by_role("link", name="b.png").click()
    assert seen.page.inner_text("#large-name") == "b.png"


def test_cards_come_as_they_are_scrolled_to_and_all_of_them_on_paper(visit, many_file):
    seen = visit(many_file)
    first = seen.page.locator(".card").count()
    assert 20 < first < MANY
    place = seen.page.locator(".card").first
    assert [place.get_attribute(name) for name in ("aria-posinset", "aria-setsize")] == ["1", str(MANY)]
    seen.page.evaluate("window.scrollTo(0, 1e6)")
    seen.page.wait_for_function("count => document.querySelectorAll('.card').length > count", arg=first)
    seen.page.fill("#search", "149")
    assert seen.order() == ["149.png"]
    seen.page.fill("#search", "")
    seen.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert len(seen.order()) == MANY


def test_every_card_in_the_page_is_a_link_in_the_accessibility_tree(visit, many_file):
    seen = visit(many_file)
    assert seen.page.get_by_role("link", name="png").count() == seen.page.locator(".card").count()


def test_closing_a_photo_that_was_far_down_leads_back_to_its_card(visit, many_file):
    seen = visit(many_file, "#p=140.png")
    seen.page.keyboard.press("Escape")
    seen.page.wait_for_function("() => document.activeElement.closest('.card')?.dataset.key === '140.png'")


def test_without_a_script_maps_are_coloured_and_each_class_is_told(visit, page_file):
    seen = visit(page_file, java_script_enabled=False)
    first = seen.page.locator(".card").first
    assert first.locator(".map").evaluate("map => getComputedStyle(map).filter") == 'url("#f0")'
    assert "bird 10.0 %, map 0.5 to 20" in first.locator("details").text_content()
    assert not seen.page.locator("#large").is_visible()


BORDERS = """(names) => names.map(name => {
  const found = document.querySelector(name);
  const page = getComputedStyle(document.body).backgroundColor;
  const light = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).map(Number).map(value => value / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
  const both = [light(getComputedStyle(found).borderBottomColor), light(page)].sort((a, b) => a - b);
  return (both[1] + 0.05) / (both[0] + 0.05);
})"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_of_controls_stand_out(visit, page_file, scheme):
    seen = visit(page_file, "#p=a.png", color_scheme=scheme)
    names = ["#search", "#sort", "#modes button", "#close", "#tab-1", "#run", "#zoom-in", "#bar", "#colours-choice"]
    assert min(seen.page.evaluate(BORDERS, names)) >= 3


def test_tools_leave_a_low_screen_to_the_photos(visit, page_file):
    seen = visit(page_file, viewport={"width": 650, "height": 450})
    assert seen.page.locator("#tools").evaluate("tools => getComputedStyle(tools).position") == "static"


def test_end_of_a_long_name_is_seen_and_its_spaces_are_kept(visit, tmp_path):
    name = "a  b " + "long " * 20 + "0001.png"
    (tmp_path / name).write_bytes(b"no photo")
    seen = visit(make_report(ReportConfig(tmp_path / "p.html"), collect([str(tmp_path / name)]).entries).page)
    told, end = seen.page.locator(".card .long"), seen.page.locator(".card .long span").last
    assert told.text_content() == name
    cut = "part => part.scrollWidth > part.clientWidth && getComputedStyle(part).textOverflow === 'ellipsis'"
    assert [part.evaluate(cut) for part in told.locator("span").all()] == [True, False]
    card, box = seen.page.locator(".card").bounding_box(), end.bounding_box()
    assert box["x"] + box["width"] <= card["x"] + card["width"]
    assert end.inner_text().endswith("0001.png")
