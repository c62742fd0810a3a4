"""A run over a bucket that is killed twice: `make bucket`, or `python -m tests.soak.bucket --photos 200`.

The bucket is moto's, a server of this machine, and so is all that is sent to it. Every requirement is asserted; the
figures are printed as a table.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

OPTIONS = ["-c", "1", "--save", "heatmap,overlay,npy"]
START_SECONDS, RUN_SECONDS = 60.0, 900.0
_REQUEST = re.compile(rb'"(?:\x1b\[[0-9;]*m)*(GET|PUT|HEAD|DELETE|POST) (\S+) HTTP')  # some are told in colours


@dataclass
class Server:
    """S3 on this machine. environment: what makes a process use it, and nothing else. log: a line for each request."""

    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    log: Path
    system: Any = None
    seen: int = 0

    def requests(self) -> Counter[str]:
        """What was asked since the last call, by its kind."""
        data = self.log.read_bytes()
        new, self.seen = data[self.seen :], len(data)
        return Counter(map(_kind, *zip(*_REQUEST.findall(new), strict=True))) if _REQUEST.search(new) else Counter()


def _kind(method: bytes, target: bytes) -> str:
    return "LIST" if method == b"GET" and b"list-type=" in target else method.decode()


@contextmanager
def server(place: Path) -> Iterator[Server]:
    """A server with an empty bucket `photos` and one `maps`, ended afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = place / "requests.log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FSSPEC_"))},
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TMPDIR": str(place / "tmp"),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    with log.open("wb") as stderr:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        process = subprocess.Popen(command, stdout=stderr, stderr=stderr, env=environment)
    try:
        made = Server(process, environment, log)
        _wait_for(port)
        import fsspec

        key = {"key": "test", "secret": "test", "endpoint_url": environment["AWS_ENDPOINT_URL"]}
        made.system = fsspec.filesystem("s3", **key, use_listings_cache=False)
        for bucket in ("photos", "maps"):
            made.system.mkdir(f"/{bucket}")
        yield made
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def explain(*arguments: Any, environment: dict[str, str]) -> subprocess.Popen[str]:
    """The command, in a process of its own."""
    command = [sys.executable, "-m", "scorecam_cli", "explain", *map(str, arguments), *OPTIONS]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=environment, text=True, **pipes)


def killed(run: subprocess.Popen[str], photos: int) -> int:
    """Kill a run after so many photos; how many it had told of."""
    told = 0
    for line in run.stdout or ():
        told += line.endswith(".scorecam.json\n")
        if told == photos:
            break
    run.send_signal(signal.SIGKILL)
    run.communicate()
    return told


def finished(run: subprocess.Popen[str]) -> tuple[str, float]:
    """What a run that is left alone says, and how long it took."""
    began = time.monotonic()
    _, err = run.communicate(timeout=RUN_SECONDS)
    assert run.returncode == 0, err[-2000:]
    assert "Traceback" not in err, err[-2000:]
    return err, time.monotonic() - began


def soak(place: Path, photos: int) -> dict[str, Any]:
    """The same photos from a folder and from a bucket, the latter killed twice; what each took."""
    from tests.loading import model_zoo

    model = place / "tiny.keras"
    model_zoo.rescaling().save(model)
    names = [f"{number:04}.png" for number in range(photos)]
    (place / "in").mkdir()
    (place / "tmp").mkdir()
    for number, name in enumerate(names):
        Image.effect_noise((60 + number % 30, 50), 90).save(place / "in" / name)
    with server(place) as s3:
        for name in names:
            s3.system.pipe_file(f"photos/may/{name}", (place / "in" / name).read_bytes())
        _, here = finished(explain(place / "in", "-m", model, "-o", place / "maps", environment=s3.environment))
        s3.requests()
        there = ["s3://photos/may", "-m", model, "-o", "s3://maps/may"]
        told = [killed(explain(*there, environment=s3.environment), count) for count in (photos // 4, photos // 2)]
        left = [key for key in s3.system.find("maps/may") if key.endswith(".scorecam.json")]
        lost = s3.requests()
        err, _ = finished(explain(*there, environment=s3.environment))
        last = s3.requests()
        done = re.search(r"(\d+) photos done \((\d+) were up to date\)", err)
        assert done is not None, err[-2000:]
        assert (int(done[1]), int(done[2])) == (photos, len(left)), (done[0], len(left))
        _same(place / "maps", s3.system, "maps/may")
        s3.requests()
        _, again = finished(explain(*there, environment=s3.environment))
        asked = s3.requests()
        s3.system.rm("maps/may", recursive=True)
        s3.requests()
        _, whole = finished(explain(*there, environment=s3.environment))
        alone = s3.requests()
    each = len(OPTIONS[-1].split(",")) + 1
    assert alone == Counter(LIST=alone["LIST"], GET=photos, PUT=each * photos), alone
    assert asked == Counter(LIST=asked["LIST"], GET=photos), asked
    assert max(alone["LIST"], asked["LIST"]) <= 2 + each * photos // 1000 + 2, (alone, asked)
    return {
        "photos; maps byte for byte those of a folder": f"{photos}; {photos * (each - 1)}",
        "killed after photos; done by then; done again": f"{told}; {len(left)}; {photos - len(left)} in the last run",
        "seconds from a folder; from a bucket in one go; up to date": f"{here:.1f}; {whole:.1f}; {again:.1f}",
        "folders left under TMPDIR in the end": len(list((place / "tmp").iterdir())),
        "requests of the two that were killed": dict(lost),
        "requests of the one that ended": dict(last),
        "requests of one that is not killed": f"{dict(alone)}: {sum(alone.values()) / photos:.2f} a photo",
        "requests where all is up to date": f"{dict(asked)}: {sum(asked.values()) / photos:.2f} a photo",
    }


def _same(folder: Path, system: Any, prefix: str) -> None:
    """Every file of a folder is an object of the same bytes, manifests but for where and when; and no more is there."""
    keys = {key.removeprefix(f"{prefix}/"): key for key in system.find(prefix)}
    assert sorted(keys) == sorted(path.name for path in folder.iterdir())
    for path in folder.iterdir():
        there, here = system.cat_file(keys[path.name]), path.read_bytes()
        if path.suffix == ".json":
            there, here = (_lasting(data) for data in (there, here))
        assert there == here, path.name


def _lasting(data: bytes) -> Any:
    found = json.loads(data)
    for name in ("photo", "photo_version", "seconds"):
        found[name] = None
    for written in found["outputs"].values():
        written["mtime_ns"] = written["inode"] = None
    return found


def main() -> None:
    """Run, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="scorecam-bucket-") as folder:
        for name, value in soak(Path(folder), given.photos).items():
            print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
