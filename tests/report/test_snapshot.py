"""The PNG of what is seen, beside a picture of the screen."""

import io

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.report.collect import collect
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import Form, ReportConfig
from tests.report.samples import blob, explained, save_photo


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page of a photo with two classes, in both forms."""
    folder = tmp_path_factory.mktemp("photos")
    photo = save_photo(folder / "dog & cat.png", width=160, height=100)
    explained(photo, [(1, "cat", 0.5, blob(9, 9)), (2, "bird", 0.04, blob(20, 20))], save=("npy",))
    entries = collect([str(photo)]).entries
    asked = {Form.FILE: folder / "page.html", Form.FOLDER: folder / "page"}
    return {form: make_report(ReportConfig(path, form=form), entries).page for form, path in asked.items()}


def opened(picture):
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), float)


def saved(page):
    """What the key p saves, and what it is called."""
    with page.expect_download() as waited:
        page.keyboard.press("p")
    return opened(waited.value.path().read_bytes()), waited.value.suggested_filename


@pytest.mark.parametrize(
    "look",
    [
        pytest.param("", id="map"),
        pytest.param("&i=1&h=40", id="contour", marks=pytest.mark.slow),
        pytest.param("&m=classes", id="two", marks=pytest.mark.slow),
        pytest.param("&m=swipe&a=photo", id="cut"),
    ],
)
def test_png_holds_what_the_screen_shows(visit, pages, look):
    seen = visit(pages[Form.FILE], f"#p=dog%20%26%20cat.png{look}", viewport={"width": 1000, "height": 700})
    seen.page.mouse.move(0, 0)
    for _ in range(2 if look else 0):
        seen.page.keyboard.press("+")
    seen.page.evaluate(
        "async () => { for (const image of document.querySelectorAll('#stage img')) await image.decode(); }"
    )
    pictures = seen.page.locator("#stage .view").all()
    box = pictures[0].bounding_box()
    stage = seen.page.locator("#stage").bounding_box()
    screen = opened(seen.page.screenshot())
    png, name = saved(seen.page)
    assert name == ("dog-cat.png-bird.png" if "classes" in look else "dog-cat.png-cat.png")
    small = np.asarray(Image.fromarray(png.astype(np.uint8)).resize((png.shape[1] // 2, png.shape[0] // 2)), float)
    top, left, height, width = (round(box[each]) for each in ("y", "x", "height", "width"))
    own = small[36 + top - round(stage["y"]) :, 12 + left - round(stage["x"]) :][4 : height - 4, 4 : width - 4]
    shown = screen[top + 4 : top + height - 4, left + 4 : left + width - 4]
    assert shown.std() > 20
    assert np.abs(own - shown).mean() < 2.6
    assert (seen.complaints, seen.outside()) == ([], [])


def test_page_that_may_not_read_its_pictures_says_what_to_do(visit, pages):
    seen = visit(pages[Form.FOLDER], "#p=dog%20%26%20cat.png")
    seen.page.click("#snapshot")
    seen.page.wait_for_function("() => document.getElementById('snapshot-said').textContent")
    assert "Make the page as one file" in seen.page.inner_text("#snapshot-said")
    assert seen.complaints == []
