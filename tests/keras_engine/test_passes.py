"""What runs a model: the passes of masks are compiled while the first photo is observed, and are the same for it."""

import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

import scorecam_cli
from scorecam_cli.errors import PhotoError
from tests.loading import model_zoo
from tests.saliency import tiny


@pytest.fixture
def classifier():
    """A network with batch normalisation, which is folded into its passes, but not into what observes a photo."""
    image = keras.Input((16, 16, 3))
    x = keras.layers.ReLU()(keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3, name="conv")(image)))
    x = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(x))
    found = scorecam_cli.wrap(model_zoo._weighted(keras.Model(image, x)), preprocess="none")
    found.passes._frozen = True
    return found


def answers(classifier):
    """Of the first masks of a photo."""
    photo = tiny.photo()
    activations = classifier.observe(photo).activations  # [h, w, K]
    return classifier.masked_answers(photo, activations.transpose(2, 0, 1)).answers.probabilities


def test_passes_compiled_ahead_are_the_same_and_traced_once_each(classifier):
    plain = answers(classifier)
    again = classifier.unfrozen()
    again.passes._frozen = True
    again.passes.compile_ahead("/CPU:0")
    np.testing.assert_array_equal(answers(again), plain)
    assert again.passes.answering.experimental_get_tracing_count() == 1
    assert again.passes.traced.experimental_get_tracing_count() == 1


def test_photos_and_their_masks_are_seen_by_the_same_weights_those_found_first(classifier):
    photo = tiny.photo()
    first = classifier.observe(photo).answers.probabilities
    masked = answers(classifier)
    for variable in classifier.model.trainable_variables:
        variable.assign(2 * variable)
    np.testing.assert_array_equal(classifier.observe(photo).answers.probabilities, first)
    np.testing.assert_array_equal(answers(classifier), masked)
    assert np.abs(np.asarray(classifier.model(photo[None])) - first).max() > 1e-3


def test_whoever_asks_first_waits_for_another_thread(classifier, monkeypatch):
    begun, may_end, threads = threading.Event(), threading.Event(), []
    compiling = classifier.passes._compile

    def slowly(device):
        begun.set()
        may_end.wait(10)
        threads.append(threading.current_thread())
        compiling(device)

    monkeypatch.setattr(classifier.passes, "_compile", slowly)
    classifier.passes.compile_ahead("/CPU:0")
    assert begun.wait(10)
    classifier.observe(tiny.photo())  # does not wait
    assert not threads
    threading.Timer(0.05, may_end.set).start()
    classifier.photo_answers(1, lambda _first, _last: tiny.photo()[None])
    assert [thread.name for thread in threads] == ["scorecam compiler"]
    assert not threads[0].is_alive()


def test_what_is_one_function_is_not_compiled_ahead(classifier):
    classifier.passes._frozen = False
    threads = threading.active_count()
    classifier.passes.compile_ahead("/CPU:0")
    assert threading.active_count() == threads


def test_what_goes_wrong_meanwhile_is_told_by_the_pass_that_is_asked_for(classifier, monkeypatch):
    def stop(images):
        raise tf.errors.InvalidArgumentError(None, None, "it stops")

    shown = []
    monkeypatch.setattr(threading, "excepthook", shown.append)
    monkeypatch.setitem(vars(classifier.passes), "answering", stop)
    classifier.passes.compile_ahead("/CPU:0")
    with pytest.raises(PhotoError, match="stops with InvalidArgumentError: it stops"):
        answers(classifier)
    assert not shown  # no traceback


def test_where_no_thread_is_to_be_had_passes_are_compiled_when_they_are_asked_for(classifier, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    classifier.passes.compile_ahead("/CPU:0")
    assert len(answers(classifier)) == 4
