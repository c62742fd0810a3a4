"""The address of the page in Chromium: what is looked at can be sent as a link, and comes back with it."""

import pytest

from scorecam_cli.report.collect import collect
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import ReportConfig
from tests.report.samples import blob, explained, save_photo

PHOTOS = {"a b.png": (0.9, "cat"), "c&d=e.png": (0.2, "cat"), "f.png": (0.5, "dog")}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A page of three photos, each with a second class."""
    folder = tmp_path_factory.mktemp("address")
    for name, (probability, found) in PHOTOS.items():
        photo = save_photo(folder / name)
        explained(photo, [(1, found, probability, blob(9, 9)), (2, "bird", 0.04, blob(20, 20))])
    return make_report(ReportConfig(folder / "page.html"), collect([str(folder)]).entries).page


def fragment(page):
    return page.evaluate("location.hash")


def test_search_order_photo_and_class_are_in_the_address_and_come_back_with_it(visit, page_file):
    seen = visit(page_file)
    seen.page.fill("#search", "cat")
    seen.page.select_option("#sort", "probable")
    assert seen.order() == ["a b.png", "c&d=e.png"]
    seen.page.click(".card[data-key='c&d=e.png'] a")
    seen.page.get_by_role("tab", name="bird").click()
    link = fragment(seen.page)
    assert link == "#p=c%26d%3De.png&c=2&q=cat&s=probable"
    again = visit(page_file, link)
    assert again.page.inner_text("#large-name") == "c&d=e.png"
    assert again.page.get_by_role("tab", name="bird").get_attribute("aria-selected") == "true"
    again.page.keyboard.press("Escape")
    assert again.order() == ["a b.png", "c&d=e.png"]
    assert (again.page.input_value("#search"), again.page.input_value("#sort")) == ("cat", "probable")
    assert fragment(again.page) == "#q=cat&s=probable"


def test_the_way_back_closes_a_photo_and_the_way_forth_opens_it_with_its_class(visit, page_file):
    seen = visit(page_file)
    seen.page.click(".card[data-key='f.png'] a")
    seen.page.get_by_role("tab", name="bird").click()
    seen.page.go_back()
    seen.page.locator("#large").wait_for(state="hidden")
    seen.page.go_forward()
    seen.page.locator("#large").wait_for(state="visible")
    assert seen.page.get_by_role("tab", name="bird").get_attribute("aria-selected") == "true"


@pytest.mark.parametrize("link", ["#s=no-such", "#s=constructor", "#p=%E0%A4%A", "#&&==&p", "#c=2&r=7", "#f=class-99"])
def test_an_address_that_means_nothing_is_looked_over(visit, page_file, link):
    seen = visit(page_file, link)
    assert not seen.page.locator("#large").is_visible()
    assert seen.page.locator(".card").count() == 3
    assert seen.complaints == []
