"""The model of a run is loaded when it is first wanted, and once; whoever watches is told before, and of its doubts."""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import pytest

from scorecam_cli.config import ExplainConfig, ModelSettings, PhotoSettings
from scorecam_cli.loading import load as loading
from scorecam_cli.loading import outside
from scorecam_cli.models.labels import numbered_labels
from scorecam_cli.runs.request import ExplainRequest
from scorecam_cli.runs.session import Nobody, Session


@pytest.fixture
def request_of_lite():
    config = ExplainConfig(PhotoSettings(), ModelSettings(model="efficientnetlite0"))
    return ExplainRequest(config=config, labels=numbered_labels(1000), settings={})


def test_the_model_is_loaded_once_with_the_labels_of_the_request(request_of_lite, monkeypatch):
    seen = mock.Mock()
    monkeypatch.setattr(loading, "load_classifier", seen.load)
    seen.load.return_value.doubts, seen.load.return_value.has_attention = ("the weights are random",), False
    session = Session(request_of_lite, lambda: 0.0, seen.watcher)
    assert not seen.mock_calls
    assert session.classifier is session.classifier is seen.load.return_value
    model = request_of_lite.config.model
    assert seen.mock_calls == [
        mock.call.watcher.model_loading("EfficientNetLite0"),
        mock.call.load(model, None, labels=request_of_lite.labels),
        mock.call.watcher.model_doubted(("the weights are random",)),
    ]


def test_of_a_model_with_attention_a_better_variant_is_named(request_of_lite, monkeypatch):
    loaded = mock.Mock(doubts=(), has_attention=True)
    monkeypatch.setattr(loading, "load_classifier", lambda *arguments, **options: loaded)
    for settings, said in (({}, 1), ({"variant": "fitted"}, 0), ({"method": "grad-cam"}, 0)):
        watcher = mock.Mock()
        config = replace(request_of_lite.config, **settings)
        assert Session(replace(request_of_lite, config=config), lambda: 0.0, watcher).classifier is loaded
        assert watcher.advised.call_count == said
        assert all("--variant fitted" in call.args[0] for call in watcher.advised.mock_calls)


@pytest.mark.parametrize(
    ("method", "precision", "threads", "times"),
    [
        *(("score-cam", "float32", None, 1), ("rise", "float32", 2, 1)),
        *(("score-cam", "bfloat16", None, 0), ("grad-cam", "float32", None, 0), ("score-cam", "float32", 1, 0)),
    ],
)
def test_passes_of_masks_are_compiled_as_soon_as_the_model_is_loaded(
    method, precision, threads, times, request_of_lite, monkeypatch
):
    loaded = mock.Mock(doubts=(), has_attention=False, has_layers=True, device="/CPU:0", precision=precision)
    monkeypatch.setattr(loading, "load_classifier", lambda *arguments, **options: loaded)
    monkeypatch.setattr(outside, "limit_threads", lambda count: None)
    model = replace(request_of_lite.config.model, threads=threads)
    config = replace(request_of_lite.config, method=method, model=model)
    assert Session(replace(request_of_lite, config=config), lambda: 0.0).classifier is loaded
    assert loaded.passes.compile_ahead.mock_calls == [mock.call("/CPU:0")] * times


def test_a_model_in_memory_is_not_loaded(request_of_lite, monkeypatch):
    monkeypatch.setattr(loading, "load_classifier", lambda *arguments, **options: pytest.fail("loaded"))
    loaded = object()
    assert Session(request_of_lite, lambda: 0.0, loaded=loaded).classifier is loaded


def test_a_session_that_nobody_watches_needs_no_watcher(request_of_lite):
    watcher = Session(request_of_lite, lambda: 0.0).watcher
    assert isinstance(watcher, Nobody)
    watcher.model_loading("EfficientNetLite0")
    watcher.model_doubted(("nothing",))
    watcher.advised("nothing")
    watcher.passes_planned("dog.jpg", 8)
    watcher.passes_done(8)
