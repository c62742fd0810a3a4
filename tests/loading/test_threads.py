"""How many threads compute: told to the libraries before a model is opened."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from threadpoolctl import threadpool_info, threadpool_limits

from scorecam_cli.black_box import child
from scorecam_cli.config import ModelSettings
from scorecam_cli.loading import outside, threads


@pytest.fixture(autouse=True)
def threads_of_the_tests(monkeypatch):
    """Both as before, whatever a test says."""
    for name in threads.VARIABLES:
        monkeypatch.setenv(name, os.environ.get(name, "2"))
    with threadpool_limits(2):
        yield


def in_use():
    return {pool["num_threads"] for pool in threadpool_info()}


def test_libraries_that_are_loaded_and_those_to_come_are_told():
    assert in_use() == {2}
    threads.limit_threads(1)
    assert in_use() == {1}
    assert {os.environ[name] for name in threads.VARIABLES} == {"1"}


@pytest.mark.parametrize(("asked", "told"), [(None, []), (3, [3, "opened"])])
def test_they_are_told_before_a_model_is_opened(asked, told, monkeypatch):
    heard = []

    def open_file(settings):
        heard.append("opened")
        raise InterruptedError

    monkeypatch.setattr(outside, "limit_threads", heard.append)
    monkeypatch.setattr(outside, "look_into", open_file)
    with pytest.raises(InterruptedError):
        outside.load_any(ModelSettings(threads=asked))
    assert heard == (told or ["opened"])


@pytest.mark.parametrize("said", ["3", "0", "", "many"])
def test_runtime_of_a_model_seen_from_outside_has_as_many_as_tensorflow_would(said, monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", said)
    assert child.threads() == (3 if said == "3" else len(os.sched_getaffinity(0)))


@pytest.mark.slow  # a network of the usual size, in a process of its own
def test_one_thread_keeps_a_run_to_one_core(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        Image.fromarray(rng.integers(0, 255, (960, 1280, 3), dtype=np.uint8)).save(tmp_path / name)
    model = ("-m", "MobileNetV2", "--weights", "random", "--threads", "1", "--save", "overlay,panel")
    command = [sys.executable, "-m", "scorecam_cli", "explain", str(tmp_path), *model, "--passes", "300", "-q"]
    free = {name: value for name, value in os.environ.items() if name not in threads.VARIABLES}
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2], env=free, stdout=subprocess.DEVNULL)
    wall, now = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime < 1.1 * wall
