"""Number formats, automatic batches, memory that runs out, folded weights."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import psutil
import pytest
import tensorflow as tf
from PIL import Image

import scorecam_cli
from scorecam_cli.choices import Precision
from scorecam_cli.config import ModelSettings
from scorecam_cli.errors import PhotoError, UsageError
from scorecam_cli.keras_engine import batches, hardware
from scorecam_cli.keras_engine.hardware import CPU_BFLOAT16, check_precision
from scorecam_cli.loading.load import load_classifier
from tests.loading import model_zoo

SAMPLES = Path(__file__).parents[2] / "sample_images"
PASSES = 24  # of about 640: the same masks whatever the number format


@pytest.fixture(scope="module")
def rgb():
    return np.asarray(Image.open(SAMPLES / "chelsea.jpg"))


def map_by(rgb, precision="float32", frozen=True):
    """The map of the real network, loaded anew, in a number format; with weights folded into its passes or not."""
    classifier = load_classifier(ModelSettings(model="EfficientNetLite0", precision=precision))
    classifier = classifier if frozen else classifier.unfrozen()
    found = scorecam_cli.explain(rgb, classifier, classes=285, passes=PASSES)
    assert found.precision == precision
    assert classifier.passes.folded == frozen
    return found.classes[0].map


@pytest.fixture(scope="module")
def plain_map(rgb):
    return map_by(rgb)


def test_formats_that_the_hardware_lacks_are_refused_with_a_sentence(monkeypatch):
    with pytest.raises(UsageError, match="float16 needs a GPU"):
        check_precision(Precision.FLOAT16, device="/CPU:0")
    with pytest.raises(UsageError, match="on a GPU use float16"):
        check_precision(Precision.BFLOAT16, device="/GPU:0")
    monkeypatch.setattr(hardware, "cpu_features", lambda: frozenset({"avx2"}))
    with pytest.raises(UsageError, match="AVX512-BF16 or AMX"):
        check_precision(Precision.BFLOAT16, device="/CPU:0")
    check_precision(Precision.FLOAT32, device="/CPU:0")


@pytest.mark.slow
@pytest.mark.skipif(not CPU_BFLOAT16 & hardware.cpu_features(), reason="this CPU has no bfloat16")
def test_map_in_bfloat16_is_nearly_that_in_float32_but_not_the_same(rgb, request):
    rounded = map_by(rgb, "bfloat16")
    plain = request.getfixturevalue("plain_map")  # made after it: the format of one classifier does not reach the next
    assert np.corrcoef(plain.ravel(), rounded.ravel())[0, 1] > 0.999
    assert (plain != rounded).any()


def test_folded_weights_give_the_same_map(rgb, plain_map):
    unfolded = map_by(rgb, frozen=False)
    assert np.abs(unfolded - plain_map).max() <= 1e-5 * unfolded.max()


def test_weights_of_a_model_in_memory_are_never_folded_for_they_may_change(rgb):
    model = model_zoo.batch_norm()
    classifier = scorecam_cli.wrap(model, preprocess="unit")
    before = scorecam_cli.explain(rgb, classifier, classes=0).classes[0].score.probability
    model.get_layer("head").set_weights([-value for value in model.get_layer("head").get_weights()])
    after = scorecam_cli.explain(rgb, classifier, classes=0)
    assert after.classes[0].score.probability != before
    fresh = scorecam_cli.explain(rgb, scorecam_cli.wrap(model, preprocess="unit"), classes=0)
    np.testing.assert_array_equal(after.classes[0].map, fresh.classes[0].map)


OUT_OF_MEMORY = [
    tf.errors.ResourceExhaustedError(None, None, "full"),
    pytest.param(
        tf.errors.AbortedError(None, None, "could not create a primitive"),  # oneDNN's
        marks=pytest.mark.slow,
    ),
    pytest.param(MemoryError(), marks=pytest.mark.slow),
]


@pytest.mark.parametrize("error", OUT_OF_MEMORY)
def test_batch_is_halved_until_it_fits_and_stays_so(rgb, error):
    classifier = scorecam_cli.wrap(model_zoo.mobilenet_inside())
    expected = scorecam_cli.explain(rgb, classifier)
    run, sizes = classifier.passes.masked, []

    def cramped(image, grids, first, last):
        sizes.append(int(last - first))
        if sizes[-1] > 8:
            raise error
        return run(image, grids, first, last)

    classifier.passes.__dict__["masked"] = cramped
    found = scorecam_cli.explain(rgb, classifier, batch_size=32)
    assert sizes[:3] == [32, 16, 8]
    assert max(sizes[2:]) == 8
    assert found.batch_size == 8
    np.testing.assert_allclose(found.classes[0].map, expected.classes[0].map, rtol=1e-4, atol=1e-5)
    sizes.clear()
    scorecam_cli.explain(rgb, classifier, batch_size=32)
    assert max(sizes) == 8


def test_memory_that_cannot_hold_one_mask_fails_the_photo(rgb):
    classifier = scorecam_cli.wrap(model_zoo.rescaling())

    def full(*_):
        raise MemoryError

    classifier.passes.__dict__["masked"] = full
    with pytest.raises(PhotoError, match="one mask at a time"):
        scorecam_cli.explain(rgb, classifier)


@pytest.mark.parametrize(("free", "batch"), [(2**40, 32), (0, 1)])
def test_automatic_batch_follows_the_free_memory(monkeypatch, free, batch):
    monkeypatch.setattr(batches, "free_memory", lambda: free)
    classifier = scorecam_cli.wrap(model_zoo.open_size(), preprocess="unit", input_size=(224, 224))
    assert classifier.batch_for(None) == batch
    assert classifier.batch_for(7) == min(7, batch)


def test_layer_that_stops_fails_the_photo_in_one_sentence(rgb):
    classifier = scorecam_cli.wrap(model_zoo.rescaling())

    def stopping(*_):
        raise tf.errors.InvalidArgumentError(None, None, "\n  Incompatible shapes\n a trace")

    for stage in ("masked", "observe"):
        classifier.passes.__dict__[stage] = stopping
        with pytest.raises(PhotoError, match=r"stops with InvalidArgumentError: Incompatible shapes$"):
            scorecam_cli.explain(rgb, classifier)


def test_depthwise_convolutions_stay_in_float32_where_the_rest_is_in_bfloat16(monkeypatch):
    for name in hardware._KEPT:
        monkeypatch.delenv(name, raising=False)
    with hardware.computing_in(Precision.FLOAT32):
        assert not set(hardware._KEPT) & set(os.environ)
    with hardware.computing_in(Precision.BFLOAT16):
        assert all(os.environ[name] == "DepthwiseConv2dNative" for name in hardware._KEPT)


@pytest.mark.slow
@pytest.mark.skipif(not CPU_BFLOAT16 & hardware.cpu_features(), reason="this CPU has no bfloat16")
def test_every_map_in_bfloat16_is_that_in_float32_to_three_nines():
    spec = importlib.util.find_spec("foolbox")
    if spec is None or spec.origin is None:
        pytest.skip("foolbox, whose 20 photos of ImageNet are used, is not installed")
    photos = sorted((Path(spec.origin).parent / "data").glob("imagenet_*.jpg"))
    assert len(photos) == 20
    classifiers = [
        load_classifier(ModelSettings(model="EfficientNetLite0", precision=each)) for each in ("float32", "bfloat16")
    ]
    for photo in photos:
        label = int(photo.stem.split("_")[-1])
        one, other = (scorecam_cli.explain(photo, each, classes=label).classes[0].map for each in classifiers)
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] >= 0.999, photo.name


def test_what_is_left_of_a_photo_goes_in_batches_of_few_sizes():
    classifier = scorecam_cli.wrap(model_zoo.mobilenet_inside())
    sizes = [
        last - first
        for count in range(1, 60)
        for first, last in classifier.batches.run(count, lambda first, last: (first, last), batch_size=12)
    ]
    assert set(sizes) == {12, 8, 4, 2, 1}
    for count in (1, 11, 12, 31):
        parts = classifier.batches.run(count, lambda first, last: range(first, last), batch_size=12)
        assert [number for part in parts for number in part] == list(range(count))


def test_free_memory_is_that_of_the_system_within_the_limit_of_the_process(monkeypatch):
    free = hardware.free_memory()
    assert 2**20 < free <= psutil.virtual_memory().total
    used = psutil.Process().memory_info().vms
    monkeypatch.setattr(psutil.Process, "rlimit", lambda self, name: (used + 2**30, used + 2**30))
    assert hardware.free_memory() == pytest.approx(2**30, abs=2**28)
