"""What `explain` gives back: shows itself, draws and saves like the command."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import scorecam_cli
from scorecam_cli.api.shown import SIDE
from scorecam_cli.errors import ClassError, PhotoError, UsageError
from scorecam_cli.photos.manifest import read_manifest
from tests.loading import model_zoo

NAMES = ["cat", "<b>dog</b>\x1b[2J", "bird"]


@pytest.fixture(scope="module")
def rgb():
    return np.random.default_rng(0).integers(0, 256, (400, 600, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def classifier():
    return scorecam_cli.wrap(model_zoo.rescaling(), labels=NAMES)


@pytest.fixture(scope="module")
def found(rgb, classifier):
    return scorecam_cli.explain(rgb, classifier, classes=[2, 1])


def pictures(html):
    return [
        Image.open(io.BytesIO(base64.b64decode(each))) for each in re.findall(r"data:image/jpeg;base64,([^\"]+)", html)
    ]


def test_notebook_shows_photo_and_overlays_small_and_every_word_escaped(found):
    html = found._repr_html_()
    shown = pictures(html)
    assert [each.size for each in shown] == [(SIDE, round(SIDE * 400 / 600))] * 3
    assert len(html) < 3 * 100_000
    words = re.sub(r'src="[^"]*"', "", html)
    for expected in ("bird (2), probability", "&lt;b&gt;dog&lt;/b&gt;", "score-cam, article", "rescaling", found.layer):
        assert expected in words
    assert "<b>" not in words
    assert "\x1b" not in words


def test_overlay_in_a_notebook_is_the_overlay_made_smaller(found):
    shown = np.asarray(pictures(found._repr_html_())[1].convert("L"), np.float32)
    whole = np.asarray(found.overlay(2).resize((SIDE, round(SIDE * 400 / 600)), Image.Resampling.LANCZOS).convert("L"))
    assert np.abs(shown - whole).mean() < 6  # of 255: JPEG and another order of scaling


def test_text_fits_on_a_screen_and_holds_no_array(found):
    text = repr(found)
    assert len(text.splitlines()) <= 5
    assert "array" not in text
    assert "bird" in text
    assert f"{found.classes[0].score.probability:.3g}" in text
    assert "\x1b" not in text
    assert "array" not in repr(found.classes)


def test_many_classes_are_counted_and_not_all_shown(found):
    made = replace(found, classes=found.classes * 10)
    assert len(pictures(made._repr_html_())) == 9
    assert "and 12 more classes" in repr(made)


def test_pictures_are_of_the_class_asked_for_and_of_the_size_of_the_photo(rgb, found):
    for picture in (found.heatmap(), found.overlay("bird")):
        assert isinstance(picture, Image.Image)
        assert np.asarray(picture).shape == rgb.shape
        assert np.asarray(picture).dtype == np.uint8
    np.testing.assert_array_equal(found.heatmap(), found.heatmap("BIRD"))
    np.testing.assert_array_equal(found.heatmap(np.int64(1)), found.heatmap(NAMES[1]))
    assert not np.array_equal(found.heatmap(1), found.heatmap(2))
    np.testing.assert_array_equal(found.overlay(alpha=0), rgb)
    np.testing.assert_array_equal(found.overlay(alpha=1, colormap="jet"), found.heatmap(colormap="jet"))


def test_figure_is_the_panel_or_any_other_picture_that_can_be_saved(found):
    assert found.figure().size > (600, 400)
    assert found.figure(kind="pipeline").size != found.figure().size


def test_saved_files_are_those_of_the_command(rgb, tmp_path):
    from click.testing import CliRunner

    from scorecam_cli.cli.app import cli

    kinds = ("heatmap", "npy", "panel", "masked")
    photo, model = tmp_path / "dog.png", tmp_path / "m.keras"
    Image.fromarray(rgb).save(photo)
    model_zoo.rescaling().save(model)
    options = ["--model", str(model), "--class", "1", "--top", "2", "--save", ",".join(kinds)]
    done = CliRunner().invoke(cli, ["explain", str(photo), *options, "-o", str(tmp_path / "told"), "-q"])
    assert done.exit_code == 0, done.output
    made = scorecam_cli.explain(photo, str(model), classes=1, top=2)
    (tmp_path / "saved").mkdir()
    paths = made.save(tmp_path / "saved", kinds=kinds)
    assert sorted(path.name for path in paths) == sorted(path.name for path in (tmp_path / "told").iterdir())
    assert paths[-1].name == "dog.png.scorecam.json"
    for path in paths[:-1]:
        assert path.read_bytes() == (tmp_path / "told" / path.name).read_bytes(), path.name
    assert read_manifest(paths[-1]).classes == read_manifest(tmp_path / "told" / paths[-1].name).classes


@pytest.mark.parametrize(
    ("asked", "options"),
    [
        ({"model": "{}/m.keras"}, []),
        ({"model": "{}/m.keras", "classes": [1, 0], "passes": 4}, ["-c", "1", "-c", "0", "--passes", "4"]),
        ({"model": "{}/m.keras", "labels": "{}/names.txt", "classes": "dog"}, ["--labels", "{}/names.txt", "-c", "1"]),
        ({"model": "{}/m.keras", "method": "random", "seed": 3}, ["--method", "random", "--seed", "3"]),
        pytest.param(
            {"model": "{}/m.keras", "variant": "official", "fidelity": 0.5},
            ["--variant", "official", "--fidelity", "0.5"],
            marks=pytest.mark.slow,
        ),
        ({"model": "{}/m.keras", "variant": "fitted", "fill": "blur"}, ["--variant", "fitted", "--fill", "blur"]),
        pytest.param(
            {"model": "{}/m.keras", "method": "gradient", "seed": 7, "classes": [1], "top": 1},
            ["--method", "gradient", "-c", "1", "-k", "1"],
            marks=pytest.mark.slow,
        ),
    ],
    ids=str,
)
def test_command_finds_what_was_saved_up_to_date(rgb, tmp_path, asked, options):
    from click.testing import CliRunner

    from scorecam_cli.cli.app import cli

    photo = tmp_path / "dog.png"
    Image.fromarray(rgb).save(photo)
    model_zoo.rescaling().save(tmp_path / "m.keras")
    (tmp_path / "names.txt").write_text("cat\ndog\nbird\n")
    filled = {name: value.format(tmp_path) if isinstance(value, str) else value for name, value in asked.items()}
    scorecam_cli.explain(photo, **filled).save(kinds=("npy", "overlay"), colormap="jet", alpha=1)
    command = ["explain", str(photo), "--model", filled["model"], *(each.format(tmp_path) for each in options)]
    command += ["--save", "overlay,npy", "--colormap", "jet"]
    same, other = (CliRunner().invoke(cli, [*command, "--alpha", alpha]) for alpha in ("1", "0.9"))
    assert "[up to date]" in same.stderr, same.stderr
    assert "[up to date]" not in other.stderr


def test_photo_of_a_model_in_memory_is_never_up_to_date_for_the_command(rgb, tmp_path):
    from click.testing import CliRunner

    from scorecam_cli.cli.app import cli

    photo, model = tmp_path / "dog.png", model_zoo.rescaling()
    Image.fromarray(rgb).save(photo)
    model.save(tmp_path / "m.keras")
    scorecam_cli.explain(photo, model).save()
    done = CliRunner().invoke(cli, ["explain", str(photo), "--model", str(tmp_path / "m.keras")])
    assert "note: these replace the maps of rescaling, score-cam, article: model was rescaling" in done.stderr


def test_saved_where_it_is_said_or_next_to_the_photo(rgb, classifier, tmp_path):
    photo = tmp_path / "dog.png"
    Image.fromarray(rgb).save(photo)
    made = scorecam_cli.explain(photo, classifier, classes=2)
    assert made.save(kinds="npy")[0] == tmp_path / "dog.png.scorecam-2.npy"
    assert made.save(f"{tmp_path}/new/", kinds="npy")[0] == tmp_path / "new" / "dog.png.scorecam-2.npy"
    of_pixels = scorecam_cli.explain(rgb, classifier, classes=2, method="grad-cam")
    assert of_pixels.save(tmp_path / "cat", kinds=["npy"])[0] == tmp_path / "cat.grad-cam-2.npy"
    with pytest.raises(UsageError, match="came without a file; say where to save"):
        of_pixels.save()


def test_what_cannot_be_is_answered_with_a_sentence(rgb, classifier, found, tmp_path):
    for ask, error, sentence in (
        (lambda: found.overlay(0), ClassError, r"no map of class '0', only of bird \(2\)"),
        (lambda: found.overlay("brid"), ClassError, "nearest: bird"),
        (lambda: found.overlay(alpha=2), UsageError, "alpha 2: give a number"),
        (lambda: found.heatmap(colormap="turob"), UsageError, "turbo"),
        (lambda: found.figure(kind="npy"), UsageError, "the map itself and no picture"),
        (lambda: found.figure(kind="panle"), UsageError, "nearest: panel"),
        (lambda: found.save(tmp_path, kinds=[]), UsageError, "names nothing"),
        (lambda: found.save(tmp_path / "file" / "below" / "cat"), PhotoError, "a file stands where a folder should be"),
    ):
        (tmp_path / "file").touch()
        with pytest.raises(error, match=sentence):
            ask()
    of_gradients = scorecam_cli.explain(rgb, classifier, method="grad-cam")
    with pytest.raises(UsageError, match="grad-cam has none to show"):
        of_gradients.figure(kind="pipeline")
