"""What the user can ask for, before any of it is done."""

import pytest

from scorecam_cli.choices import Precision, Variant, chosen
from scorecam_cli.config import ModelSettings
from scorecam_cli.errors import UsageError


def test_word_becomes_the_choice_that_it_names_and_another_word_names_them_all():
    assert chosen(Variant, "paper", what="variant") is Variant.PAPER
    assert chosen(Precision, Precision.FLOAT16, what="precision") is Precision.FLOAT16
    with pytest.raises(UsageError, match="variant 'papers' is none of article, official, paper, centred, fitted"):
        chosen(Variant, "papers", what="variant")


@pytest.mark.parametrize("name", ["model.pt", "model.mlmodel", "exported", "VGG16"])
def test_path_that_exists_goes_before_a_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not ModelSettings(model=name).is_file
    (tmp_path / name).write_bytes(b"x")
    assert ModelSettings(model=name).is_file


def test_folder_is_a_model_only_where_one_lies_in_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "VGG16").mkdir()  # of results, say
    assert not ModelSettings(model="VGG16").is_file
    (tmp_path / "VGG16" / "saved_model.pb").write_bytes(b"x")
    assert ModelSettings(model="VGG16").is_file
