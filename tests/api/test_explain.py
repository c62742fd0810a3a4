"""The Python API: what is promised to people who import it."""

import keras
import numpy as np
import pytest
from PIL import Image

import scorecam_cli
from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.loading import outside
from tests.loading import model_zoo


@pytest.fixture(scope="module")
def rgb():
    return np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def test_explains_a_photo_of_an_array_or_a_file_the_same(rgb, tmp_path):
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    classifier = scorecam_cli.wrap(model_zoo.rescaling())
    of_array = scorecam_cli.explain(rgb, classifier)
    of_file = scorecam_cli.explain(tmp_path / "photo.png", classifier)
    np.testing.assert_array_equal(of_array.classes[0].map, of_file.classes[0].map)
    assert isinstance(of_array, scorecam_cli.Explanation)
    assert of_array.classes[0].map.dtype == np.float32


def test_a_class_is_set_against_another_and_saved_under_both(rgb, tmp_path):
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    classifier = scorecam_cli.wrap(model_zoo.rescaling())
    made = scorecam_cli.explain(tmp_path / "photo.png", classifier, classes=1, against=np.int64(2), variant="centred")
    (found,) = made.classes
    assert (found.score.label.index, found.against.label.index) == (1, 2)
    assert found.name in repr(made)
    assert {path.name for path in made.save()} >= {"photo.png.scorecam-centred-against-1-2-overlay.png"}
    with pytest.raises(UsageError, match=r"^against 1 is"):
        scorecam_cli.explain(rgb, classifier, classes=1, against=1)
    with pytest.raises(UsageError, match="give an index"):
        scorecam_cli.explain(rgb, classifier, against=[1, 2])


def test_list_of_photos_gives_a_list(rgb, tmp_path):
    Image.fromarray(rgb[:20]).save(tmp_path / "half.png")
    classifier = scorecam_cli.wrap(model_zoo.rescaling())
    both = scorecam_cli.explain([rgb, tmp_path / "half.png"], classifier, classes=1)
    assert isinstance(both, list)
    for photo, made in zip((rgb, rgb[:20]), both, strict=True):
        np.testing.assert_array_equal(
            made.classes[0].map, scorecam_cli.explain(photo, classifier, classes=1).classes[0].map
        )


def test_model_may_be_a_path_or_a_name(rgb, tmp_path):
    model = model_zoo.rescaling()
    model.save(tmp_path / "own.keras")
    (tmp_path / "names.txt").write_text("cat\ndog\nbird\n")
    in_memory = scorecam_cli.explain(rgb, model, classes=2)
    of_file = scorecam_cli.explain(rgb, tmp_path / "own.keras", labels=tmp_path / "names.txt", classes="bird")
    np.testing.assert_allclose(of_file.classes[0].map, in_memory.classes[0].map, rtol=1e-5)
    named = scorecam_cli.wrap("efficientnetlite0", layer="block6a_expand_activation")
    assert (named.name, named.layer, named.size) == ("EfficientNetLite0", "block6a_expand_activation", (224, 224))
    with pytest.raises(UsageError, match="give the path of a file"):
        scorecam_cli.wrap("EfficientNetLite0", labels=["cat"])
    with pytest.raises(UsageError, match="give a list of names"):
        scorecam_cli.wrap(model, labels=tmp_path / "names.txt")


def test_classes_may_be_numbers_and_arrays_of_numpy(rgb):
    classifier = scorecam_cli.wrap(model_zoo.rescaling())
    for classes, indices in (
        (np.int64(2), [2]),
        (np.array([2, 0]), [2, 0]),
        ((np.uint8(1), 0), [1, 0]),
        (np.argsort([3, 1, 2]), [1, 2, 0]),
    ):
        made = scorecam_cli.explain(rgb, classifier, classes=classes)
        assert [each.score.label.index for each in made.classes] == indices


