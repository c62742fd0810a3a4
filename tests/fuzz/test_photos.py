"""A few of the damaged photos that `make fuzz` reads by the thousand, and that it would notice a fault."""

import pytest

from tests.fuzz import photos


@pytest.mark.parametrize("kind", photos.KINDS)
def test_damaged_files_are_photos_or_are_refused_in_a_sentence(kind, capsys):
    assert photos.run_kind(kind, range(60), seed=7) == 0
    figures = capsys.readouterr().out.splitlines()
    assert len(figures) == 1
    _, name, files, good, refused, faults, *_ = (cell.strip() for cell in figures[0].split("|"))
    assert (name, files, faults) == (kind, "60", "0")
    assert int(good) + int(refused) == 60
    assert int(refused) > 0


def test_a_number_makes_the_same_file_again_and_another_number_another():
    made = [photos.mutated("JPEG", number, 1) for number in range(50)]
    assert made == [photos.mutated("JPEG", number, 1) for number in range(50)]
    assert len(set(made)) > 45
    assert made != [photos.mutated("JPEG", number, 2) for number in range(50)]


def test_checksums_are_put_right():
    whole = photos.originals("PNG")[0]
    assert photos.with_right_checksums(whole) == whole
    damaged = bytearray(whole)
    damaged[16 + 3] ^= 4  # a bit of the width
    assert photos.outcome(bytes(damaged)) == "refused"
    mended = photos.with_right_checksums(bytes(damaged))
    assert mended[:29] == damaged[:29]
    assert mended[29:33] != damaged[29:33]


@pytest.mark.parametrize("raised", [ValueError("x"), KeyboardInterrupt()])
def test_anything_else_is_a_fault(monkeypatch, capsys, raised):
    def fail(data):
        raise raised

    monkeypatch.setattr(photos, "decode_photo", fail)
    assert photos.run_kind("PNG", range(3), seed=1) == 3
    assert f"PNG 2: {type(raised).__name__}" in capsys.readouterr().out


def test_the_whole_files_are_photos():
    for kind in photos.KINDS:
        for data in photos.originals(kind):
            assert photos.outcome(data) == "photo"
