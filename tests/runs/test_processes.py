"""Workers that are processes: how they end, and that nothing is left of them."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from scorecam_cli.errors import ModelError
from scorecam_cli.outcomes import Failed
from scorecam_cli.records import PhotoJob
from scorecam_cli.runs.many import with_crew
from scorecam_cli.runs.processes import Processes, _cores_of
from scorecam_cli.runs.session import Nobody
from tests.runs.simple_work import THREADS, SimpleWork


@pytest.fixture(autouse=True)
def no_process_is_left():
    yield
    assert not [each for each in psutil.Process().children(recursive=True) if "worker_process" in str(each.cmdline())]


@pytest.fixture(autouse=True)
def threads_are_ours_to_say(monkeypatch):
    monkeypatch.delenv(THREADS, raising=False)


def start(folder, *names, workers=2, **work):
    jobs = [PhotoJob(Path(name), Path(name)) for name in names]
    crew = Processes(workers, SimpleWork(folder, **work))
    return with_crew(jobs, crew, known=lambda job: None, watcher=Nobody())


def test_photo_that_kills_twice_is_a_failed_outcome_that_names_the_signal(tmp_path, capfd):
    done = list(start(tmp_path, "a", "kill_1", "b", "abort_1", "print_1", "c"))
    reasons = {str(each.photo): each.reason for each in done if isinstance(each, Failed)}
    assert reasons == {
        "kill_1": "two workers that had it were killed (SIGKILL), perhaps because memory ran out",
        "abort_1": "two workers that had it were ended by a crash (SIGABRT)",
    }
    assert [isinstance(each, Failed) for each in done] == [False, True, False, True, False, False]
    for name in reasons:
        assert len(list(tmp_path.glob(f"{name}-*"))) == 2
    assert capfd.readouterr() == ("", "")


def test_model_that_is_refused_ends_the_run_with_its_sentence(tmp_path):
    with pytest.raises(ModelError, match="no model") as raised:
        list(start(tmp_path, "a", "b", loading="refuse"))
    assert str(raised.value) == "no model"


def test_fault_of_the_program_is_told_with_where_it_arose(tmp_path):
    with pytest.raises(RuntimeError, match="KeyError: 'raise_1'") as raised:
        list(start(tmp_path, "a", "raise_1"))
    assert "in _outcome" in raised.value.__notes__[0]


def test_closing_ends_photos_under_way_within_seconds(tmp_path):
    run = start(tmp_path, "a", "sleep_1", "sleep_2", "b")
    next(run)
    began = time.monotonic()
    run.close()
    assert time.monotonic() - began < 10


def test_workers_end_with_the_process_that_started_them_however_that_ends(tmp_path):
    program = (
        "import sys; from pathlib import Path; from tests.runs.test_processes import start\n"
        "list(start(Path(sys.argv[1]), 'sleep_1', 'sleep_2'))"
    )
    run = subprocess.Popen([sys.executable, "-c", program, tmp_path], cwd=Path(__file__).parents[2])
    while len(list(tmp_path.iterdir())) < 2:
        assert run.poll() is None
        time.sleep(0.05)
    workers = psutil.Process(run.pid).children()
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    _ended, alive = psutil.wait_procs(workers, timeout=10)
    assert len(workers) == 2
    assert not alive


def test_cores_are_divided_and_what_is_over_goes_to_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(11)))
    assert [_cores_of(worker, 4) for worker in range(4)] == [3, 3, 3, 2]
    assert [_cores_of(worker, 16) for worker in range(16)] == [1] * 16
    assert list(start(tmp_path, "a", workers=2)) == ["6"]
    monkeypatch.setenv(THREADS, "5")
    assert list(start(tmp_path, "b", workers=2)) == ["5"]


def test_threads_of_the_run_end_with_it(tmp_path):
    before = threading.active_count()
    list(start(tmp_path, "a", "b"))
    assert threading.active_count() == before
