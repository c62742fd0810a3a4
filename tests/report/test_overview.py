"""The page at a glance: counts, runs, what is wrong by class, and the command for what lacks something."""

from scorecam_cli.report.collect import collect
from scorecam_cli.report.make import make_report
from scorecam_cli.report.request import ReportConfig
from tests.report.samples import blob, explained, parsed, save_photo

CAT = [(1, "cat", 0.9, blob(5, 5))]


def texts_of(folder, **read):
    made = make_report(ReportConfig(folder / "p.html"), collect([str(folder)]).entries, **read)
    return [text.strip() for text in parsed(made.page.read_text("utf-8")).texts if text.strip()]


def test_command_for_what_lacks_something_can_be_given_to_a_shell(tmp_path):
    explained(save_photo(tmp_path / "done.png"), CAT, mark="grad-cam", changes={"method": "grad-cam", "variant": None})
    save_photo(tmp_path / "it's new; rm x.png", seed=1)
    save_photo(tmp_path / "two\nlines.png", seed=2)
    command = """scorecam explain --model TestNet --method grad-cam -- 'it'"'"'s new; rm x.png'"""
    assert command in texts_of(tmp_path)


def test_many_names_are_left_to_a_list(tmp_path):
    for number in range(21):
        save_photo(tmp_path / f"{number}.png", width=4, height=4)
    assert "scorecam explain --files-from names.txt" in texts_of(tmp_path)


def test_page_without_faults_says_nothing_of_them(tmp_path):
    explained(save_photo(tmp_path / "done.png"), CAT)
    texts = texts_of(tmp_path)
    assert not [text for text in texts if text.startswith(("scorecam explain", "Failed"))]
    assert texts[texts.index("All") : texts.index("All") + 4] == ["All", "1", "Explained", "1"]


def test_no_mean_is_over_several_runs(tmp_path):
    photo = save_photo(tmp_path / "dog.png")
    for model, probability in (("VGG16", 0.2), ("ResNet50", 0.6)):
        explained(photo, [(1, "cat", probability, blob(5, 5))], folder=tmp_path / model, changes={"model": model})
    found = collect([str(tmp_path / "VGG16"), str(tmp_path / "ResNet50")]).entries
    made = make_report(ReportConfig(tmp_path / "p.html"), found)
    texts = parsed(made.page.read_text("utf-8")).texts
    assert not [text for text in texts if "40.0 %" in text or "Mean" in text]
    assert {"VGG16", "ResNet50"} <= {text.strip() for text in texts}
