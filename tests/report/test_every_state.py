"""The accessibility checker in every state of the page: what can be open, chosen, marked and folded."""

import pytest

from scorecam_cli.report.collect import collect
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import ReportConfig
from tests.report.samples import blob, explained, save_photo

STATES = {  # where, and the keys pressed there
    "gallery": ("", ""),
    "review": ("", "review"),
    "numbers": ("#t=numbers", ""),
    "single": ("#p=a.png", "s2"),
    "classes": ("#p=a.png&m=classes&w=1", ""),
    "runs": ("#p=a.png&m=runs", ""),
    "swipe": ("#p=a.png&m=swipe", "c"),
    "folded": ("#p=a.png&v=even", "f"),
    "help": ("#p=a.png", "?"),
    "failed": ("#p=torn.png", ""),
    "nothing found": ("#q=nowhere", ""),
}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """Two photos that two runs have explained, each with two classes, one doubtful; and one that is torn."""
    folder = tmp_path_factory.mktemp("photos")
    for seed, name in enumerate(("a.png", "b.png")):
        photo = save_photo(folder / name, seed=seed, width=160, height=100)
        for run, (model, row) in enumerate((("OneNet", 9), ("TwoNet", 18))):
            classes = [(1, "cat", 0.5 + seed / 10, blob(row, 9)), (2, "bird", 0.04, blob(20, 20))]
            doubts = [("the class keeps the same probability under every mask",), ()]
            explained(
                photo, classes, folder=folder / f"run{run}", save=("npy",), changes={"model": model}, doubts=doubts
            )
    (folder / "torn.png").write_bytes((folder / "a.png").read_bytes()[:50])
    return make_report(ReportConfig(folder / "page.html"), collect([str(folder)], recursive=True).entries).page


@pytest.mark.slow
@pytest.mark.parametrize("width", [1300, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_accessibility_checker_finds_nothing(visit, page_file, state, scheme, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install 'scorecam[browser]'")
    place, keys = STATES[state]
    seen = visit(page_file, place, color_scheme=scheme, viewport={"width": width, "height": 800})
    for key in keys if keys != "review" else ():
        seen.page.keyboard.press(key)
    if keys == "review":
        seen.page.click("#review summary")
    found = axe.Axe().run(seen.page)
    assert found.violations_count == 0, found.generate_report()
    assert seen.complaints == []
