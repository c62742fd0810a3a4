"""What failed is tried again as it was asked for: no other model, no other place, no code that a log brings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import UsageError
from scorecam_cli.records import PhotoJob
from scorecam_cli.runs.log import FailedBefore
from scorecam_cli.runs.logged_request import request_of
from scorecam_cli.runs.retry import among, found_again, retry_of

CONFIG = ExplainConfig(PhotoSettings(output_dir=Path("maps")), ModelSettings("good.keras"), passes=32)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "sub/b.jpg"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(b"x")
    return tmp_path


def failed(photo="a.jpg", output="maps/a.jpg", config=CONFIG):
    return FailedBefore(photo, output, Path.cwd(), None if config is None else request_of(config))


def retry(*before, **given):
    return retry_of(before, given, source=Path("run.jsonl"), spelled=lambda name, value: f"--{name} {value}")


def test_settings_are_those_of_the_run(here):
    found = retry(failed())
    assert found.settings == request_of(CONFIG).settings
    assert len(found.failed) == 1


def test_equal_options_are_fine_and_the_manner_may_differ(here, monkeypatch):
    given = {"model": "./good.keras", "output_dir": here / "maps", "passes": 32, "max_pixels": 9, "force": True}
    found = retry(failed(), **given)
    assert found.settings["model"] == "good.keras"
    assert found.settings["output_dir"] == Path("maps")
    assert (found.settings["max_pixels"], found.settings["force"]) == (9, True)
    named = replace(CONFIG, model=ModelSettings("VGG16"))
    assert retry(failed(config=named), model="vgg16").settings["model"] == "VGG16"
    before = failed()
    monkeypatch.chdir("sub")
    assert retry(before, model="../good.keras").settings["model"] == str(here / "good.keras")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"model": "other.keras"}, "--model other.keras contradicts run.jsonl, whose run had --model good.keras"),
        ({"passes": 33}, "--passes 33 contradicts run.jsonl, whose run had --passes 32"),
        ({"output_dir": Path("elsewhere")}, "whose run had --output_dir maps"),
        ({"save": ("npy",)}, "--save ('npy',) contradicts"),
    ],
)
def test_an_option_that_contradicts_is_refused_with_both_values(here, given, words):
    with pytest.raises(UsageError) as caught:
        retry(failed(), **given)
    assert words in str(caught.value)


def test_a_log_without_a_request_needs_the_model(here):
    with pytest.raises(UsageError, match=r"does not tell which model its run had.*give -m"):
        retry(failed(config=None), passes=3)
    assert retry(failed(config=None), model="good.keras", images=()).settings == {"model": "good.keras"}


def test_of_several_requests_the_options_choose(here):
    other = replace(CONFIG, passes=64)
    before = (failed("a.jpg"), failed("sub/b.jpg", "maps/b.jpg", other))
    with pytest.raises(UsageError, match=r"photos of 2 different requests failed .*--passes 32 and --passes 64"):
        retry(*before)
    assert retry(*before, passes=64).failed == before[1:]
    with pytest.raises(UsageError, match="--passes 5 contradicts"):
        retry(*before, passes=5)
    with pytest.raises(UsageError, match="name the photos"):
        retry(failed(), failed("sub/b.jpg", config=None), model="good.keras")
    alike = (failed("a.jpg"), failed("sub/b.jpg", "maps/b.jpg", replace(CONFIG, batch_size=2)))
    assert retry(*alike).settings["batch_size"] == 2


@pytest.mark.parametrize(
    "settings", [{"unsafe": True}, {"imports": (Path("own.py"),)}], ids=["--unsafe-model", "--import"]
)
def test_a_log_alone_runs_no_code(here, settings):
    config = replace(CONFIG, model=replace(CONFIG.model, **settings))
    with pytest.raises(UsageError, match="a log alone runs no code"):
        retry(failed(config=config))
    assert retry(failed(config=config), **settings).failed


def test_photos_go_where_their_files_should_go(here, monkeypatch):
    before = [failed("a.jpg"), failed("sub/b.jpg", "maps/sub/b.jpg"), failed("gone.jpg", None)]
    found = found_again(before, output_dir=Path("maps"))
    assert found.jobs == (
        PhotoJob(Path("a.jpg"), Path("maps/a.jpg")),
        PhotoJob(Path("sub/b.jpg"), Path("maps/sub/b.jpg")),
    )
    assert [(str(each.photo), each.reason, each.output) for each in found.failures] == [
        ("gone.jpg", "no such file", Path("maps/gone.jpg"))
    ]
    monkeypatch.chdir("/")
    moved = found_again(before, output_dir=here / "maps")
    assert moved.jobs[1] == PhotoJob(here / "sub/b.jpg", here / "maps/sub/b.jpg")
    assert among(before, {here / "a.jpg", Path("nowhere.jpg")}) == (before[0],)


@pytest.mark.parametrize(
    "output",
    [
        *("", ".", "/", "..", "a.jpg", "/elsewhere/a.jpg", "maps/../a.jpg", "maps/../../a.jpg", "mapsx/a.jpg"),
        *("maps/b.jpg", "maps", "maps/a.jpg/", "maps/a.jpg/x", "maps/\0/../../a.jpg", "\ud800", "a/" * 1000),
    ],
)
def test_files_stay_in_the_folder_of_the_run(here, output):
    found = found_again([failed(output=output)], output_dir=Path("maps"))
    if output == "maps/a.jpg/":
        assert [job.output for job in found.jobs] == [Path("maps/a.jpg")]
        return
    assert found.jobs == ()
    assert "those of its run go in maps: nothing is written" in found.failures[0].reason
    beside = found_again([failed(output=output)], output_dir=None)
    assert bool(beside.jobs) == (output == "a.jpg")


def test_names_are_those_of_files_alone(here):
    Path("x.jpg.scorecam-1-heatmap.png").touch()
    names = ["", "*", "/proc/**", "sub", "a.jpg\0", "\ud800", "n/" * 2500, "x.jpg.scorecam-1-heatmap.png", "/dev/zero"]
    found = found_again([failed(name, None) for name in names], output_dir=None)
    assert found.jobs == ()
    assert [each.reason for each in found.failures] == [
        "an empty name",
        "no such file",
        "no such file",
        "a folder, not a photo",
        "the name cannot be a file name on this system",
        "the name cannot be a file name on this system",
        "the name is too long for this file system",
        "an output of scorecam, not a photo",
        "a device, not a photo",
    ]


def test_two_photos_never_share_the_place_of_their_files(here):
    Path("sub/a.jpg").touch()
    found = found_again([failed(), failed("sub/a.jpg", "maps/a.jpg")], output_dir=Path("maps"))
    assert [str(job.photo) for job in found.jobs] == ["a.jpg"]
    assert "where those of a.jpg go" in found.failures[0].reason
