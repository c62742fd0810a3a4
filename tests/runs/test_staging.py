from pathlib import Path

import pytest

from scorecam_cli.runs.staging import publish, staged
from scorecam_cli.urls import url


def test_files_of_this_machine_are_written_where_they_belong(tmp_path):
    with staged(tmp_path / "dog.jpg") as output:
        assert output == tmp_path / "dog.jpg"
    assert publish([Path("a")], tmp_path, again=True, before_each=pytest.fail) == (Path("a"),)


def test_objects_are_put_in_order_the_old_manifest_taken_away_first_and_nothing_stays_here(bucket):
    with staged(url("memory://b/maps/dog.jpg")) as output:
        written = [output.with_name(name) for name in ("dog.jpg.png", "dog.jpg.json")]
        for path in written:
            path.write_bytes(path.name.encode())
        bucket.put("maps/dog.jpg.json", b"old")
        placed = publish(written, url("memory://b/maps/dog.jpg"), again=True, before_each=lambda: None)
    assert [str(each) for each in placed] == ["memory://b/maps/dog.jpg.png", "memory://b/maps/dog.jpg.json"]
    assert bucket.asked == ["rm_file", "put_file", "put_file"]
    assert bucket.get("maps/dog.jpg.json") == b"dog.jpg.json"
    assert not output.parent.exists()


def test_a_run_that_is_over_puts_nothing_more(bucket):
    def over():
        raise KeyError

    with staged(url("memory://b/maps/dog.jpg")) as output:
        output.write_bytes(b"1")
        with pytest.raises(KeyError):
            publish([output], url("memory://b/maps/dog.jpg"), again=False, before_each=over)
    assert (bucket.asked, output.parent.exists()) == ([], False)