def test_every_method_is_at_hand_and_refuses_what_is_not_its_own(rgb):
    model = model_zoo.rescaling()
    made = scorecam_cli.explain(rgb, model, method="Grad-CAM", classes=[0, 1])
    assert (made.method, made.passes, made.variant) == ("grad-cam", 2, None)
    assert scorecam_cli.explain(rgb, model, variant="official").variant == "official"
    for settings, sentence in (
        ({"method": "gradcam"}, "nearest: grad-cam"),
        ({"method": "rise", "variant": "paper"}, "of score-cam alone"),
        ({"passes": 3}, "needs at least 4"),
        ({"passes": 8, "fidelity": 0.9}, "exclude each other"),
    ):
        with pytest.raises(UsageError, match=sentence):
            scorecam_cli.explain(rgb, model, **settings)


def test_classes_are_chosen_by_index_name_or_number_of_most_probable(rgb):
    classifier = scorecam_cli.wrap(model_zoo.rescaling(), labels=["cat", "dog", "bird"])
    names = [found.score.label.name for found in scorecam_cli.explain(rgb, classifier, classes=["bird", 0]).classes]
    assert names == ["bird", "cat"]
    probabilities = [found.score.probability for found in scorecam_cli.explain(rgb, classifier, top=3).classes]
    assert probabilities == sorted(probabilities, reverse=True)
    assert scorecam_cli.explain(rgb, classifier).classes[0].score.probability == probabilities[0]


def test_what_is_said_of_trust_and_chance_reaches_whoever_loads_the_model(rgb, monkeypatch, tmp_path):
    asked, tiny = [], scorecam_cli.wrap(model_zoo.rescaling())
    monkeypatch.setattr(outside, "load_any", lambda settings, **_: asked.append(settings) or tiny)
    (tmp_path / "m.keras").write_bytes(b"a model")
    scorecam_cli.wrap(tmp_path / "m.keras", unsafe=True)
    scorecam_cli.wrap("VGG16", weights="random", seed=5)
    made = scorecam_cli.explain(rgb, "VGG16", weights="random", seed=7, classes=0)
    assert [(each.unsafe, each.seed) for each in asked] == [(True, 0), (False, 5), (False, 7)]
    assert (made.settings["weights"], made.settings["seed"]) == ("random", 7)
    drawn_before = scorecam_cli.wrap("VGG16", weights="random", seed=5)
    made = scorecam_cli.explain(rgb, drawn_before, seed=7, classes=0)
    assert made.settings["weights"] == "random (seed 5)"
    for settings, sentence in (
        ({"model": "VGG16", "unsafe": True}, "^unsafe is for a model file of your own"),
        ({"model": model_zoo.rescaling(), "unsafe": True}, "is there already"),
        ({"model": "VGG16", "seed": -1}, "seed -1"),
    ):
        with pytest.raises(UsageError, match=sentence):
            scorecam_cli.wrap(**settings)


def test_wrong_arguments_are_answered_with_a_sentence(rgb):
    model = model_zoo.rescaling()
    for settings, sentence in (
        ({"preprocess": "vgg"}, "'vgg' is none of"),
        ({"variant": "new"}, "'new' is none of"),
        ({"labels": ["one"]}, "names 1 classes and rescaling has 3"),
        ({"classes": 3}, "class 3 does not exist; rescaling has classes 0-2"),
        ({"batch_size": 0}, "at least 1"),
    ):
        with pytest.raises(UsageError, match=sentence):
            scorecam_cli.explain(rgb, model, **settings)
    with pytest.raises(UsageError, match="give these to wrap"):
        scorecam_cli.explain(rgb, scorecam_cli.wrap(model), layer="conv_1")
    with pytest.raises(PhotoError, match=r"float64 \[4, 4, 3\]"):
        scorecam_cli.explain(np.zeros((4, 4, 3)), model)


def test_backbone_called_inside_a_model_needs_nothing_special(rgb):
    found = scorecam_cli.explain(rgb, model_zoo.nested(), layer="backbone/relu_1")
    assert found.layer == "backbone/relu_1"
    assert found.classes[0].map.any()


def test_model_is_usable_and_trainable_afterwards(rgb):
    model = model_zoo.functional()
    before = [value.copy() for value in model.get_weights()]
    scorecam_cli.explain(rgb, model, preprocess="unit")
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    model.compile("sgd", "categorical_crossentropy")
    model.fit(np.zeros((2, 16, 16, 3), np.float32), keras.utils.to_categorical([0, 1], 3), verbose=0)
