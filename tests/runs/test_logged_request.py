"""A request that was written is read again as it was; one of another hand is checked, value by value."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorecam_cli.choices import Fill
from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import UsageError
from scorecam_cli.runs.logged_request import MANNER, as_json, checked_request, identity, known_names, request_of

CONFIG = ExplainConfig(
    PhotoSettings(("a.jpg",), ("b.jpg",), output_dir=Path("maps")),
    ModelSettings(
        "my.keras",
        labels=Path("names.txt"),
        layers=("norm",),
        grid=(8, 12),
        prefix=1,
        input_size=(32, 48),
        imports=(Path("own.py"),),
        constant_inputs=("age=age.npy", "n=3"),
    ),
    classes=("242", "boxer"),
    against="next",
    passes=32,
    fill=Fill.BLUR,
    save=("npy", "panel"),
    alpha=1.0,
)
LOG = Path("run.jsonl")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


def written(config):
    return json.loads(json.dumps(as_json(request_of(config))))


def test_every_setting_comes_back_as_it_was():
    request = checked_request(written(CONFIG), LOG)
    assert request == request_of(CONFIG)
    assert identity(request) == identity(request_of(CONFIG))
    taken = {**request.settings}
    photos = PhotoSettings(**{name: taken.pop(name) for name in PhotoSettings.__dataclass_fields__ if name in taken})
    model = ModelSettings(**{name: taken.pop(name) for name in ModelSettings.__dataclass_fields__})
    assert ExplainConfig(photos, model, **taken) == replace(CONFIG, photos=replace(CONFIG.photos, images=(), listed=()))


def test_only_photos_are_left_out_and_every_manner_is_a_setting():
    assert not {"images", "listed", "photos"} & known_names()
    assert known_names() >= MANNER >= {"max_pixels", "force", "batch_size", "device", "offline", "recursive"}
    assert not {"output_dir", "unsafe", "imports", "model", "save"} & MANNER


def test_paths_are_as_typed_in_the_same_folder_and_absolute_in_another(tmp_path, monkeypatch):
    request = request_of(CONFIG)
    start = Path.cwd()
    assert request.here == request.settings
    monkeypatch.chdir(tmp_path)
    moved = checked_request(as_json(request), LOG).here
    assert moved["model"] == str(start / "my.keras")
    assert moved["constant_inputs"] == (f"age={start / 'age.npy'}", "n=3")
    assert (moved["labels"], moved["output_dir"]) == (start / "names.txt", start / "maps")
    assert moved["imports"] == (start / "own.py",)
    assert moved["weights"] == "imagenet"
    named = replace(CONFIG, model=ModelSettings("VGG16", weights="random"))
    assert checked_request(as_json(request_of(named)), LOG).here["model"] == "VGG16"


def test_essence_is_what_results_depend_on_wherever_it_was_asked(tmp_path, monkeypatch):
    request = request_of(CONFIG)
    other = replace(CONFIG, force=True, batch_size=3, save=("panel", "npy"))
    assert request_of(other).essence == request.essence
    assert request_of(replace(CONFIG, passes=33)).essence != request.essence
    here = Path.cwd()
    monkeypatch.chdir(tmp_path)
    assert request_of(CONFIG).essence != request.essence  # another maps/, another my.keras
    monkeypatch.chdir("/")
    absolute = ExplainConfig(
        PhotoSettings(output_dir=here / "maps"),
        replace(
            CONFIG.model,
            model=str(here / "my.keras"),
            labels=here / "names.txt",
            imports=(here / "own.py",),
            constant_inputs=(f"age={here / 'age.npy'}", "n=3"),
        ),
        **{name: getattr(CONFIG, name) for name in ("classes", "against", "passes", "fill", "save", "alpha")},
    )
    assert request_of(absolute).essence == request.essence


def test_what_is_missing_has_its_default_and_what_is_new_is_refused():
    assert (
        checked_request({"cwd": "/"}, LOG).settings
        == request_of(ExplainConfig(PhotoSettings(), ModelSettings())).settings
    )
    with pytest.raises(UsageError, match=r"run\.jsonl has a setting 'colour' that is not known"):
        checked_request({"cwd": "/", "colour": 1}, LOG)


@pytest.mark.parametrize("cwd", [None, 3, "", "maps", "../x", "/a\0b"])
def test_the_folder_must_be_absolute(cwd):
    with pytest.raises(UsageError, match="which is no absolute path"):
        checked_request({"cwd": cwd}, LOG)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", 3),
        ("model", "m" * 5000),
        ("seed", True),
        ("seed", 10**30),
        ("seed", "1"),
        ("alpha", "0.5"),
        ("alpha", 10**400),
        ("labels", []),
        ("input_size", [3]),
        ("input_size", [3, "4"]),
        ("input_size", [3, 4, 5]),
        ("classes", "242"),
        ("classes", [242]),
        ("classes", ["x"] * 20_000),
        ("imports", [None]),
        ("force", 1),
        ("save", None),
        ("passes", 1.5),
    ],
)
def test_a_value_of_another_type_is_one_sentence(name, value):
    with pytest.raises(UsageError, match=rf"the request in run\.jsonl has {name} = ") as caught:
        checked_request({"cwd": "/", name: value}, LOG)
    assert len(str(caught.value)) < 300


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*sorted(known_names()), "cwd", "x"]), JSON, max_size=4))
def test_any_other_json_is_a_request_or_a_sentence(found):
    try:
        request = checked_request({"cwd": "/", **found}, LOG)
    except UsageError:
        return
    assert json.loads(request.essence)
    assert set(request.here) == known_names()
