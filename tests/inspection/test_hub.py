"""What a description may name of KerasHub: its image classifiers, nothing that reads, fetches or takes the machine."""

import copy
import json
from pathlib import Path

import keras
import pytest

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection import hub
from scorecam_cli.inspection.description import describe
from scorecam_cli.loading import own_models

PATH = Path("model.keras")


def part(module, name, config, registered=None):
    registered = f"keras_hub>{name}" if registered is None else registered
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def of(family, suffix, name, config):
    return part(f"keras_hub.src.models.{family}.{family}_{suffix}", name, config)


BACKBONE = {
    "image_shape": [32, 32, 3],
    "patch_size": 4,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 16,
    "mlp_dim": 32,
}
GOOD = of(
    "vit",
    "image_classifier",
    "ViTImageClassifier",
    {
        "backbone": of("vit", "backbone", "ViTBackbone", BACKBONE),
        "preprocessor": of(
            "vit",
            "image_classifier_preprocessor",
            "ViTImageClassifierPreprocessor",
            {"image_converter": of("vit", "image_converter", "ViTImageConverter", {"image_size": [32, 32]})},
        ),
        "num_classes": 3,
        "activation": "softmax",
    },
)
TOKENIZER = ("keras_hub.src.models.bert.bert_tokenizer", "BertTokenizer", {"vocabulary": "vocab"})
LOADER = "keras_hub.src.utils.preset_utils"


def refusal(described, *, imported=False):
    try:
        own_models.check_names(PATH, describe(json.dumps(described), "3.15.1", PATH), {}, imported=imported)
    except ModelError as error:
        return str(error)
    return ""


def changed(edit):
    described = copy.deepcopy(GOOD)
    edit(described["config"])
    return described


def as_preprocessor(value):
    return lambda config: config.update(preprocessor=value)


def with_setting(**settings):
    return lambda config: config["backbone"]["config"].update(settings)


def renamed(**names):
    return lambda config: config["backbone"].update(names)


FUNCTION = {"module": LOADER, "class_name": "function", "config": "get_file", "registered_name": "get_file"}
ATTACKS = {
    "a tokenizer, which reads its vocabulary": (as_preprocessor(part(*TOKENIZER)), "BertTokenizer"),
    "a tokenizer as a class of the user's own": (as_preprocessor(part(None, *TOKENIZER[1:])), "BertTokenizer"),
    "a tokenizer under its older name": (
        as_preprocessor(part(*TOKENIZER, "keras_nlp>BertTokenizer")),
        "BertTokenizer",
    ),
    "a loader of presets": (as_preprocessor(part(LOADER, "KerasPresetLoader", {"preset": "x"})), "KerasPresetLoader"),
    "a function that fetches": (with_setting(activation=FUNCTION), "get_file"),
    "another class behind an allowed one": (renamed(registered_name="keras_hub>BertTokenizer"), "ViTBackbone"),
    "an allowed class of another module": (renamed(module=LOADER), "ViTBackbone"),
    "another class of an allowed module": (
        renamed(class_name="resolve", registered_name="keras_hub>resolve"),
        "resolve",
    ),
    "an older format": (lambda config: config["backbone"].pop("module"), "ViTBackbone"),
    "another task": (
        lambda config: config.update(backbone=of("gemma", "causal_lm", "GemmaCausalLM", {})),
        "GemmaCausalLM",
    ),
    "a path": (with_setting(name="/etc/passwd"), "path"),
    "an address": (with_setting(preset="hf://user/model"), "path"),
    "layers without end": (with_setting(num_layers=10**6), "num_layers"),
    "stages without end": (with_setting(stackwise_num_repeats=[600, [600]]), "stackwise_num_repeats"),
    "layers wider than any": (with_setting(hidden_dim=2**40), "hidden_dim"),
    "a window as wide as a photo": (with_setting(window_size=1024), "window_size"),
    "a photo of any size": (with_setting(image_shape=[60_000, 60_000, 3]), "image_shape"),
    "a number that is none": (with_setting(mlp_dim=float("inf")), "mlp_dim"),
}


def test_an_image_classifier_of_keras_hub_is_taken():
    assert refusal(GOOD) == ""


@pytest.mark.parametrize(("edit", "word"), ATTACKS.values(), ids=ATTACKS)
def test_anything_else_of_it_is_refused(edit, word):
    said = refusal(changed(edit))
    assert word in said
    assert said.count("\n") == 0


def test_what_some_model_has_had_imported_is_not_the_users_own(monkeypatch):
    monkeypatch.setitem(keras.saving.get_custom_objects(), "keras_hub>BertTokenizer", object)
    described = changed(as_preprocessor(part(*TOKENIZER)))
    assert "BertTokenizer" in refusal(described)
    assert refusal(described, imported=True) == ""  # their own file imported it


def test_every_listed_class_is_where_keras_hub_has_it():
    pytest.importorskip("keras_hub")
    from importlib import import_module

    for module, name in hub.CLASSES.items():
        found = getattr(import_module(module), name)
        assert keras.saving.get_registered_name(found) == f"keras_hub>{name}"
