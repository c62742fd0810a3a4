"""Three stages at once: order, how much is under way, and the end, without photos."""

import itertools
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorecam_cli.errors import PhotoError
from scorecam_cli.runs.stages import READ_AHEAD, WRITE_BEHIND, in_stages


def our_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("scorecam ")]


def wait_for_threads(seconds=5):
    for thread in our_threads():
        thread.join(seconds)


def staged(jobs, *, read=lambda job: job, compute=lambda job: job, write=lambda job: job, halt=None):
    halt = halt or threading.Event()

    def read_light(job, admit):
        return read(job)

    return in_stages(jobs, read=read_light, compute=compute, write=write, halt=halt, clock=time.perf_counter)


def test_the_next_is_read_and_the_last_written_during_computing():
    reading, computing, written = threading.Event(), threading.Event(), []

    def read(job):
        if job == 1:
            reading.set()
        return job

    def compute(job):
        if job == 0:
            assert reading.wait(5), "1 is not read while 0 is computed"
        if job == 1:
            computing.set()
        return job

    def write(job):
        if job == 0:
            assert computing.wait(5), "1 is not computed while 0 is written"
        written.append(job)
        return job

    assert list(staged(range(4), read=read, compute=compute, write=write)) == sorted(written) == [0, 1, 2, 3]


@pytest.mark.parametrize("seconds", [(0.02, 0, 0), (0, 0.02, 0), (0, 0, 0.02), (0, 0, 0)])
def test_an_outcome_is_there_before_more_than_a_handful_is_asked_for(seconds):
    asked = []

    def jobs():
        for job in itertools.count():
            asked.append(job)
            yield job

    def pausing(pause):
        return lambda job: (time.sleep(pause), job)[1]

    stages = dict(zip(("read", "compute", "write"), map(pausing, seconds), strict=True))
    outcomes = staged(jobs(), **stages)
    for job in range(12):
        assert next(outcomes) == job
        assert asked[-1] < job + READ_AHEAD + WRITE_BEHIND
    outcomes.close()
    assert not our_threads()


def test_several_results_are_written_at_once_and_come_out_in_order():
    both = threading.Barrier(2)

    def write(job):
        both.wait(5)  # broken, and an error, if one were written after the other
        time.sleep(0.05 * (job % 2 == 0))
        return job

    assert list(staged(range(8), write=write)) == list(range(8))


def test_an_outcome_written_quickly_does_not_wait_for_the_next_computation():
    computed = []

    def compute(job):
        time.sleep(0.2)
        computed.append(job)
        return job

    outcomes = staged(range(3), compute=compute, write=lambda job: (time.sleep(0.002), job)[1])
    for job in outcomes:
        assert computed[-1] == job


def test_one_thread_reads_others_write_and_the_caller_computes():
    def noting(names):
        return lambda job: (names.add(threading.current_thread().name), job)[1]

    read, compute, write = set(), set(), set()
    list(staged(range(20), read=noting(read), compute=noting(compute), write=noting(write)))
    assert (read, write) == ({"scorecam reader"}, {"scorecam writer"})
    assert compute == {threading.current_thread().name}


@pytest.mark.parametrize("stage", ["read", "compute", "write"])
def test_an_error_in_any_stage_ends_the_run_in_its_place(stage):
    def stumble(job):
        if job == 3:
            raise PhotoError("3")
        return job

    def write_slowly(job):
        time.sleep(0.05)
        return job

    outcomes = staged(itertools.count(), **{"write": write_slowly, stage: stumble})
    assert list(itertools.islice(outcomes, 3)) == [0, 1, 2]
    with pytest.raises(PhotoError):
        next(outcomes)
    assert not our_threads()


def test_a_disk_that_never_answers_does_not_hold_the_end():
    answer = threading.Event()
    outcomes = staged(itertools.count(), read=lambda job: answer.wait(30) if job == 1 else job)
    assert next(outcomes) == 0
    began = time.monotonic()
    outcomes.close()
    assert time.monotonic() - began < 2
    assert all(thread.daemon for thread in our_threads())
    answer.set()
    wait_for_threads()


def test_no_jobs_no_outcomes():
    assert list(staged([])) == []
    assert not our_threads()


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from(["", "", "", "read", "compute", "write"]), st.integers(0, 2)),
        max_size=14,
    )
)
def test_items_under_way_weigh_no_more_than_allowed_or_are_alone(items):
    """Weights up to 12 where 10 are allowed, pauses in any stage: no deadlock, the order kept, the limit too."""
    lock, held, seen = threading.Lock(), {}, []

    def pause(number, stage):
        if items[number][1] == stage:
            time.sleep(items[number][2] / 1000)

    def read(number, admit):
        pause(number, "read")
        admit(items[number][0])
        with lock:
            held[number] = items[number][0]
            heavy = {key: weight for key, weight in held.items() if weight}
            seen.append(sum(heavy.values()) <= 10 or len(heavy) == 1)
        return number

    def compute(number):
        pause(number, "compute")
        return number

    def write(number):
        pause(number, "write")
        with lock:
            del held[number]
        return number

    stages = {"read": read, "compute": compute, "write": write, "most_weight": 10}
    jobs = range(len(items))
    outcomes = in_stages(jobs, halt=threading.Event(), clock=time.perf_counter, **stages)
    assert list(outcomes) == list(jobs)
    assert len(seen) == len(items)
    assert all(seen)
    assert not our_threads()


def test_an_item_that_waits_to_be_admitted_does_not_hold_the_end():
    written = threading.Event()

    def read(job, admit):
        admit(10)
        return job

    def write(job):
        written.wait(30)
        return job

    stages = {"read": read, "compute": lambda job: job, "write": write, "most_weight": 10}
    outcomes = in_stages(itertools.chain(range(3), (None,)), halt=written, clock=time.perf_counter, **stages)
    threading.Timer(0.2, written.set).start()
    assert next(outcomes) == 0
    written.clear()
    began = time.monotonic()
    outcomes.close()
    assert time.monotonic() - began < 2.5
    wait_for_threads()
    assert not our_threads()


@pytest.mark.parametrize("stage", ["read", "compute", "write"])
def test_an_item_that_fails_takes_its_weight_with_it(stage):
    def failing(job):
        if job == 1:
            raise PhotoError("1")
        return job

    stages = {name: failing if name == stage else lambda job: job for name in ("compute", "write")}

    def read(job, admit):
        admit(10)
        return failing(job) if stage == "read" else job

    outcomes = in_stages(range(3), read=read, halt=threading.Event(), clock=time.perf_counter, most_weight=10, **stages)
    assert next(outcomes) == 0
    with pytest.raises(PhotoError):
        next(outcomes)
    assert not our_threads()
