"""Counts, parts of the page and distributions in Chromium: what a click leaves to be seen."""

import pytest

from scorecam_cli.models.truth import read_truth
from scorecam_cli.report.collect import collect
from scorecam_cli.report.evaluation import read_evaluation
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import ReportConfig
from tests.report.samples import blob, explained, save_photo

PROBABILITIES = {"a.png": (0.95, 0.15), "b.png": (0.55, 0.85), "c.png": (0.15, 0.12)}


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """A page of three photos in two runs, with truth and an evaluation, and one photo that is torn."""
    folder = tmp_path_factory.mktemp("runs")
    rows = ["photo,method,class,drop,deletion_curve"]
    for number, (name, both) in enumerate(PROBABILITIES.items()):
        photo = save_photo(folder / name, seed=number)
        for run, probability in zip(("x", "y"), both, strict=True):
            best = {"index": 1, "name": "cat", "wnid": None, "probability": probability, "logit": None}
            changes = {"model": run, "predictions": [best]}
            spread = 2 + 3 * number
            explained(photo, [(1, "cat", probability, blob(9, 9, spread=spread))], folder=folder / run, changes=changes)
        rows += [f"{photo},{method},1,0.{number + 1},0.9 0.5 0.{number}" for method in ("score-cam", "cam")]
    (folder / "torn.png").write_bytes((folder / "a.png").read_bytes()[:50])
    (folder / "truth.csv").write_text("a.png,1\nb.png,1\nc.png,2\n")
    (folder / "e.csv").write_text("\n".join(rows) + "\n")
    found = collect([str(folder / each) for each in ("x", "y", "torn.png")]).entries
    read = {"truth": read_truth(folder / "truth.csv"), "evaluation": read_evaluation(folder / "e.csv")}
    return make_report(ReportConfig(folder / "p.html"), found, **read).page


def test_header_is_low_and_a_map_is_on_the_first_screen(visit, two_runs):
    seen = visit(two_runs, viewport={"width": 1300, "height": 900})
    assert seen.page.locator(".line").bounding_box()["height"] < 90
    assert seen.page.locator(".card img").first.bounding_box()["y"] < 300
    seen.page.set_viewport_size({"width": 390, "height": 844})
    assert seen.page.locator(".card img").first.bounding_box()["y"] < 844
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 390


def test_counts_filter_and_say_what_they_show(visit, two_runs):
    seen = visit(two_runs)
    for name, left in (("Failed 1", ["torn.png"]), ("Wrong 1", ["c.png"]), ("Right 2", ["b.png", "a.png"])):
        seen.page.get_by_role("button", name=name, exact=True).click()
        assert seen.order() == left
        assert seen.page.locator("#chips [aria-pressed=true]").inner_text() == name
    seen.page.get_by_role("button", name="All 4", exact=True).click()
    assert len(seen.order()) == 4
    assert seen.complaints == []


def test_each_bar_of_each_run_shows_its_photos_and_the_way_back_leads_to_the_bars(visit, two_runs):
    seen = visit(two_runs)
    seen.page.get_by_role("button", name="Numbers", exact=True).click()
    assert not seen.page.locator("#photos").is_visible()
    bars = seen.page.get_by_role("group", name="Probability of the class of the map, y", exact=True)
    assert bars.locator("button:enabled").evaluate_all("found => found.map(each => each.title)") == [
        "10 to 20 %: 2",
        "80 to 90 %: 1",
    ]
    bars.get_by_role("button", name="10 to 20 %: 2 photos").click()
    assert seen.order() == ["c.png", "a.png"]
    assert "b=probability%3Ar1%3A0.1%3A0.2" in seen.page.url
    seen.page.go_back()
    seen.page.wait_for_function("!document.getElementById('numbers').hidden")
    seen.page.go_forward()
    seen.page.wait_for_function("!document.getElementById('photos').hidden")
    assert seen.order() == ["c.png", "a.png"]
    assert "10 to 20 %, y" in seen.page.locator("#bar-chip").inner_text()
    seen.page.click("#bar-chip")
    assert len(seen.order()) == 4


def test_photos_are_sorted_by_a_measure_of_a_method_and_say_which_and_of_what_class(visit, two_runs):
    seen = visit(two_runs)
    seen.page.select_option("#sort", label="average drop, highest first, cam")
    assert seen.order()[:3] == ["c.png", "b.png", "a.png"]
    said = seen.page.locator(".sorted-by").all_inner_texts()
    assert said == [f"average drop ↓ 0.{number}, cam, class cat" for number in (3, 2, 1)] + ["not measured"]
    seen.page.select_option("#sort", "name")
    assert seen.page.locator(".sorted-by").count() == 0


def test_photos_on_which_the_runs_differ_most_come_first(visit, two_runs):
    seen = visit(two_runs)
    seen.page.select_option("#sort", "apart-probability")
    assert seen.order() == ["a.png", "b.png", "c.png", "torn.png"]
    said = seen.page.locator(".sorted-by").all_inner_texts()
    assert said == [f"probabilities differ by {each} %" for each in (80, 30, 3)] + ["probabilities cannot be compared"]
    seen.page.select_option("#sort", "apart-maps")
    assert seen.page.locator(".sorted-by").first.inner_text() == "maps of the runs: correlation 1"
    seen.page.locator(".card a").first.click()
    words = seen.page.locator("#words").inner_text()
    assert "Between the runs" in words
    assert "are the same" in words


def test_numbers_fit_a_narrow_screen_and_forced_colours_keep_the_bars(visit, two_runs):
    seen = visit(two_runs, "#t=numbers", viewport={"width": 390, "height": 844}, forced_colors="active")
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
    colour = "element => getComputedStyle(element).backgroundColor"
    assert seen.page.locator(".columns i").first.evaluate(colour) != seen.page.locator("body").evaluate(colour)
    assert "score-cam = cam" in seen.page.locator(".key li").first.inner_text()


def test_without_scripts_photos_and_numbers_are_both_there_and_nothing_dead_is(visit, two_runs):
    seen = visit(two_runs, java_script_enabled=False)
    assert seen.page.locator("#photos .card").first.is_visible()
    assert seen.page.locator(".measures").is_visible()
    assert seen.page.locator(".views, .chip:enabled:visible").count() == seen.page.locator(".views").count()
    assert not seen.page.locator(".views").is_visible()


BAR_SLOW = [pytest.param(bar, marks=pytest.mark.slow) for bar in ("probability:r0:x:y", "a:b", "%00")]


@pytest.mark.parametrize("bar", ["__proto__:r0:0:1", "probability:r9:0:1", *BAR_SLOW])
def test_bars_that_an_address_makes_up_do_no_harm(visit, two_runs, bar):
    seen = visit(two_runs, f"#b={bar}")
    assert len(seen.order()) in (0, 4)
    assert (seen.complaints, seen.dialogs) == ([], [])
