"""200 manifests that are hostile in every text, in Chromium: looked at one after the other, and as numbers."""

import hashlib
import json

import pytest

from scorecam_cli.report.collect import collect
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import ReportConfig
from tests.report import hostile
from tests.report.samples import blob, explained, save_photo

TEXTS = ("model", "weights", "layer", "method", "variant", "precision", "preprocess", "closed_mask", "photo_sha256")


@pytest.mark.slow
def test_manifests_that_are_hostile_in_every_text_are_only_text(visit, tmp_path):
    texts = hostile.strings(200)
    photo = save_photo(tmp_path / "dog.png")
    start = json.loads(explained(photo, [(1, "cat", 0.5, blob(9, 9)), (2, "bird", 0.1, blob(9, 9))]).read_text())
    for number, text in enumerate(texts):
        own = {**start, **dict.fromkeys(TEXTS, text), "warnings": [text], "versions": {text: text}}
        own["classes"] = [{**each, "name": text, "wnid": text, "doubts": [text]} for each in start["classes"]]
        own["settings"] = {"colormap": text, "alpha": 0.5}
        if number % 2:
            own["photo_sha256"] = hashlib.sha256(str(number).encode()).hexdigest()
        (tmp_path / f"{number}.png.scorecam.json").write_text(json.dumps(own), "ascii")
    made = make_report(ReportConfig(tmp_path / "p.html"), collect([str(tmp_path)]).entries)
    assert made.photos > 100
    seen = visit(made.page)
    keys = seen.page.eval_on_selector_all(".card", "cards => cards.map(card => card.dataset.key)")
    for key in keys:
        seen.page.evaluate("key => { location.hash = `p=${encodeURIComponent(key)}`; }", key)
        seen.page.wait_for_function("key => !document.getElementById('large').hidden", arg=key)
    seen.page.evaluate("() => { location.hash = 't=numbers'; }")
    seen.page.wait_for_timeout(300)
    assert seen.page.evaluate("window.owned") is None
    assert (seen.dialogs, seen.outside(), seen.complaints) == ([], [], [])
