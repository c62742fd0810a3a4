"""What is done to each photo of a run: which threads do it, what fails alone, and what ends the run. No model."""

import threading
import time
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from scorecam_cli.config import ModelSettings, PhotoSettings
from scorecam_cli.errors import OutputError, PhotoError
from scorecam_cli.outcomes import Failed
from scorecam_cli.runs import under_way
from scorecam_cli.runs.session import Session
from scorecam_cli.runs.under_way import ReadPhoto, Work, read_timed
from tests.runs.test_stages import our_threads


def session(threads=None, begun=lambda photo: None):
    settings = ModelSettings(threads=threads)
    return Session(SimpleNamespace(config=SimpleNamespace(model=settings)), time.perf_counter, begun=begun)


@dataclass
class Noting:
    """Notes which stage had which photo, and in which thread. failing: what is raised where; slow: what sleeps."""

    failing: dict
    slow: tuple = ()

    def __post_init__(self):
        self.done, self.threads = [], {}

    def note(self, stage, name):
        if (stage, name) in self.slow:
            time.sleep(0.1)
        self.done.append((stage, name))
        self.threads.setdefault(stage, set()).add(threading.current_thread().name)
        if (stage, name) in self.failing:
            raise self.failing[stage, name]
        return name

    def read(self, job, admit):
        return ReadPhoto(job, None, 0.0) if self.note("read", job.photo) != "known" else "known"

    def work(self, **options):
        def compute(found):
            return self.note("compute", found.job.photo)

        return Work(self.read, compute, lambda ready: self.note("write", ready), **options)


def jobs_of(*names):
    return [SimpleNamespace(photo=name, bytes_at=name) for name in names]


def in_order(*names):
    return [(stage, name) for name in names for stage in ("read", "compute", "write")]


def test_one_thread_reads_computes_and_writes_one_photo_after_the_other():
    noting = Noting({})
    assert list(noting.work().on_each(session(1), jobs_of("a", "b", "c"))) == ["a", "b", "c"]
    assert noting.done == in_order("a", "b", "c")
    assert {frozenset(names) for names in noting.threads.values()} == {frozenset({threading.current_thread().name})}


@pytest.mark.parametrize(("threads", "most"), [(2, 2), (64, 3), (None, 3)])
def test_no_more_write_at_once_than_compute(threads, most, monkeypatch):
    asked = []

    def stages(jobs, **options):
        asked.append(options["writers"])
        yield from jobs

    monkeypatch.setattr(under_way, "in_stages", stages)
    list(Noting({}).work(writers=3).on_each(session(threads), []))
    assert asked == [most]


@pytest.mark.parametrize("threads", [1, None])
@pytest.mark.parametrize("error", [PhotoError("bad"), MemoryError()])
@pytest.mark.parametrize("stage", ["read", "compute", "write"])
def test_a_photo_fails_alone_and_one_that_is_known_is_handed_on(stage, error, threads):
    noting, begun = Noting({(stage, "b"): error}), []
    outcomes = list(noting.work().on_each(session(threads, begun.append), jobs_of("a", "b", "known", "c")))
    assert [type(outcome) for outcome in outcomes] == [str, Failed, str, str]
    assert outcomes[1].photo == "b"
    assert ("compute", "known") not in noting.done
    assert begun == (["a", "c"] if stage == "read" else ["a", "b", "c"])


@pytest.mark.parametrize("threads", [1, None])
def test_where_nothing_more_can_be_written_nothing_more_is(threads):
    noting = Noting({("write", "b"): OutputError("disk full")}, slow=[("write", "b")])
    outcomes = noting.work(writers=1).on_each(session(threads), jobs_of("a", "b", "c", "d"))
    assert next(outcomes) == "a"
    assert next(outcomes) == Failed("b", "disk full")
    with pytest.raises(OutputError, match="the run stops here: disk full"):
        next(outcomes)
    assert [name for stage, name in noting.done if stage == "write"] == ["a", "b"]
    assert not our_threads()


def test_seconds_of_reading_are_without_those_of_waiting_for_room(monkeypatch):
    now = [0.0]

    def pass_by(seconds):
        now[0] += seconds

    def read(path, *, max_pixels, seconds, admit):
        pass_by(2)
        admit(7)
        pass_by(3)
        return path

    monkeypatch.setattr(under_way, "read_photo", read)
    (job,) = jobs_of("a")
    found = read_timed(job, PhotoSettings(), clock=lambda: now[0], admit=lambda pixels: pass_by(100))
    assert found == ("a", 5)
