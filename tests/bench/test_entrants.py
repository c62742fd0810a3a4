"""Who takes part, and what `make bench` installs for it."""

import importlib
import tomllib
from dataclasses import replace

import pytest

from tests.bench import speed
from tests.bench.entrants import ENTRANTS, KERAS, TORCH, Entrant
from tests.bench.speed import PHOTO, ROOT, bench, gpu_found

NEEDED = sorted({requirement for entrant in ENTRANTS.values() for _, requirement in entrant.needs})


@pytest.mark.parametrize("requirement", NEEDED)
def test_make_bench_installs_what_a_contestant_needs(requirement):
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    assert requirement in extras["bench"]


def test_every_map_has_a_floor_that_takes_part():
    assert {entrant.floor for entrant in ENTRANTS.values()} <= ENTRANTS.keys()


@pytest.mark.parametrize("module", [KERAS, TORCH])
def test_every_contestant_is_known_to_the_program_that_times_it(module):
    pytest.importorskip(
        "torch" if module == TORCH else "keras", reason="torch is not installed: make bench installs it"
    )

    timed = importlib.import_module(module).CONTESTANTS

    assert timed.keys() == {name for name, entrant in ENTRANTS.items() if entrant.module == module}


def test_a_contestant_whose_package_is_missing_is_left_out_and_is_no_failure(tmp_path, monkeypatch):
    missing = Entrant(needs=(("json", "json==1"), ("no_such_module", "no-such==2")))
    monkeypatch.setitem(ENTRANTS, "torch-cam", missing)
    monkeypatch.setattr(speed, "_run", lambda *arguments: pytest.fail(f"{arguments} was run"))

    (entry,) = bench(["VGG16"], contestants=["torch-cam"], rounds=1, photo=PHOTO, folder=tmp_path)

    assert (entry.missing, entry.failure, entry.runs) == ("no-such==2", "", [])
    assert replace(missing, needs=missing.needs[:1]).missing == []


def test_a_hidden_gpu_is_not_measured(monkeypatch):
    monkeypatch.setattr(speed.shutil, "which", lambda name: pytest.fail(f"{name} was asked"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")

    assert not gpu_found()


@pytest.mark.parametrize(
    ("prints", "found"), [("echo 'GPU 0: A (UUID: GPU-1)'", True), ("echo none", False), ("exit 9", False)]
)
def test_a_gpu_is_one_that_the_driver_lists(tmp_path, monkeypatch, prints, found):
    (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{prints}\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    assert gpu_found() is found
