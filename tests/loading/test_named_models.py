"""The named models: complete, as Keras has them, and clear about weights that are not at hand."""

from __future__ import annotations

import dataclasses
import hashlib
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import requests
from keras.src.utils import file_utils

from scorecam_cli.errors import WeightsError
from scorecam_cli.loading.named_models import build_named
from scorecam_cli.models.catalogue import NamedModel, catalogue, named_model
from scorecam_cli.models.preparation import PREPARATIONS
from scorecam_cli.models.weights_sources import Download

OF_KERAS = [named for named in catalogue() if named.network is None]
SMALL = [named for named in OF_KERAS if named.parameters < 6_000_000 and named.name != "NASNetMobile"]  # 769 layers
LARGE = [named for named in OF_KERAS if named not in SMALL]


def build(named: NamedModel, *, weights: str = "imagenet", seed: int = 0, offline: bool = False) -> Any:
    return build_named(named, weights=weights, seed=seed, offline=offline)


# ---- what Keras says of each


def check_against_keras(named: NamedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Build it as for ImageNet; what Keras would download is noted instead, and nothing is loaded."""
    asked = []

    def note(fname: str, origin: str, cache_subdir: str = "datasets", file_hash: str | None = None) -> str:
        asked.append((fname, origin, cache_subdir, file_hash or ""))
        return "nothing"

    with monkeypatch.context() as patch:
        patch.setattr(file_utils, "get_file", note)
        patch.setattr(keras.Model, "load_weights", lambda *_: None)
        keras.backend.clear_session()  # numbers in layer names start anew
        build = getattr(keras.applications, named.name)
        model = build(weights="imagenet", input_shape=(named.size, named.size, 3), classifier_activation=None)
    assert asked == [(named.source.cache_name, named.source.url, "models", named.source.file_hash)]
    assert model.count_params() == named.parameters
    operations = {operation.name: operation for operation in model.operations}  # in ConvNeXt it is a bare `+`
    assert operations[named.layer].output.shape == (None, named.h, named.w, named.channels)


@pytest.mark.parametrize("named", SMALL, ids=lambda named: named.name)
def test_small_models_are_as_keras_builds_and_downloads_them(
    named: NamedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_against_keras(named, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("named", LARGE, ids=lambda named: named.name)
def test_large_models_are_as_keras_builds_and_downloads_them(
    named: NamedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_against_keras(named, monkeypatch)


@pytest.mark.parametrize("named", OF_KERAS, ids=lambda named: named.name)
def test_each_model_is_prepared_as_its_own_module_in_keras_does(named: NamedModel) -> None:
    module = sys.modules[getattr(keras.applications, named.name).__module__]
    rgb = np.random.default_rng(1).integers(0, 256, (4, 4, 3)).astype(np.float32)
    theirs = module.preprocess_input(rgb.copy(), data_format="channels_last")
    np.testing.assert_allclose(PREPARATIONS[named.preparation].scale(rgb), theirs, rtol=0, atol=1e-4)


# ---- random weights


def test_random_weights_are_those_of_their_seed_and_answer_with_logits() -> None:
    named = named_model("MobileNetV3Small")
    first, again, other = (build(named, weights="random", seed=seed) for seed in (1, 1, 2))
    kernels = [model.get_weights()[0] for model in (first, again, other)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])
    logits = np.asarray(first(np.random.default_rng(0).uniform(0, 255, (1, 224, 224, 3)).astype(np.float32)))
    assert first.input_shape == (None, 224, 224, 3)
    assert logits.shape == (1, 1000)
    assert logits.min() < 0  # no softmax


# ---- weights that are not at hand


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, for scorecam and for the Keras of this process, which has read KERAS_HOME long ago."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that anything tries to connect to; none is reached."""
    tried: list[Any] = []

    def refuse(self: socket.socket, address: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    def unresolved(host: Any, *_: Any, **__: Any) -> Any:
        tried.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    return tried


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def published_at(name: str, url: str, **facts: str) -> NamedModel:
    named = named_model(name)
    assert isinstance(named.source, Download)
    return dataclasses.replace(named, source=dataclasses.replace(named.source, url=url, **facts))


def unreachable(name: str) -> NamedModel:
    """A model whose weights are at a port of this machine where nobody listens."""
    return published_at(name, f"http://127.0.0.1:{closed_port()}/weights.h5")


def assert_one_sentence(message: str, *words: str) -> None:
    assert "\n" not in message
    assert ": put the file from " in message or "; delete it " in message  # what is wrong, then what to do
    assert "--model EfficientNetLite0" in message
    for word in words:
        assert word in message


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_failed_download_says_so_at_once_with_every_way_out(cache: Path, capfd: pytest.CaptureFixture[str]) -> None:
    named = unreachable("VGG16")
    begin = time.monotonic()
    with pytest.raises(WeightsError) as caught:
        build(named)
    assert time.monotonic() - begin < 10
    assert_one_sentence(str(caught.value), named.source.url, str(named.source.path), "Connection refused")
    assert str(named.source.path).startswith(str(cache))
    assert files(cache) == []
    said = capfd.readouterr()
    assert said.out == ""
    assert "Downloading" not in said.err  # no terminal, no progress
    assert keras.config.is_interactive_logging_enabled()


def test_a_server_that_does_not_have_the_file_is_quoted(cache: Path, serve: Callable[[bytes | None], str]) -> None:
    named = published_at("VGG16", serve(None))
    with pytest.raises(WeightsError) as caught:
        build(named)
    assert_one_sentence(str(caught.value), named.source.url, "Not Found")
    assert files(cache) == []


def test_a_download_with_the_wrong_digest_is_not_kept(cache: Path, serve: Callable[[bytes | None], str]) -> None:
    named = published_at("VGG16", serve(b"<html>Sign in</html>"))
    with pytest.raises(WeightsError) as caught:
        build(named)
    assert_one_sentence(str(caught.value), named.source.url, str(named.source.path), "hash")
    assert files(cache) == []


def test_offline_touches_no_network_and_says_so(cache: Path, no_network: list[Any]) -> None:
    named = named_model("VGG16")
    with pytest.raises(WeightsError) as caught:
        build(named, offline=True)
    assert no_network == []
    assert_one_sentence(str(caught.value), named.source.url, str(named.source.path), "--offline forbids the download")
    assert files(cache) == []


def test_offline_is_no_obstacle_where_nothing_is_downloaded(cache: Path, no_network: list[Any]) -> None:
    build(named_model("EfficientNetLite0"), offline=True)
    build(named_model("MobileNetV3Small"), weights="random", offline=True)
    assert no_network == []


# ---- weights that are damaged

CHECKED, UNCHECKED = "MobileNetV3Small", "MobileNetV2"  # by their hash in Keras, and not


def damaged(name: str) -> Path:
    path = named_model(name).source.path
    path.parent.mkdir(parents=True)
    path.write_text("The page you asked for has moved.\n")
    return path


def test_only_the_unchecked_model_has_no_digest() -> None:
    assert [named.name for named in OF_KERAS if not named.source.file_hash] == ["MobileNet", "MobileNetV2"]


@pytest.mark.parametrize("offline", [False, True])
def test_damaged_weights_that_keras_does_not_check_are_named(
    cache: Path, no_network: list[Any], capfd: pytest.CaptureFixture[str], offline: bool
) -> None:
    path = damaged(UNCHECKED)
    with pytest.raises(WeightsError) as caught:
        build(named_model(UNCHECKED), offline=offline)
    assert_one_sentence(str(caught.value), str(path), "cannot be read: the file is damaged", "; delete it ")
    assert no_network == []
    assert files(cache) == [path]
    assert capfd.readouterr().out == ""


def test_damaged_weights_that_keras_checks_are_not_downloaded_offline(cache: Path, no_network: list[Any]) -> None:
    path = damaged(CHECKED)
    with pytest.raises(WeightsError) as caught:
        build(named_model(CHECKED), offline=True)
    assert_one_sentence(str(caught.value), f"at {path} are damaged", "--offline forbids the download")
    assert no_network == []
    assert files(cache) == [path]


def test_damaged_weights_that_keras_checks_and_cannot_download_again_are_said_to_be_gone(
    cache: Path, no_network: list[Any], capfd: pytest.CaptureFixture[str]
) -> None:
    path = damaged(CHECKED)
    with pytest.raises(WeightsError) as caught:
        build(named_model(CHECKED))
    assert_one_sentence(
        str(caught.value), f"at {path} were damaged, so Keras removed them", named_model(CHECKED).source.url
    )
    assert no_network == ["storage.googleapis.com"]
    assert files(cache) == []
    assert capfd.readouterr().out == ""


# ---- weights that arrive


@pytest.fixture
def serve() -> Any:
    """A server on this machine; serves one body, or 404 for None, under any path."""
    import http.server
    import threading

    servers = []

    def start(body: bytes | None) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if body is not None else 404, "OK" if body is not None else "Not Found")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: Any) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/weights.h5"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_download_arrives_whole_under_its_name_and_is_not_repeated(
    cache: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capfd: pytest.CaptureFixture[str],
    serve: Callable[[bytes | None], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = build(named_model(UNCHECKED), weights="random", seed=5)
    saved = tmp_path_factory.mktemp("server") / "saved.weights.h5"
    # The layout of the files at Google: HDF5 of Keras 2, weights alone.
    import h5py
    from keras.src.legacy.saving import legacy_h5_format

    with h5py.File(saved, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, random)
    body = saved.read_bytes()
    named = published_at(UNCHECKED, serve(body), file_hash=hashlib.sha256(body).hexdigest())
    capfd.readouterr()
    first = build(named)
    assert files(cache) == [named.source.path]
    assert named.source.path.read_bytes() == body
    again = build(unreachable(UNCHECKED), offline=True)
    for model in (first, again):
        for ours, theirs in zip(model.get_weights(), random.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert capfd.readouterr().out == ""


def test_progress_does_not_go_to_stdout_even_on_a_terminal(
    cache: Path,
    capfd: pytest.CaptureFixture[str],
    serve: Callable[[bytes | None], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = published_at(UNCHECKED, serve(b"no weights" * 10_000))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with pytest.raises(WeightsError, match="cannot be read"):
        build(named)
    said = capfd.readouterr()
    assert said.out == ""
    assert "100%" in said.err  # of the 100 kB
    assert socket.getdefaulttimeout() is None


def test_a_download_that_is_interrupted_leaves_nothing(
    cache: Path, serve: Callable[[bytes | None], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminated(BaseException):
        """As a signal handler raises it."""

    def half(self: requests.Response, chunk_size: int) -> Iterator[bytes]:
        yield b"half"
        assert len(files(cache)) == 1  # it is being written
        raise Terminated

    monkeypatch.setattr(requests.Response, "iter_content", half)
    with pytest.raises(Terminated):
        build(published_at(UNCHECKED, serve(b"weights")))
    assert files(cache) == []
