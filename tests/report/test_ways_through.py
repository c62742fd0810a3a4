"""By keyboard alone and by touch alone: open, next, class, two runs side by side, label, export; and what is named."""

import json

import pytest

from scorecam_cli.report.collect import collect
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import ReportConfig
from tests.report.samples import blob, explained, save_photo

# What a finger may miss: less than 24 pixels high or wide. A box to tick is as large as its label.
SMALL = """() => Array.from(document.querySelectorAll("button, a, select, input:not([type=checkbox]), summary, .tick"))
  .filter((one) => one.checkVisibility())
  .filter((one) => { const box = one.getBoundingClientRect(); return Math.min(box.width, box.height) < 24; })
  .map((one) => one.id || one.textContent.trim())"""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """Three photos that two runs have explained, each with two classes."""
    folder = tmp_path_factory.mktemp("photos")
    for seed, name in enumerate(("a.png", "b.png", "c.png")):
        photo = save_photo(folder / name, seed=seed, width=160, height=100)
        for run, (model, row) in enumerate((("OneNet", 9), ("TwoNet", 18))):
            classes = [(1, "cat", 0.5 + seed / 10, blob(row, 9)), (2, "bird", 0.04, blob(20, 20))]
            explained(photo, classes, folder=folder / f"run{run}", save=("npy",), changes={"model": model})
    return make_report(ReportConfig(folder / "page.html"), collect([str(folder)], recursive=True).entries).page


def focused(page):
    """Role and name of what has the focus, as the accessibility tree has them."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    for node in nodes:
        if any(each["name"] == "focused" and each["value"]["value"] for each in node.get("properties", ())):
            last = (node["role"]["value"], node.get("name", {}).get("value", ""))
    return last


def tab_to(page, role, name, *, most=80, key="Tab"):
    """Press Tab until something of a role and a name has the focus."""
    for _ in range(most):
        page.keyboard.press(key)
        active = page.evaluate(
            "() => { const one = document.activeElement;"
            " return (one.getAttribute('aria-label') || one.textContent || '').trim().replace(/\\s+/g, ' '); }"
        )
        if active.startswith(name) or page.evaluate("() => document.activeElement.id") == name:
            found = focused(page)
            assert found[0] == role
            return found[1]
    raise AssertionError(f"no {role} {name} by {key}")


def test_by_keyboard_alone(visit, page_file):
    seen = visit(page_file)
    page = seen.page
    names = [tab_to(page, "link", "cat")]
    page.keyboard.press("Enter")
    page.locator("#large-name").wait_for()
    page.wait_for_function("() => document.activeElement.id === 'large-name'")
    names.append(focused(page)[1])
    page.keyboard.press("ArrowRight")
    names.append(page.inner_text("#said").split(", ")[0])
    names.append(tab_to(page, "tab", "cat"))
    page.keyboard.press("ArrowRight")
    names.append(focused(page)[1])
    names.append(tab_to(page, "button", "Runs", key="Shift+Tab"))
    page.keyboard.press("Enter")
    assert page.locator("#stage .pane").count() == 2
    names.append(tab_to(page, "button", "Right for the wrong reason"))
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    names.append(tab_to(page, "textbox", "note"))
    page.keyboard.type("by keys alone")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement.closest('.card')")
    tab_to(page, "DisclosureTriangle", "Review", key="Shift+Tab")
    page.keyboard.press("Enter")
    names.append(tab_to(page, "button", "Export as JSON"))
    with page.expect_download() as waited:
        page.keyboard.press("Enter")
    (found,) = json.loads(waited.value.path().read_text("utf-8"))["photos"]
    assert (found["name"], found["label"], found["note"]) == ("b.png", "wrong-reason", "by keys alone")
    assert names[0].startswith("cat 50.0 %")
    assert "a.png" in names[0]
    assert names[1:] == [
        *("a.png", "b.png", "cat 60.0 %", "bird 4.0 %"),
        *("Runs", "Right for the wrong reason", "Note", "Export as JSON"),
    ]
    assert (seen.complaints, seen.dialogs, seen.outside()) == ([], [], [])


def test_by_touch_alone(visit, page_file):
    seen = visit(page_file, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page = seen.page
    page.locator(".card[data-key='a.png'] a").tap()
    page.locator("#large-name").wait_for()
    page.locator("#next").tap()
    assert page.inner_text("#large-name") == "b.png"
    page.get_by_role("tab", name="bird").tap()
    page.get_by_role("button", name="Runs", exact=True).tap()
    assert page.locator("#stage .pane").count() == 2
    assert page.evaluate(SMALL) == []
    for name in ("Flag", "Wrong"):
        button = page.get_by_role("button", name=name, exact=True)
        assert button.bounding_box()["height"] >= 44
        button.tap()
        assert button.get_attribute("aria-pressed") == "true"
    page.locator("#close").tap()
    page.locator("#review summary").tap()
    with page.expect_download() as waited:
        page.get_by_role("button", name="Export as CSV").tap()
    assert "b.png" in waited.value.path().read_text("utf-8")
    assert page.evaluate(SMALL) == []
    assert (seen.complaints, seen.dialogs, seen.outside()) == ([], [], [])
