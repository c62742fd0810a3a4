"""Many workers are one run: outcomes in order, each photo once, and an end whatever the workers do."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from scorecam_cli.errors import ModelError, OutputError
from scorecam_cli.outcomes import Failed
from scorecam_cli.records import PhotoJob
from scorecam_cli.runs.crew import Broken, Done, Told
from scorecam_cli.runs.following import Following
from scorecam_cli.runs.many import MOST_ACCIDENTS, MOST_IN_A_ROW, with_crew
from scorecam_cli.runs.session import Nobody
from tests.runs.simulated_crew import SimulatedCrew


@dataclass(frozen=True)
class Made:
    job: PhotoJob


class Heard(Nobody):
    """Keeps what is said, and each movement of the bar."""

    def __init__(self):
        self.sentences, self.bar = [], []

    def model_loading(self, name):
        self.sentences.append(f"loading {name}")

    def advised(self, sentence):
        self.sentences.append(sentence)

    def passes_planned(self, photo, passes):
        self.bar.append((photo.name, passes))

    def passes_done(self, passes):
        self.bar.append(passes)


def jobs(count):
    return [PhotoJob(Path(f"{number}.png"), Path(f"maps/{number}.png")) for number in range(count)]


def nothing_known(job):
    return None


def outcomes(crew, count, *, known=nothing_known, watcher=None):
    return list(with_crew(jobs(count), crew, known=known, watcher=watcher or Nobody()))


@pytest.mark.parametrize(("workers", "most", "ahead"), [(1, 1, 3), (3, 1, 3), (3, 8, 2)])
def test_outcomes_come_in_the_order_of_the_photos_each_once(workers, most, ahead):
    crew = SimulatedCrew(workers, Made, most=most, ahead=ahead)
    assert outcomes(crew, 100) == [Made(job) for job in jobs(100)]
    assert sorted(crew.given) == list(range(100))
    assert (crew.starts, crew.closed) == (workers, True)


def test_outcomes_are_handed_on_while_others_are_made():
    crew = SimulatedCrew(2, Made)
    run = with_crew(jobs(50), crew, known=nothing_known, watcher=Nobody())
    assert next(run) == Made(jobs(1)[0])
    assert len(crew.given) < 10
    run.close()
    assert crew.closed


def test_what_is_known_needs_no_worker_and_where_all_is_none_is_started():
    crew = SimulatedCrew(2, lambda job: Made(job))
    done = outcomes(crew, 100, known=lambda job: "known" if job.photo.name != "70.png" else None)
    assert done == ["known"] * 70 + [Made(jobs(71)[70])] + ["known"] * 29
    assert crew.given == [70]
    crew = SimulatedCrew(2, Made)
    assert outcomes(crew, 100, known=lambda job: "known") == ["known"] * 100
    assert crew.starts == 0


@pytest.mark.parametrize(("most", "ahead", "starts"), [(1, 3, 2), (8, 2, 6)])
def test_photos_that_kill_are_failed_outcomes_that_say_how_and_all_others_are_made(most, ahead, starts):
    """5 of 500. Each takes 2 restarts where it is known what was begun; else 8 are halved first."""
    poison = {"3.png", "4.png", "127.png", "250.png", "499.png"}
    heard = Heard()
    crew = SimulatedCrew(3, Made, kills=lambda job: job.photo.name in poison, most=most, ahead=ahead)
    done = outcomes(crew, 500, watcher=heard)
    failed = {each.photo.name: each.reason for each in done if isinstance(each, Failed)}
    assert failed == dict.fromkeys(poison, "two workers that had it were ended by a crash (SIGABRT)")
    assert [each.job for each in done if isinstance(each, Made)] == [
        job for job in jobs(500) if job.photo.name not in poison
    ]
    assert 5 * 2 <= crew.starts - 3 <= 5 * starts
    assert len(heard.sentences) == crew.starts - 3
    assert heard.sentences[0].startswith("a worker was ended by a crash (SIGABRT); ")


def test_worker_that_dies_twice_before_it_has_loaded_is_missed_and_the_others_go_on():
    heard = Heard()
    crew = SimulatedCrew(3, Made, loads=lambda worker: worker != 1)
    assert outcomes(crew, 40, watcher=heard) == [Made(job) for job in jobs(40)]
    assert 2 + 2 <= crew.starts <= 2 + MOST_ACCIDENTS
    assert heard.sentences[-1] == "a worker was killed at loading; there is one worker less"


def test_model_that_kills_every_worker_at_loading_ends_the_run():
    crew = SimulatedCrew(3, Made, loads=lambda worker: False)
    with pytest.raises(ModelError, match="no worker lives until the model is loaded, the last was killed at loading"):
        outcomes(crew, 40)
    assert (crew.starts, crew.closed) == (6, True)


def test_model_that_kills_at_every_photo_ends_the_run():
    crew = SimulatedCrew(2, Made, kills=lambda job: True)
    with pytest.raises(ModelError, match="24 workers ended without a photo explained in between"):
        outcomes(crew, 1000)
    assert crew.starts < 2 + MOST_IN_A_ROW + 2 * 2


def test_what_holds_for_every_photo_ends_the_run_after_all_that_is_done():
    class Full(SimulatedCrew):
        def events(self, *, wait):
            told = super().events(wait=wait)
            last = [(worker, Broken(OutputError("disk full"))) for worker, event in told if event == full]
            return [*told, *last]

    full = Done(20, Made(jobs(21)[20]))
    crew, done = Full(2, Made), []
    with pytest.raises(OutputError, match="disk full"):
        done.extend(with_crew(jobs(40), crew, known=nothing_known, watcher=Nobody()))
    names = [int(each.job.photo.stem) for each in done]
    assert names == sorted(names)
    assert 20 in names
    assert len(names) < 40
    assert crew.closed


def test_watcher_hears_words_once_and_follows_one_photo_at_a_time():
    heard = Heard()
    following = Following(heard)
    for worker in (0, 1):
        following.told(worker, Told("model_loading", ("VGG16",)))
        following.told(worker, Told("passes_planned", (Path(f"{worker}.png"), 8)))
    for worker in (0, 1, 0, 1):
        following.told(worker, Told("passes_done", (2,)))
    assert heard.sentences == ["loading VGG16"]
    assert heard.bar == [("0.png", 8), 2, 2]
    following.free(0)
    following.told(1, Told("passes_done", (2,)))
    assert heard.bar[3:] == [("1.png", 8), 6]
    following.released()
    following.told(1, Told("passes_done", (2,)))
    assert heard.bar[5:] == [("1.png", 8), 8]
