"""`scorecam explain` from the outside: what it writes, prints, says and returns."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import scorecam_cli
from scorecam_cli.config import COLORMAP
from scorecam_cli.photos import draw
from scorecam_cli.runs import settings as run_settings
from tests.loading import model_zoo

COMMAND = [sys.executable, "-m", "scorecam_cli"]
SAMPLES = Path(__file__).parents[2] / "sample_images"


def test_writes_heatmap_overlay_and_manifest_next_to_the_photo(scorecam, photo, tiny_model):
    done = scorecam("explain", photo, "-m", tiny_model, "-c", 1)
    assert done.code == 0
    names = ["dog.png.scorecam-1-heatmap.png", "dog.png.scorecam-1-overlay.png", "dog.png.scorecam.json"]
    assert done.paths == [str(photo.parent / name) for name in names]
    assert {path.name for path in photo.parent.iterdir()} == {"dog.png", *names}
    for name in names[:2]:
        assert Image.open(photo.parent / name).size == (48, 32)
    assert "dog.png: class 1 (1)" in done.err


def test_outputs_agree_with_the_map_itself(scorecam, photo, tiny_model, tmp_path):
    done = scorecam(
        "explain", photo, "-m", tiny_model, "-c", 1, "--save", "npy,heatmap,overlay,panel", "-o", tmp_path / "maps"
    )
    folder = tmp_path / "maps"
    saliency = np.load(folder / "dog.png.scorecam-1.npy")
    in_memory = scorecam_cli.explain(photo, model_zoo.rescaling(), classes=1)
    np.testing.assert_allclose(saliency, in_memory.classes[0].map, rtol=1e-5)
    heat = np.asarray(Image.open(folder / "dog.png.scorecam-1-heatmap.png"))
    expected = draw.heatmap(saliency, width=48, height=32, colormap=COLORMAP)
    np.testing.assert_array_equal(heat, expected)
    overlay = np.asarray(Image.open(folder / "dog.png.scorecam-1-overlay.png"), np.float64)
    rgb = np.asarray(Image.open(photo), np.float64)
    np.testing.assert_allclose(overlay, 0.5 * rgb + 0.5 * heat, atol=1)
    panel = Image.open(folder / "dog.png.scorecam-1-panel.png")
    assert panel.width > 3 * panel.height / 2
    manifest = json.loads((folder / "dog.png.scorecam.json").read_text())
    entry = manifest["classes"][0]
    assert (entry["map_min"], entry["map_max"]) == (saliency.min(), saliency.max())
    assert done.code == 0


def test_manifest_has_every_name_that_scripts_read(scorecam, photo, tiny_model):
    done = scorecam("explain", photo, "-m", tiny_model, "-k", 2, "--json")
    manifest = json.loads(done.out)
    assert (manifest.pop("folder"), manifest.pop("status")) == (str(photo.parent), "explained")
    assert manifest == json.loads((photo.parent / "dog.png.scorecam.json").read_text())
    promised = {
        *("schema", "photo", "photo_sha256", "width", "height", "model", "weights", "layer", "method", "variant"),
        *("precision", "channels", "live_channels", "passes", "batch_size", "classes", "seconds", "warnings"),
        "versions",
    }
    assert promised <= set(manifest)
    assert manifest["schema"] == 1
    assert (manifest["width"], manifest["height"]) == (48, 32)
    assert manifest["layer"] == "conv_2"
    assert manifest["passes"] == manifest["live_channels"] <= manifest["channels"] == 6
    assert set(manifest["versions"]) == {"scorecam", "keras", "tensorflow"}
    assert set(manifest["seconds"]) == {"passes", "total"}
    first, second = manifest["classes"]
    assert first["probability"] >= second["probability"]
    for entry in (first, second):
        assert set(entry) == {
            *("index", "name", "wnid", "probability", "logit", "map_min", "map_max"),
            "compactness",
            *("against", "role"),
            *("certain", "doubts", "output"),
            *("estimated_correlation", "files"),
        }
        assert set(entry["files"]) == {"heatmap", "overlay"}
        assert all((photo.parent / name).is_file() for name in entry["files"].values())


def test_up_to_date_photo_is_skipped_and_its_paths_are_printed_all_the_same(scorecam, photo, tiny_model):
    first = scorecam("explain", photo, "-m", tiny_model)
    before = {path: path.stat().st_mtime_ns for path in photo.parent.iterdir()}
    second = scorecam("explain", photo, "-m", tiny_model)
    assert (second.code, second.out) == (0, first.out)
    assert "up to date" in second.err
    assert {path: path.stat().st_mtime_ns for path in photo.parent.iterdir()} == before


@pytest.mark.parametrize(
    "change", ["--force", "--alpha=0.3", "--class=2", "--variant=official", "--save=heatmap", "photo", "file gone"]
)
def test_changed_settings_photo_or_files_are_redone(scorecam, photo, tiny_model, change):
    first = scorecam("explain", photo, "-m", tiny_model, "-c", 1)
    options = [change] if change.startswith("--") else []
    if change == "photo":
        Image.open(photo).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(photo)
    if change == "file gone":
        Path(first.paths[0]).unlink()
    second = scorecam("explain", photo, "-m", tiny_model, "-c", 1, *options)
    assert second.code == 0
    assert "up to date" not in second.err
    assert all(Path(path).is_file() for path in second.paths)


def test_model_file_is_read_once_for_its_digest(scorecam, photo, tiny_model, monkeypatch):
    read = []
    real = run_settings.model_file_sha256
    monkeypatch.setattr(run_settings, "model_file_sha256", lambda path: (read.append(path), real(path))[1])
    scorecam("explain", photo, "-m", tiny_model)
    assert read == [tiny_model]


def test_what_makes_an_earlier_result_stale_is_named(scorecam, photo, tiny_model):
    options = ("explain", photo, "-m", tiny_model, "-c", 1, "--method", "random")
    first = scorecam(*options, "--seed", 1)
    assert "note:" not in first.err
    before = Path(first.paths[0]).read_bytes()
    second = scorecam(*options, "--seed", 2)
    assert f"these replace the maps of {tiny_model}, random: seed was 1, is 2" in second.err
    assert Path(first.paths[0]).read_bytes() != before
    Path(first.paths[0]).write_bytes(b"other")
    third = scorecam(*options, "--seed", 2, "-v")
    assert f"redone: {Path(first.paths[0]).name} has changed or is gone" in third.err


def test_each_method_and_variant_has_files_of_its_own(scorecam, photo, tiny_model):
    asked = {"scorecam": (), "scorecam-official": ("--variant", "official"), "grad-cam": ("--method", "grad-cam")}
    for mark, options in asked.items():
        done = scorecam("explain", photo.parent, "-m", tiny_model, "-c", 1, "--save", "npy", *options)
        assert done.paths == [f"{photo}.{mark}-1.npy", f"{photo}.{mark}.json"]
        assert "note: these replace" not in done.err
    for mark, options in asked.items():
        again = scorecam("explain", photo.parent, "-m", tiny_model, "-c", 1, "--save", "npy", *options)
        assert again.paths == [f"{photo}.{mark}-1.npy", f"{photo}.{mark}.json"]
        assert "up to date" in again.err
    assert len({Path(f"{photo}.{mark}-1.npy").read_bytes() for mark in asked}) == 3


def test_another_model_in_the_same_place_is_told(scorecam, photo, tiny_model, tmp_path):
    scorecam("explain", photo, "-m", tiny_model, "-c", 1)
    other = tmp_path / "other.keras"
    model_zoo.nested().save(other)
    done = scorecam("explain", photo, "-m", other, "--preprocess", "none", "-c", 1)
    assert f"note: these replace the maps of {tiny_model}, score-cam, article: model has changed" in done.err


def test_bad_photo_fails_alone_and_the_exit_code_says_so(scorecam, photo, tiny_model):
    (photo.parent / "text.jpg").write_text("no photo")
    (photo.parent / "empty.png").touch()
    done = scorecam("explain", photo.parent, photo.parent / "gone.jpg", "-m", tiny_model, "-c", 0)
    assert done.code == 1
    assert len(done.paths) == 3
    for name in ("text.jpg", "empty.png", "gone.jpg"):
        assert f"{photo.parent / name}: failed: " in done.err
    assert "1 photo done (0 were up to date), 3 failed" in done.err


def test_json_has_an_object_for_failed_photos_too(scorecam, photo, tiny_model):
    done = scorecam("explain", photo, photo.parent / "gone.jpg", "-m", tiny_model, "--json")
    objects = [json.loads(line) for line in done.out.splitlines()]
    assert {Path(each["photo"]).name: "error" in each for each in objects} == {"dog.png": False, "gone.jpg": True}
    assert [each["status"] for each in objects] == ["failed", "explained"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{folder}/nothing"], "failed"),
        (["{empty}"], "no photo"),
        (["{photo}", "-c", "7"], "class 7 does not exist"),
        (["{photo}", "-l", "conv_9"], "layer 'conv_9' does not exist"),
        (["{photo}", "--colormap", "turboo"], "turbo"),
        (["{photo}", "--save", "heatmap,gif"], "'gif' is none of heatmap"),
        (["{photo}", "-k", "4"], "top 4 is more than the 3 classes"),
        (["{photo}", "--weights", "random"], "leave out --weights"),
        (["{photo}", "--labels", "{photo}"], "not text in UTF-8"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_requests_are_answered_with_a_sentence(scorecam, photo, tiny_model, tmp_path, arguments, sentence):
    (tmp_path / "empty").mkdir()
    filled = [text.format(photo=photo, folder=tmp_path, empty=tmp_path / "empty") for text in arguments]
    done = scorecam("explain", *filled, "-m", tiny_model)
    assert done.code == (1 if sentence == "failed" else 2)
    assert sentence in done.err
    assert not done.out


def test_preparation_must_be_given_where_the_model_has_none(scorecam, photo, tmp_path):
    path = tmp_path / "plain.keras"
    model_zoo.functional().save(path)
    done = scorecam("explain", photo, "-m", path)
    assert done.code == 2
    for choice in ("caffe", "tf", "torch", "unit", "none", "--preprocess"):
        assert choice in done.err
    assert scorecam("explain", photo, "-m", path, "--preprocess", "unit").code == 0


def test_labels_file_names_the_classes(scorecam, photo, tiny_model, tmp_path):
    (tmp_path / "names.txt").write_text("cat\ndog\nbird\n")
    done = scorecam("explain", photo, "-m", tiny_model, "--labels", tmp_path / "names.txt", "-c", "Bird", "--json")
    assert json.loads(done.out)["classes"][0]["name"] == "bird"
    done = scorecam("explain", photo, "-m", tiny_model, "--labels", tmp_path / "names.txt", "-c", "brid")
    assert (done.code, "nearest: bird (2)" in done.err) == (2, True)


def model_files():
    """Every kind in both formats; a large one, and but for one those of the old format, are with the slow tests."""
    for build in model_zoo.MODELS:
        large = [pytest.mark.slow] if build is model_zoo.mobilenet_inside else []
        yield pytest.param(build, ".keras", id=f"{build.__name__}.keras", marks=large)
        if build not in model_zoo.SUBCLASSED:  # Keras writes no HDF5 of those
            marks = [] if build is model_zoo.functional else [pytest.mark.slow]
            yield pytest.param(build, ".h5", id=f"{build.__name__}.h5", marks=marks)


@pytest.mark.parametrize(("build", "suffix"), model_files())
def test_every_kind_of_model_file_explains_a_photo(scorecam, photo, tmp_path, build, suffix):
    path = tmp_path / f"{build.__name__}{suffix}"
    model = build()
    model.save(path)
    own = build.__name__ in ("nested", "mobilenet_inside", "rescaling", "normalization")
    preprocess = "none" if own else "unit"
    done = scorecam("explain", photo, "-m", path, "--preprocess", preprocess, "-c", 1, "--save", "npy", "--json")
    assert done.code == 0, done.err
    saliency = np.load(tmp_path / "dog.png.scorecam-1.npy")
    in_memory = scorecam_cli.explain(photo, model, preprocess=preprocess, classes=1).classes[0].map
    np.testing.assert_allclose(saliency, in_memory, atol=1e-5 * max(in_memory.max(), 1e-6))
    assert saliency.any()


def test_hostile_and_broken_model_files_end_with_exit_3_and_one_sentence(scorecam, photo, tmp_path):
    marker = tmp_path / "ran"
    whole = tmp_path / "whole.keras"
    model_zoo.functional().save(whole)
    files = [
        model_zoo.write_lambda_archive(tmp_path, marker),
        model_zoo.write_lambda_hdf5(tmp_path, marker),
        model_zoo.write_cut(whole, tmp_path, 0.6),
        model_zoo.write_text(tmp_path),
        model_zoo.write_weights(tmp_path),
        tmp_path / "missing.keras",
    ]
    for path in files:
        done = scorecam("explain", photo, "-m", path, "-q")
        assert (done.code, done.out) == (3, ""), path
        assert path.name in done.err
        assert len(done.err.strip().splitlines()) == 1, done.err
    assert not marker.exists()


EXIF_ORIENTATION = 0x0112
UNDO = {  # what must be done to upright pixels so that a viewer, following the tag, shows them upright again
    1: lambda x: x,
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.transpose(1, 0, 2),
    6: lambda x: x.transpose(1, 0, 2)[::-1],
    7: lambda x: x[::-1, ::-1].transpose(1, 0, 2),
    8: lambda x: x.transpose(1, 0, 2)[:, ::-1],
}


def test_same_overlay_comes_out_upright_for_all_eight_orientations(scorecam, photo, tiny_model):
    upright = np.asarray(Image.open(photo))
    overlays = []
    for orientation, undo in UNDO.items():
        path = photo.parent / f"turned{orientation}.png"
        exif = Image.Exif()
        exif[EXIF_ORIENTATION] = orientation
        Image.fromarray(np.ascontiguousarray(undo(upright))).save(path, exif=exif)
        done = scorecam("explain", path, "-m", tiny_model, "-c", 1)
        overlays.append(np.asarray(Image.open(done.paths[1])))
    assert overlays[0].shape == (32, 48, 3)
    for overlay in overlays[1:]:
        np.testing.assert_array_equal(overlay, overlays[0])


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4000, 40), (40, 4000)])
def test_extreme_shapes_come_out_in_their_own_size(scorecam, tmp_path, tiny_model, width, height):
    path = tmp_path / "odd.png"
    Image.effect_noise((width, height), 60).save(path)
    done = scorecam("explain", path, "-m", tiny_model, "-c", 1, "--save", "heatmap,overlay,panel")
    assert done.code == 0
    assert all(Image.open(name).size == (width, height) for name in done.paths[:2])


def test_photo_names_that_look_like_outputs_are_never_taken(scorecam, photo, tiny_model):
    first = scorecam("explain", photo.parent, "-m", tiny_model)
    again = scorecam("explain", photo.parent, *photo.parent.glob("*.png"), "-m", tiny_model, "--force")
    assert again.paths == first.paths


def test_files_from_standard_input(photo, tiny_model):
    done = subprocess.run(
        [*COMMAND, "explain", "--files-from", "-", "-m", tiny_model, "-c", "1"],
        input=f"{photo}\n",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].endswith("dog.png.scorecam-1-heatmap.png")
    assert "oneDNN" not in done.stderr  # TensorFlow's own chatter
    assert len(done.stderr.splitlines()) == 2  # loading, and the photo


def test_pipe_that_closes_early_ends_quietly(photo, tiny_model):
    for number in range(4):
        (photo.parent / f"more{number}.png").write_bytes(photo.read_bytes())
    script = f'"$0" -m scorecam_cli explain "{photo.parent}" -m "{tiny_model}" -q | head -1'
    done = subprocess.run(["bash", "-c", script, sys.executable], capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_signals_end_the_run_with_their_code_and_no_torn_file(photo, tiny_model, number, code):
    for count in range(3000):
        os.link(photo, photo.parent / f"more{count}.png")
    arguments = [*COMMAND, "explain", photo.parent, "-m", tiny_model, "-q"]
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    process.stdout.readline()  # the first photo is done
    process.send_signal(number)
    began = time.monotonic()
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert time.monotonic() - began < 5
    assert "Traceback" not in err
    assert not [path for path in photo.parent.iterdir() if "tmp" in path.name]
    for path in photo.parent.glob("*.png"):
        Image.open(path).load()


def test_weights_that_cannot_be_downloaded_are_told_with_url_cache_and_a_way_out(photo, tmp_path):
    environment = {**os.environ, "KERAS_HOME": str(tmp_path / "cache"), "https_proxy": "http://127.0.0.1:9"}
    began = time.monotonic()
    done = subprocess.run(
        [*COMMAND, "explain", photo, "--class", "242"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 3
    assert time.monotonic() - began < 20  # under 10 s on a machine that is not busy
    sentence = done.stderr.splitlines()[-1]
    assert "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/vgg16_weights" in sentence
    assert str(tmp_path / "cache" / "models" / "vgg16_weights_tf_dim_ordering_tf_kernels.h5") in sentence
    assert "--model EfficientNetLite0" in sentence
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_weights_files_of_both_layouts_give_the_map_of_the_model_in_memory(scorecam, tmp_path):
    import h5py
    import keras
    from keras.src.legacy.saving import legacy_h5_format

    keras.utils.set_random_seed(5)
    model = keras.applications.MobileNetV2(weights=None)
    new, old = tmp_path / "mobilenet.weights.h5", tmp_path / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels.h5"
    model.save_weights(new)
    with h5py.File(old, "w") as file:  # the layout of Keras's own downloads
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    expected = scorecam_cli.explain(SAMPLES / "coffee.jpg", model, preprocess="tf", classes=967).classes[0].map
    for weights in (new, old):
        done = scorecam(
            *("explain", SAMPLES / "coffee.jpg", "--model", "MobileNetV2", "--weights", weights, "-c", "espresso"),
            *("--save", "npy", "-o", tmp_path / weights.name.partition(".")[0]),
        )
        assert done.code == 0, done.err
        np.testing.assert_allclose(np.load(done.paths[0]), expected, atol=1e-5 * expected.max())


@pytest.mark.slow
def test_memory_of_vgg16_stays_under_two_and_a_half_gigabytes(tmp_path):
    program = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)\n"
    )
    command = [*COMMAND, "explain", SAMPLES / "coffee.jpg", "-m", "VGG16", "--weights", "random", "-c", "242"]
    command += ["--batch-size", "32", "-o", tmp_path]
    done = subprocess.run([sys.executable, "-c", program, *command], capture_output=True, text=True, check=True)
    peak = int(done.stdout.splitlines()[-1])
    print(f"peak resident memory {peak / 1e9:.2f} GB")
    assert peak < 2.5e9


def test_fewer_passes_are_told_with_their_estimate(scorecam, tmp_path):
    done = scorecam("explain", SAMPLES / "coffee.jpg", "-m", "EfficientNetLite0", "--fidelity", 0.95, "-o", tmp_path)
    assert done.code == 0
    assert re.search(r"espresso \(967\) 0\.\d+, estimated correlation 0\.9[5-9]\d+", done.err)
    manifest = json.loads((tmp_path / "coffee.jpg.scorecam.json").read_text())
    assert manifest["selection"] == "representatives"
    assert 16 <= manifest["passes"] < manifest["live_channels"]
    assert 0.95 <= manifest["classes"][0]["estimated_correlation"] < 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--passes", 32, "--fidelity", 0.9], "exclude each other"),
        (["--selection", "faster"], "needs --passes"),
        (["--passes", 0], "0 is not in the range"),
        (["--batch-size", "many"], "neither auto nor a whole number"),
        (["--precision", "float16"], "float16 needs a GPU"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_wrong_ways_to_be_fast_are_answered_with_a_sentence(scorecam, photo, tiny_model, options, sentence):
    done = scorecam("explain", photo, "-m", tiny_model, *options)
    assert done.code == 2
    assert sentence in done.err


@pytest.mark.slow
def test_batch_that_does_not_fit_into_the_address_space_is_halved_and_said_once(scorecam, tmp_path):
    photos = [tmp_path / "a.png", tmp_path / "b.png"]
    for number, path in enumerate(photos):
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (60, 80, 3), dtype=np.uint8)).save(path)
    program = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (6 * 10**9,) * 2)\n"
        "from scorecam_cli.cli.app import main\n"
        "main(sys.argv[1:])\n"
    )
    command = [
        "explain",
        *map(str, photos),
        "-m",
        "EfficientNetLite0",
        "--class",
        "3",
        "--passes",
        "24",
        "--save",
        "npy",
    ]
    run = [sys.executable, "-c", program, *command, "--batch-size", "512", "-o", str(tmp_path / "limited")]
    limited = subprocess.run(run, capture_output=True, text=True)
    assert limited.returncode == 0, limited.stderr
    assert limited.stderr.count("batches of 512 do not fit into the free memory") == 1
    free = scorecam(*command, "-o", tmp_path / "free")
    assert free.code == 0, free.err
    assert "do not fit" not in free.err
    for photo in photos:
        maps = [np.load(tmp_path / folder / f"{photo.name}.scorecam-3.npy") for folder in ("limited", "free")]
        np.testing.assert_allclose(maps[0], maps[1], rtol=1e-3, atol=1e-5 * maps[1].max())


def test_manifest_names_the_most_probable_classes_beside_those_explained(scorecam, photo, tiny_model):
    done = scorecam("explain", photo, "-m", tiny_model, "-c", "2", "--json")
    found = json.loads(done.out)
    told = scorecam("predict", photo, "-m", tiny_model, "--json")
    assert [entry["index"] for entry in found["classes"]] == [2]
    assert len(found["predictions"]) == 3
    for one, other in zip(found["predictions"], json.loads(told.out)["classes"], strict=True):
        assert one["index"] == other["index"]
        assert one["probability"] == pytest.approx(other["probability"], rel=1e-5)
