"""Workers that are actors of Ray, on a cluster of two nodes; `make ray` installs what it needs."""

import os
import socket
import threading
import time
from pathlib import Path

import psutil
import pytest

from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.outcomes import Failed
from scorecam_cli.records import PhotoJob
from scorecam_cli.runs import on_ray, ray_worker
from scorecam_cli.runs.many import with_crew
from scorecam_cli.runs.ray_worker import RayWorker
from scorecam_cli.runs.session import Nobody
from tests.runs.simple_work import SimpleWork

JOBS = [PhotoJob(Path(f"{number}"), Path(f"{number}")) for number in range(60)]


def test_address_where_no_ray_is_is_told_soon(monkeypatch):
    monkeypatch.setattr(on_ray, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ModelError, match=f"no Ray answers at --address 127.0.0.1:{port} "):
            on_ray._require_answer(f"127.0.0.1:{port}")  # it takes the connection, and says nothing
    with pytest.raises(ModelError, match="refused"):
        on_ray._require_answer(f"127.0.0.1:{port}")
    with pytest.raises(UsageError, match="neither `auto` nor HOST:PORT"):
        on_ray._require_answer("head")


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'scorecam\[ray\]'"):
        on_ray.RayCrew(1, lambda share: SimpleWork(Path()), address="auto", gpus=0)


def test_places_are_cores_or_gpus():
    assert on_ray._places({"CPU": 7.0}, 0) == 7
    assert on_ray._places({"CPU": 7.0, "GPU": 2.0}, 0.5) == 4
    with pytest.raises(ModelError, match="no room for a worker with 1 GPU"):
        on_ray._places({"CPU": 7.0}, 1)


@pytest.fixture(scope="module")
def cluster():
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    small = {"num_cpus": 1, "object_store_memory": 80_000_000}
    made = Cluster(initialize_head=True, head_node_args={**small, "include_dashboard": False})
    made.add_node(**small)
    yield made
    made.shutdown()


def start(cluster, folder, jobs, **work):
    crew = on_ray.RayCrew(2, lambda share: SimpleWork(folder, **work), address=cluster.address, gpus=0)
    return with_crew(jobs, crew, known=lambda job: None, watcher=Nobody())


@pytest.mark.slow
def test_photos_that_kill_are_found_by_halves_and_all_others_are_done(cluster, tmp_path):
    jobs = [PhotoJob(Path(f"kill_{n}" if n in (3, 40) else str(n)), Path(str(n))) for n in range(60)]
    done = list(start(cluster, tmp_path, jobs))
    assert [n for n, each in enumerate(done) if isinstance(each, Failed)] == [3, 40]
    assert done[3].reason == f"two workers that had it were {on_ray.KILLED}"
    assert len(done) == 60
    assert len(list(tmp_path.glob("kill_3-*"))) <= 5


@pytest.mark.slow
def test_worker_killed_from_outside_costs_no_photo(cluster, tmp_path):
    jobs = [PhotoJob(Path(f"sleep_{n}" if n == 9 else str(n)), Path(str(n))) for n in range(30)]

    def kill():
        while not (found := list(tmp_path.glob("sleep_9-*"))):
            time.sleep(0.1)
        sleeping = int(found[0].name.rpartition("-")[2])
        (tmp_path / "awake").touch()
        psutil.Process(sleeping).kill()

    killer = threading.Thread(target=kill)
    killer.start()
    done = list(start(cluster, tmp_path, jobs))
    killer.join()
    assert [isinstance(each, Failed) for each in done] == [False] * 30


@pytest.mark.slow
def test_worker_of_another_version_ends_the_run(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(on_ray, "__version__", "99.0")
    with pytest.raises(ModelError, match=r"has scorecam .*, and this is 99\.0: install the same on every node"):
        list(start(cluster, tmp_path, JOBS))


def test_worker_without_the_folder_of_the_command_says_so(tmp_path):
    (told,) = RayWorker().begin(SimpleWork(tmp_path), str(tmp_path / "gone"), 1)
    assert isinstance(told.error, ModelError)
    assert "must be in a folder that all nodes share" in str(told.error)


def test_worker_tells_what_became_of_photos_and_neither_beginnings_nor_passes(tmp_path, monkeypatch):
    monkeypatch.setattr(ray_worker.os, "environ", dict(os.environ))
    worker = RayWorker()
    assert [type(each).__name__ for each in worker.begin(SimpleWork(tmp_path), str(Path.cwd()), 1)] == ["Ready"]
    assert [each.number for each in worker.explain(list(enumerate(JOBS[:3])))] == [0, 1, 2]
    (broken,) = worker.explain([(0, PhotoJob(Path("raise_1"), Path("x")))])
    assert "in _outcome" in broken.error.__notes__[0]
