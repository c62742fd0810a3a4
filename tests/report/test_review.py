"""What a page exports, read again: as it was, or refused in a sentence."""

import json
import random

import pytest

from scorecam_cli.errors import UsageError
from scorecam_cli.report.review import NO_REVIEW, Remark, read_review
from tests.report import hostile

A, B = "a" * 64, "0123456789abcdef" * 4
NOON, LATER = "2026-03-01T12:00:00.000Z", "2026-03-01T12:00:00.001Z"


def exported(path, *photos, **changes):
    path.write_text(json.dumps({"schema": 1, "photos": photos, **changes}))
    return path


def table(path, *lines):
    path.write_text("sha256,name,flagged,label,note,changed\r\n" + "".join(f"{line}\r\n" for line in lines), "utf-8")
    return path


def test_json_and_csv_say_the_same(tmp_path):
    wanted = {A: Remark(A, "a b.png", True, "wrong-reason", 'the "leash",\nnot the dog', NOON), B: Remark(B, "b.png")}
    whole = [each.__dict__ for each in wanted.values()]
    found = read_review(exported(tmp_path / "n.json", *whole))
    rows = (f'{A},a b.png,yes,wrong-reason,"the ""leash"",\nnot the dog",{NOON}', f"{B},b.png,,,,")
    assert found.remarks == read_review(table(tmp_path / "n.csv", *rows)).remarks == wanted
    assert found.json_values() == {"schema": 1, "photos": whole}


def test_table_is_read_as_spreadsheets_save_it(tmp_path):
    path = tmp_path / "n.csv"
    path.write_bytes(f"\ufeffsha256;Label;flagged;other\n{A.upper()};Wrong;TRUE;1\n{B};;0\n;;;\n".encode())
    assert read_review(path).remarks == {A: Remark(A, flagged=True, label="wrong"), B: Remark(B)}


@pytest.mark.parametrize("note", ["=1+1", "+1", "-1", "@x", "\t=1", "'=1", "''@", " =1", "\uff1d1", "'tis", "-"])
def test_quote_that_keeps_a_spreadsheet_from_computing_is_taken_off_and_no_other(tmp_path, note):
    guarded = note if note == "'tis" else f"'{note}"
    (found,) = read_review(table(tmp_path / "n.csv", f'{A},,,,"{guarded}",')).remarks.values()
    assert found.note == note


def test_newer_of_two_remarks_on_a_photo_counts_and_of_two_as_old_the_later(tmp_path):
    notes = [("one", NOON), ("two", "2026-03-01T13:00:00.001+01:00"), ("three", ""), ("four", LATER), ("five", NOON)]
    found = read_review(exported(tmp_path / "n.json", *({"sha256": A, "note": n, "changed": t} for n, t in notes)))
    assert found.remarks == {A: Remark(A, note="four", changed=LATER)}


def test_photos_beside_those_of_a_page_are_counted(tmp_path):
    found = read_review(exported(tmp_path / "n.json", {"sha256": A}, {"sha256": B}))
    assert (found.beside([A, "c" * 64]), found.beside([A, B]), NO_REVIEW.beside([A])) == (1, 0, 0)


@pytest.mark.parametrize(
    ("photo", "message"),
    [
        ({"sha256": "12"}, "photo 1: `sha256` is '12', and no digest"),
        ({"sha256": A, "label": "wong"}, "`label` is 'wong', and none of right, wrong-reason, wrong"),
        ({"sha256": A, "flagged": 1}, "flagged is not true or false"),
        ({"sha256": A, "note": ["x"]}, "note is not text"),
        ({"sha256": A, "note": "x" * 4097}, "longer than 4096"),
        ({"sha256": A, "changed": "yesterday"}, "`changed` is 'yesterday', and no time"),
        ({"sha256": A, "changed": "0001-01-01T00:00:00+10:00"}, "no time"),
        ({"note": "x"}, "sha256 is missing"),
        ("x", "not an object"),
    ],
)
def test_what_no_page_exports_is_refused_with_its_place(tmp_path, photo, message):
    with pytest.raises(UsageError, match=message) as refused:
        read_review(exported(tmp_path / "n.json", photo))
    assert "n.json" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no columns `sha256`"),
        ("photo,class\nx,y\n", "no columns `sha256`"),
        ("sha256,name\nx,y\n", "no columns `sha256`"),
        (f"sha256,flagged\n{A},maybe\n", "line 2: `flagged` is 'maybe', and neither yes nor no"),
        (f"sha256,label\n\n{A},x\n", "line 3: `label` is 'x'"),
        ("{", "no JSON, or cut short"),
        ("[]", "not an object"),
        ('{"schema": 2, "photos": []}', "its schema is 2, and not 1"),
        ('{"photos": []}', "schema is missing"),
        ("[" * 100_000, "nested too deeply"),
        ("{" + "," * 600_000, "more than"),
        (f"sha256,note\n{A},{'x' * 140_000}\n", "no CSV"),
    ],
)
def test_other_files_are_refused_in_a_sentence(tmp_path, text, message):
    (tmp_path / "n").write_text(text)
    with pytest.raises(UsageError, match=message) as refused:
        read_review(tmp_path / "n")
    assert len(str(refused.value)) < 500


def test_bytes_of_any_hand_are_read_or_refused_in_a_sentence(tmp_path):
    chance, path = random.Random(3), tmp_path / "n"
    texts = [text.encode("utf-8", "surrogatepass") for text in hostile.strings(100)]
    whole = json.dumps({"schema": 1, "photos": [{"sha256": A, "note": "x"}]}).encode()
    lines = f"sha256,flagged,label,note,changed\n{A},yes,right,x,{NOON}\n".encode()
    for text in texts:
        start = chance.choice([whole, lines])
        at = chance.randrange(len(start))
        path.write_bytes(start[:at] + text + start[at + chance.randrange(3) :])
        try:
            found, said = set(read_review(path).remarks), "read"
        except UsageError as refused:
            found, said = set(), str(refused)
        assert found <= {A}
        assert 0 < len(said) < 1000
