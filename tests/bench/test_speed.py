"""The bench, with a model that takes no time: what it says is what happened."""

from pathlib import Path

import numpy as np
import pytest

from scorecam_cli import explain, wrap
from tests.bench.contest import PAPER
from tests.bench.entrants import ENTRANTS
from tests.bench.rows import GPU
from tests.bench.speed import PHOTO, bench, correlation, main

CHANNELS = 40  # one whole batch and a smaller one
RUNNABLE = [name for name, entrant in ENTRANTS.items() if not entrant.missing]


def tiny_model(path: Path):
    import keras

    keras.utils.set_random_seed(3)
    photo = keras.Input((32, 32, 3))
    x = keras.layers.Rescaling(1 / 255)(photo)
    x = keras.layers.Conv2D(CHANNELS, 5, strides=4, activation="elu", name="grid")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(photo, keras.layers.Dense(5, activation="softmax")(x))
    model.save(path)
    return model


@pytest.mark.slow
def test_every_contestant_is_timed_and_its_map_kept(tmp_path):
    model = tiny_model(tmp_path / "tiny.keras")

    entries = bench([str(tmp_path / "tiny.keras")], contestants=RUNNABLE, rounds=1, photo=PHOTO, folder=tmp_path)

    assert [entry.failure for entry in entries] == [""] * len(RUNNABLE)
    assert [(entry.model, entry.contestant) for entry in entries] == [("tiny.keras", name) for name in RUNNABLE]
    for entry in entries:
        (run,) = entry.runs
        assert run["passes"] == CHANNELS or (entry.contestant == "scorecam-0.99" and run["passes"] < CHANNELS)
        assert 0 < run["seconds"] < 30
        assert 50e6 < run["peak_bytes"] < 8e9
        assert len(entry.maps) == ("floor" not in entry.contestant)
    of = {entry.contestant: entry for entry in entries}
    expected = explain(PHOTO, wrap(model, preprocess="none")).classes[0].map
    np.testing.assert_allclose(np.load(of["scorecam"].maps[0]), expected, rtol=1e-4, atol=1e-6)
    assert of["scorecam-0.99"].correlation > 0.98
    for name in [name for name in of if ENTRANTS[name].variant == PAPER and of[name].maps]:  # the same masks and sum
        assert of[name].correlation > 0.999
    for name in {"tf-keras-vis"} & of.keys():
        assert np.load(of[name].maps[0]).shape == (32, 32)
        assert -1 <= of[name].correlation <= 1


@pytest.mark.slow
def test_a_contestant_that_sees_no_gpu_fails_where_one_is_to_be_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    tiny_model(tmp_path / "tiny.keras")
    names = [name for name in RUNNABLE if name.endswith("floor")]

    entries = bench(
        [str(tmp_path / "tiny.keras")], contestants=names, rounds=1, photo=PHOTO, folder=tmp_path, device=GPU
    )

    assert ["sees no GPU" in entry.failure for entry in entries] == [True] * len(names)
    assert [entry.failure.split()[0] for entry in entries] == ["TensorFlow", "torch"][: len(names)]


@pytest.mark.slow
def test_a_failure_is_in_the_table_and_in_the_exit_code(tmp_path, capsys):
    (tmp_path / "broken.keras").write_text("no model")

    code = main(["--models", str(tmp_path / "broken.keras"), "--contestants", "scorecam", "--rounds", "1"])

    printed = capsys.readouterr().out
    assert code == 1
    assert "| broken.keras | scorecam |  | failed: " in printed
    assert "tensorflow 2." in printed


def test_correlation_is_of_maps_of_one_size():
    rising = np.tile(np.arange(8, dtype=np.float32), (8, 1))
    assert correlation(rising, 5 - 2 * rising) == pytest.approx(-1)
    assert correlation(rising, rising.T) == pytest.approx(0)
    assert correlation(rising, rising[::2, ::2] * 3) == pytest.approx(1, abs=0.01)
    assert correlation(rising, np.zeros_like(rising)) is None


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--contestants", "nobody"], ["--contestants", ""]])
def test_nonsense_is_refused_before_anything_runs(arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
