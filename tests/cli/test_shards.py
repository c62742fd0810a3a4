"""`--shard`: the parts of a run, given or read from the environment of a job."""

from __future__ import annotations

import json

import pytest

from scorecam_cli.cli.shards import Shard, shard_from
from scorecam_cli.errors import UsageError


def slurm(task, first, last, count, step=1):
    return {
        "SLURM_ARRAY_TASK_ID": str(task),
        "SLURM_ARRAY_TASK_MIN": str(first),
        "SLURM_ARRAY_TASK_MAX": str(last),
        "SLURM_ARRAY_TASK_COUNT": str(count),
        "SLURM_ARRAY_TASK_STEP": str(step),
    }


def kubernetes(index, completions):
    return {"JOB_COMPLETION_INDEX": str(index), "JOB_COMPLETIONS": str(completions)}


@pytest.mark.parametrize(
    ("environment", "part"),
    [
        (slurm(0, 0, 7, 8), (1, 8)),
        (slurm(8, 1, 8, 8), (8, 8)),
        (slurm(7, 1, 13, 5, step=3), (3, 5)),
        (kubernetes(0, 4), (1, 4)),
        (kubernetes(3, 4), (4, 4)),
    ],
)
def test_part_is_read_off_the_job_and_what_was_read_is_said(environment, part):
    shard = shard_from(environment)
    assert shard.part == part
    assert f"shard {part[0]}/{part[1]}, from {next(iter(environment.items()))[0]}=" in shard.notes[0]


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "finds neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX"),
        (slurm(3, 1, 7, 3), "has gaps"),  # --array=1,3,7
        (slurm(2, 1, 13, 5, step=3), "has gaps"),
        (slurm(9, 0, 7, 8), "reads SLURM_ARRAY_TASK_ID=9"),
        (slurm("x", 0, 7, 8), "SLURM_ARRAY_TASK_ID='x', which is no whole number"),
        ({"SLURM_ARRAY_TASK_ID": "1"}, "SLURM_ARRAY_TASK_MIN=''"),
        ({"JOB_COMPLETION_INDEX": "1"}, "and no JOB_COMPLETIONS"),
        (kubernetes(4, 4), "reads JOB_COMPLETION_INDEX=4, JOB_COMPLETIONS=4"),
        (kubernetes("٣", 4), "which is no whole number"),
        ({**slurm(0, 0, 7, 8), **kubernetes(0, 4)}, "finds SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX"),
    ],
)
def test_job_that_does_not_tell_its_part_is_one_sentence(environment, words):
    with pytest.raises(UsageError, match=r"give --shard K/N|is no part of a run") as caught:
        shard_from(environment)
    assert words in str(caught.value)


def test_part_that_was_given_needs_no_note():
    assert Shard(1, 2).notes == ()


@pytest.mark.parametrize("given", ["3/2", "0/4", "1/0", "-1/4", "1", "1/2/3", "a/b", "1/9999999", "", "٣/4", "auto"])
@pytest.mark.parametrize("command", ["explain", "predict"])
def test_part_that_is_none_ends_with_2_and_nothing_is_written(scorecam, photo, command, given):
    done = scorecam(command, photo, "--shard", given)
    assert (done.code, done.out) == (2, "")
    assert "--shard" in done.err
    assert [path.name for path in photo.parent.iterdir()] == [photo.name]


def test_parts_together_are_the_whole_run(scorecam, photo, tiny_model, tmp_path, monkeypatch):
    for number in range(6):
        (tmp_path / f"in{number}.png").write_bytes(photo.read_bytes())
    photo.unlink()
    explain = ["explain", tmp_path, "-m", tiny_model, "-c", 1, "-q"]
    assert scorecam(*explain, "-o", tmp_path / "whole").code == 0
    printed = scorecam("predict", tmp_path, "-m", tiny_model, "--json").out.splitlines()
    parts, predicted = [], []
    for number in range(3):
        monkeypatch.setenv("JOB_COMPLETION_INDEX", str(number))
        monkeypatch.setenv("JOB_COMPLETIONS", "3")
        parts.append(scorecam(*explain, "-o", tmp_path / "maps", "--shard", "auto"))
        predicted += scorecam(
            "predict", tmp_path, "-m", tiny_model, "--json", "--shard", f"{number + 1}/3"
        ).out.splitlines()
    assert [part.code for part in parts] == [0, 0, 0]
    paths = [path for part in parts for path in part.paths]
    assert len(paths) == len(set(paths)) == 18
    whole = {path.name: path for path in (tmp_path / "whole").iterdir()}
    for path in (tmp_path / "maps").iterdir():
        if path.suffix == ".png":
            assert path.read_bytes() == whole[path.name].read_bytes()
    assert sorted(printed) == sorted(predicted)
    assert len({json.loads(line)["photo"] for line in printed}) == 6


def test_part_without_a_photo_is_done(scorecam, photo):
    codes = [scorecam("predict", photo, "--shard", f"{number}/9", "-m", "no.keras").code for number in range(1, 10)]
    assert sorted(codes) == [0] * 8 + [3]  # only the part that has the photo looks for the model
