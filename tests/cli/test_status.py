"""`scorecam status`: what it prints, and its exit code."""

import json


def test_run_is_complete_with_0_and_told_in_text_and_json(scorecam, photo, tiny_model, tmp_path):
    maps = tmp_path / "maps"
    assert scorecam("explain", photo, "-m", tiny_model, "-o", maps, "-c", 1).code == 0
    done = scorecam("status", maps, photo)
    assert done.code == 0
    assert done.paths[0] == f"{maps}, scorecam: 1 photo"
    assert done.paths[1].split() == ["done", "1"]
    (tmp_path / "new.png").write_bytes(photo.read_bytes())
    done = scorecam("status", maps, tmp_path, "--json", "-v")
    told = json.loads(done.out)
    assert (done.code, told["photos"], told["done"], told["missing"]) == (1, 2, 1, 1)
    assert told["others"] == [{"output": str(maps / "new.png"), "state": "missing"}]
    assert scorecam("status", maps, tmp_path, "-v").err == f"missing: {maps / 'new.png'}\n"


def test_folder_of_a_bucket_or_none_ends_with_2(scorecam, tmp_path):
    for folder in ("s3://bucket/maps", tmp_path / "nowhere", tmp_path):
        done = scorecam("status", folder)
        assert (done.code, done.out) == (2, "")
