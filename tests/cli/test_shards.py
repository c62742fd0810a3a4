"""`--shard`: the parts of a run, given or read from the environment of a job."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scorecam_cli.cli.shards import Shard, shard_from
from scorecam_cli.config import EvaluateConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import UsageError
from scorecam_cli.runs.evaluation_tables import begin


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


EVALUATE = ["--methods", "gradient,random", "--measures", "drop", "-q"]


@pytest.fixture
def six(photo, tmp_path, monkeypatch):
    """Photos of different bytes in the present folder."""
    monkeypatch.chdir(tmp_path)
    for number in range(6):
        Path("in").mkdir(exist_ok=True)
        Path(f"in/{number}.png").write_bytes(photo.read_bytes() + bytes([number]))


@pytest.mark.parametrize("given", ["3/2", "0/4", "1/0", "-1/4", "1", "1/2/3", "a/b", "1/9999999", "", "٣/4", "auto"])
@pytest.mark.parametrize("command", ["explain", "predict", "evaluate"])
def test_part_that_is_none_ends_with_2_and_nothing_is_written(scorecam, photo, command, given):
    done = scorecam(command, photo, "--shard", given)
    assert (done.code, done.out) == (2, "")
    assert "--shard" in done.err
    assert [path.name for path in photo.parent.iterdir()] == [photo.name]


@pytest.mark.slow  # tests/soak/shards.py asks the same of thousands
def test_parts_together_are_the_whole_run(scorecam, six, tiny_model, monkeypatch):
    explain = ["explain", "in", "-m", tiny_model, "-c", 1, "-q", "--save", "heatmap"]
    assert scorecam(*explain, "-o", "whole").code == 0
    parts = []
    for number in range(2):
        monkeypatch.setenv("JOB_COMPLETION_INDEX", str(number))
        monkeypatch.setenv("JOB_COMPLETIONS", "2")
        parts.append(scorecam(*explain, "-o", "maps", "--shard", "auto"))
    assert [part.code for part in parts] == [0, 0]
    paths = [path for part in parts for path in part.paths]
    assert len(paths) == len(set(paths)) == 12
    assert all(part.paths for part in parts)
    for path in Path("whole").glob("*.png"):
        assert path.read_bytes() == Path("maps", path.name).read_bytes()


def test_part_without_a_photo_is_done(scorecam, photo):
    codes = [scorecam("predict", photo, "--shard", f"{number}/9", "-m", "no.keras").code for number in range(1, 10)]
    assert sorted(codes) == [0] * 8 + [3]  # only the part that has the photo looks for the model


def test_two_parts_of_other_settings_do_not_share_a_folder(scorecam, six, tiny_model):
    explain = ["explain", "in", "-m", tiny_model, "--save", "npy", "-q", "-o", "maps"]
    assert scorecam(*explain, "-c", 1, "--shard", "1/2").code == 0
    before = {path: path.read_bytes() for path in Path("maps").iterdir()}
    refused = scorecam(*explain, "-c", 2, "--shard", "2/2")
    assert (refused.code, refused.out) == (2, "")
    assert 'another part of a run has written to maps with other settings: classes was ["1"], is ["2"]' in refused.err
    assert {path: path.read_bytes() for path in Path("maps").iterdir()} == before
    (agreed,) = [path for path in before if path.name.startswith(".")]
    assert json.loads(before[agreed])["settings"]["classes"] == ["1"]


def tables(folder):
    return sorted(path.name for path in Path(folder).iterdir() if path.suffix == ".csv")


def test_tables_of_parts_are_joined_by_the_command_without_a_part(scorecam, six, tiny_model):
    evaluate = ["evaluate", "in", "-m", tiny_model, *EVALUATE]
    assert scorecam(*evaluate, "-o", "whole").code == 0
    done = [scorecam(*evaluate, "-o", "parts", "--shard", f"{number}/3") for number in (3, 1)]
    assert [each.paths for each in done] == [[f"parts/evaluation.{number}-of-3.csv"] for number in (3, 1)]
    assert tables("parts") == ["evaluation.1-of-3.csv", "evaluation.3-of-3.csv"]
    rows = [len(Path("parts", name).read_text().splitlines()) - 1 for name in tables("parts")]
    joined = scorecam(*evaluate[:-1], "-o", "parts")  # what no part has done is done now
    assert joined.code == 0
    assert joined.err.count("measured by a part") == sum(rows) / 2
    assert 0 < sum(rows) < 12
    for name in ("evaluation.csv", "evaluation.md"):
        assert Path("parts", name).read_bytes() == Path("whole", name).read_bytes()


def test_parts_of_other_settings_are_refused_until_all_is_begun_anew(scorecam, six, tiny_model):
    evaluate = ["evaluate", "in", "-m", tiny_model, *EVALUATE, "-o", "parts"]
    assert scorecam(*evaluate, "--shard", "1/2").code == 0
    before = {path: path.read_bytes() for path in Path("parts").iterdir()}
    for part in (["--shard", "2/2"], ["--shard", "1/2"], []):
        refused = scorecam(*evaluate, *part, "-c", 2)
        assert (refused.code, refused.out) == (2, "")
        assert "evaluation.1-of-2.csv in parts was made with other settings: classes was [], is" in refused.err
    assert {path: path.read_bytes() for path in Path("parts").iterdir()} == before
    begin(EvaluateConfig(PhotoSettings(output_dir=Path("parts")), ModelSettings(), fresh=True), {})
    assert tables("parts") == []
