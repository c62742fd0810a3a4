"""The most probable classes of photos: those of the model, in order, and photos that fail alone."""

import threading
import time

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.config import ModelSettings, PhotoSettings, PredictConfig
from scorecam_cli.errors import ClassError
from scorecam_cli.outcomes import Failed
from scorecam_cli.runs import predict, under_way
from scorecam_cli.runs.request import PredictRequest
from scorecam_cli.runs.session import Session


def predicted(tiny, jobs, top=2):
    request = PredictRequest(config=PredictConfig(PhotoSettings(), ModelSettings(), top=top), labels=None)
    return list(predict.predict_photos(request, Session(request, time.perf_counter, loaded=tiny), jobs))


def test_classes_are_those_of_the_model_in_falling_order(tiny, jobs):
    for job, found in zip(jobs, predicted(tiny, jobs), strict=True):
        image = tiny.prepare(np.asarray(Image.open(job.photo)))
        probabilities = np.asarray(tiny.model(image[None])[0])
        order = np.argsort(-probabilities)[:2]
        assert (found.photo, found.model) == (job.photo, tiny.name)
        assert [score.label.index for score in found.classes] == order.tolist()
        assert [score.label.name for score in found.classes] == [["cup", "dog", "cat"][index] for index in order]
        assert [score.probability for score in found.classes] == pytest.approx(probabilities[order], rel=1e-5)


def test_more_classes_than_the_model_has_are_all_of_them(tiny, jobs):
    assert len(predicted(tiny, jobs[:1], top=9)[0].classes) == 3


def test_a_photo_that_cannot_be_read_or_held_fails_alone(tiny, jobs, monkeypatch):
    jobs[0].photo.write_bytes(b"no photo")
    real = under_way.read_photo

    def cramped(path, **options):
        if path == jobs[1].photo:
            raise MemoryError
        return real(path, **options)

    monkeypatch.setattr(under_way, "read_photo", cramped)
    first, second, third = predicted(tiny, jobs)
    assert isinstance(first, Failed)
    assert "not a photo" in first.reason
    assert isinstance(second, Failed)
    assert "not enough memory for this photo" in second.reason
    assert third.photo == jobs[2].photo


def test_the_next_photo_is_read_while_the_model_has_this_one(tiny, jobs, monkeypatch):
    read_last, real_read, real_about = threading.Event(), under_way.read_photo, predict.Question.about

    def read(path, **options):
        photo = real_read(path, **options)
        if path == jobs[1].photo:
            read_last.set()
        return photo

    def about(*arguments, **options):
        assert read_last.wait(5), "the second photo is not read while the first is computed"
        return real_about(*arguments, **options)

    monkeypatch.setattr(under_way, "read_photo", read)
    monkeypatch.setattr(predict.Question, "about", about)
    assert [found.photo for found in predicted(tiny, jobs)] == [job.photo for job in jobs]


def test_the_limits_of_the_request_hold_for_each_photo(tiny, jobs, monkeypatch):
    config = PredictConfig(PhotoSettings(max_pixels=20 * 24 - 1), ModelSettings())
    request = PredictRequest(config=config, labels=None)
    (failed,) = predict.predict_photos(request, Session(request, time.perf_counter, loaded=tiny), jobs[:1])
    assert "pixels" in failed.reason


def test_what_holds_for_every_photo_ends_the_run(tiny, jobs, monkeypatch):
    def unknown(*_, **__):
        raise ClassError("no such class")

    monkeypatch.setattr(predict.Question, "about", unknown)
    with pytest.raises(ClassError):
        predicted(tiny, jobs)
