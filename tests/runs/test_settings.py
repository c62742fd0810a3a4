"""What a result depends on is read off the configuration: no field can be forgotten."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from scorecam_cli import config
from scorecam_cli.config import EvaluateConfig, ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.dependence import CHANGES_THE_RESULT, LEAVES_THE_RESULT
from scorecam_cli.errors import UsageError
from scorecam_cli.models.requested import known_labels
from scorecam_cli.models.truth import read_truth
from scorecam_cli.runs import settings
from scorecam_cli.runs.current import differences
from scorecam_cli.runs.request import regions_of
from scorecam_cli.saliency.methods import METHODS

VOC = (
    "<annotation><filename>dog.jpg</filename><object><bndbox>"
    "<xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></object></annotation>"
)
DRAWN = [name for name, method in METHODS.items() if method.draws]
CONFIGURATIONS = [
    each for each in vars(config).values() if dataclasses.is_dataclass(each) and each.__module__ == config.__name__
]


@pytest.mark.parametrize("kind", CONFIGURATIONS, ids=lambda kind: kind.__name__)
def test_every_field_is_on_exactly_one_of_the_two_lists(kind):
    listed = [*CHANGES_THE_RESULT[kind], *LEAVES_THE_RESULT[kind]]
    assert sorted(listed) == sorted(field.name for field in dataclasses.fields(kind))


def explain_settings(asked):
    return settings.explain_settings(asked, known_labels(asked.model))


def asked(model=None, **options):
    return ExplainConfig(PhotoSettings(), ModelSettings(**(model or {})), **options)


def test_each_field_on_the_first_list_is_noted():
    noted = set(explain_settings(asked()))
    assert noted == {*CHANGES_THE_RESULT[ExplainConfig], *CHANGES_THE_RESULT[ModelSettings]}


@pytest.mark.parametrize(
    "change",
    [
        {"model": {"model": "ResNet50"}},
        {"model": {"preprocess": "tf"}},
        {"model": {"layers": ("block4_conv3",)}},
        {"model": {"precision": "bfloat16"}},
        {"model": {"weights": "random"}},
        {"classes": ("1",)},
        {"top": 2},
        {"variant": "paper"},
        {"passes": 9},
        {"fidelity": 0.9},
        {"fill": "mean"},
        {"method": "grad-cam"},
        {"save": ("npy",)},
        {"colormap": "jet"},
        {"alpha": 0.4},
    ],
    ids=str,
)
def test_what_changes_a_map_changes_the_settings(change):
    assert differences(explain_settings(asked()), explain_settings(asked(**change)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"model": {"model": "vgg16"}}, {"model": {"model": "VGG16"}}),
        ({"save": ("npy", "overlay")}, {"save": ("overlay", "npy")}),
        ({"classes": ("boxer",)}, {"classes": ("242",)}),
        ({"batch_size": 3}, {"force": True}),
        ({"model": {"seed": 1}}, {"model": {"device": "cpu", "offline": True, "threads": 1}}),
    ],
)
def test_what_does_not_change_a_map_does_not(one, other):
    assert not differences(explain_settings(asked(**one)), explain_settings(asked(**other)))


@pytest.mark.parametrize("options", [*({"method": name} for name in DRAWN), {"model": {"weights": "random"}}], ids=str)
def test_seed_counts_where_something_is_drawn(options):
    model = options.get("model", {})
    seeds = [explain_settings(asked(**{**options, "model": {**model, "seed": seed}})) for seed in (1, 2)]
    assert differences(*seeds) == ["seed was 1, is 2"]


@pytest.fixture
def files(tmp_path):
    """A model, labels and code, as far as they are looked at here."""
    for name in ("m.keras", "names.txt", "code.py"):
        (tmp_path / name).write_text(f"{name}\n" * 3)
    return tmp_path


def with_files(folder, **options):
    return asked({"model": f"{folder / 'm.keras'}", "labels": folder / "names.txt", "imports": (folder / "code.py",)})


@pytest.mark.parametrize(("name", "setting"), [("m.keras", "model"), ("names.txt", "labels")])
def test_file_counts_by_its_bytes_and_not_by_its_place(files, tmp_path_factory, name, setting):
    before = explain_settings(with_files(files))
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for path in files.iterdir():
        (elsewhere / path.name).write_bytes(path.read_bytes())
    assert explain_settings(with_files(elsewhere)) == before
    (files / name).write_text("other\n" * 3)
    assert differences(before, explain_settings(with_files(files))) == [f"{setting} has changed"]


def test_code_counts_by_its_bytes(files):
    before = explain_settings(with_files(files))
    (files / "code.py").write_text("other")
    (told,) = differences(before, explain_settings(with_files(files)))
    assert told.startswith("imports was")


def test_weights_file_of_a_named_model_counts_by_its_bytes(tmp_path):
    path = tmp_path / "w.h5"
    path.write_bytes(b"weights")
    settings = explain_settings(asked({"weights": str(path)}))
    assert settings["weights"] == f"sha256:{hashlib.sha256(b'weights').hexdigest()}"


def evaluate_settings(**options):
    """Of files that are read now."""
    asked = EvaluateConfig(PhotoSettings(), ModelSettings(), **options)
    regions = regions_of(asked)
    return settings.evaluate_settings(
        asked,
        labels=known_labels(asked.model),
        regions=None if regions is None else regions.noted(),
        truth=None if asked.truth is None else read_truth(asked.truth),
    )


@pytest.mark.parametrize(
    ("name", "file", "before", "after"),
    [
        ("truth", "truth.csv", "dog.jpg,1\n", "dog.jpg,2\n"),
        ("boxes", "boxes.csv", "dog.jpg,1,1,2,2\n", "dog.jpg,1,1,2,3\n"),
        ("boxes", "boxes/dog.xml", VOC, VOC.replace("<xmin>1<", "<xmin>2<")),
        ("masks", "masks/dog.png", "before", "after!"),
    ],
)
def test_evaluation_counts_markings_by_their_bytes(tmp_path, name, file, before, after):
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    place = path if path.parent == tmp_path else path.parent
    path.write_text(before)
    first = evaluate_settings(**{name: place})
    assert first[name].startswith("sha256:")
    assert evaluate_settings(**{name: place}) == first
    path.write_text(after)
    assert differences(first, evaluate_settings(**{name: place})) == [f"{name} has changed"]


def test_digest_of_a_file_is_that_of_its_bytes(tmp_path):
    path = tmp_path / "truth.csv"
    path.write_bytes(b"\xef\xbb\xbfdog.jpg,1\r\n")
    assert evaluate_settings(truth=path)["truth"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def test_folder_of_masks_counts_by_names_and_without_our_own_pictures(tmp_path):
    (tmp_path / "a.png").write_bytes(b"mask")
    before = evaluate_settings(masks=tmp_path)
    for name in ("a.png.scorecam-1-heatmap.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert evaluate_settings(masks=tmp_path) == before
    (tmp_path / "a.png").rename(tmp_path / "b.png")
    assert evaluate_settings(masks=tmp_path) != before


def test_constants_are_noted_by_number_or_bytes_and_only_where_there_are_any(tmp_path):
    model = tmp_path / "m.keras"
    model.write_bytes(b"x")
    array = tmp_path / "age.npy"
    array.write_bytes(b"one")

    def noted(**options):
        return explain_settings(asked({"model": str(model), **options}))["constant_inputs"]

    assert noted() is None
    first = noted(constant_inputs=(f"age={array}", "n=3"))
    assert first == {"age": f"sha256:{hashlib.sha256(b'one').hexdigest()}", "n": 3}
    array.write_bytes(b"two")
    assert noted(constant_inputs=(f"age={array}", "n=3")) != first


@pytest.mark.parametrize("options", [{"output": "head"}, {"constant_inputs": ("a=1",)}])
def test_named_model_has_one_input_and_one_output(options):
    with pytest.raises(UsageError, match="VGG16 has one input and one output"):
        ModelSettings(**options)
