"""Fuzz the check of model files: whatever the bytes, the answer is facts or one sentence, soon and in little memory.

    python -m tests.fuzz.model_check --seconds 300 --seed 0
    python -m tests.fuzz.model_check --engine atheris --seconds 300    (pip install atheris)
    python -m tests.fuzz.model_check --replay FILE                     what a failure left in --keep

Good files, and inside archives the description and the weights, are changed in random places; Keras itself is not
asked. A failure is an exception other than ModelError, a message that is no sentence, a run above SECONDS, or memory
that grows by more than MEMORY. Files are looked into by a process of their own, as always, but a forked one, which
takes 5 ms instead of half a second; an input that its limits or a crash ended is kept as `ended_1`, ...
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from scorecam_cli.errors import ModelError
from scorecam_cli.inspection import child
from scorecam_cli.inspection.inspect import inspect
from scorecam_cli.inspection.naming import may_be_named

SECONDS = 10  # on a busy machine; the limit of the process that looks into them is 5 of CPU
MEMORY = 200  # MB
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)
WORDS = (b"..", b"/", b"\0", b"[[[[", b'{"a":', b"]", b"1e999", b"-1", b"null", b'"\\ud800"', b"Lambda", b"PK\x01\x02")

ended: Counter[str] = Counter()  # processes that looked into HDF5 files and did not come back


def check(path: Path) -> str:
    """Everything that is asked of a model file before Keras sees it; the answer in a word."""
    try:
        found = inspect(path)
        if found.facts and found.facts.fault:
            raise ModelError(f"{path} {found.facts.fault}")
        if found.facts and not all(may_be_named(named, ()) for named in found.facts.named):
            return "names what it may not"
    except ModelError as error:
        message = str(error)
        assert message.startswith(f"{path} "), message
        assert "; " in message, message
        assert message.isprintable(), message
        return message.removeprefix(f"{path} ").split(";")[0][:40]
    return f"accepted: {found.kind.name}"


def ask_a_fork(request: dict[str, Any]) -> str:
    """`child.ask_another_process`, by a fork of this process: nothing here runs threads."""
    out, into = os.pipe()
    forked = os.fork()
    if not forked:
        code = 1
        try:
            os.write(into, child.answer_within_limits(request).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(into)
    with open(out, "rb") as answer:  # noqa: PTH123 - a descriptor
        text = answer.read().decode()
    status = os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1])
    if status:
        ended[signal.Signals(-status).name if status < 0 else f"exit {status}"] += 1
    return "" if status else text


def good_files() -> list[bytes]:
    """A small model in each form that Keras writes, made by another process: TensorFlow's threads forbid to fork."""
    with tempfile.TemporaryDirectory() as folder:
        program = f"from tests.fuzz.model_check import _save; _save({folder!r})"
        subprocess.run([sys.executable, "-c", program], check=True, stderr=subprocess.DEVNULL)
        return [path.read_bytes() for path in sorted(Path(folder).iterdir())]


def _save(name: str) -> None:
    folder = Path(name)
    import h5py
    from keras.src.legacy.saving import legacy_h5_format

    from tests.loading import model_zoo

    model = model_zoo.functional()
    model.save(folder / "a.keras")
    model.save(folder / "b.h5")
    model.save_weights(folder / "c.weights.h5")
    with h5py.File(folder / "d.h5", "w") as h5:
        legacy_h5_format.save_weights_to_hdf5_group(h5, model)


def mutate(data: bytes, rng: random.Random) -> bytes:
    """A few random changes; in an archive often to one member, with sizes and checksums set right again."""
    if data[:2] == b"PK" and rng.random() < 0.6:
        with contextlib.suppress(Exception):  # atheris hands over archives that are damaged already
            return _repack(data, rng)
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        rng.choice(_CHANGES)(changed, rng)
    return bytes(changed)


def _repack(data: bytes, rng: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    chosen = rng.choice(list(members))
    members[chosen] = mutate(members[chosen], rng)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _flip(data: bytearray, rng: random.Random) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set_number(data: bytearray, rng: random.Random) -> None:
    size, code = rng.choice(((1, "<B"), (2, "<H"), (4, "<I"), (8, "<Q")))
    if len(data) >= size:
        at = rng.randrange(len(data) - size + 1)
        data[at : at + size] = struct.pack(code, rng.choice(EXTREMES) & (256**size - 1))


def _cut(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    del data[at : at + rng.choice((1, 8, 512, len(data)))]


def _copy(data: bytearray, rng: random.Random) -> None:
    first, to = rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)
    part = data[first : first + rng.choice((1, 8, 64, 512))]
    data[to : to + rng.choice((0, len(part)))] = part


def _write_word(data: bytearray, rng: random.Random) -> None:
    at, word = rng.randrange(len(data) + 1), rng.choice(WORDS)
    data[at : at + rng.choice((0, len(word)))] = word


_CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (_flip, _set_number, _cut, _copy, _write_word)


class Trial:
    """Runs inputs, counts the answers and keeps what fails."""

    def __init__(self, keep: Path, scratch: Path) -> None:
        self.keep, self.path = keep, scratch / "model"
        self.answers: Counter[str] = Counter()
        self.runs = self.failures = 0
        self.slowest = 0.0
        self.start_memory = _memory()

    def run(self, data: bytes) -> None:
        self.path.write_bytes(data)
        began, lost = time.monotonic(), ended.total()
        try:
            self.answers[check(self.path)] += 1
        except Exception:
            self._failed(data, traceback.format_exc())
        if ended.total() > lost:
            (self.keep / f"ended_{ended.total()}").write_bytes(data)
        seconds = time.monotonic() - began
        if seconds > SECONDS:
            self._failed(data, f"took {seconds:.1f} s")
        if _memory() - self.start_memory > MEMORY:
            self._failed(data, f"memory grew by {_memory() - self.start_memory:.0f} MB")
            self.start_memory = _memory()
        self.slowest = max(self.slowest, seconds)
        self.runs += 1

    def _failed(self, data: bytes, why: str) -> None:
        self.failures += 1
        (self.keep / f"failure_{self.failures}").write_bytes(data)
        print(f"failure {self.failures}: {why}", file=sys.stderr, flush=True)

    def report(self) -> str:
        common = "\n".join(f"{count:8} {answer}" for answer, count in self.answers.most_common())
        growth = _memory() - self.start_memory
        lost = ", ".join(f"{count} by {why}" for why, count in ended.items()) or "none"
        return (
            f"{common}\nprocesses that did not come back: {lost}\n{self.runs} runs, {self.failures} failures, "
            f"slowest {self.slowest:.2f} s, memory grew by {growth:.0f} MB"
        )


def _memory() -> float:
    """The most memory that the process has held so far, MB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _inputs(good: list[bytes], rng: random.Random, seconds: float) -> Iterator[bytes]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield mutate(rng.choice(good), rng)


def _run_atheris(trial: Trial, good: list[bytes], corpus: Path, *, seconds: int, seed: int) -> None:
    """Coverage of zipfile, JSON and the checks guides the bytes; ends the process when the time is over."""
    import atexit

    import atheris

    for number, data in enumerate(good):
        (corpus / str(number)).write_bytes(data)
    atheris.instrument_all()
    atexit.register(lambda: print(trial.report()))
    options = [sys.argv[0], f"-max_total_time={seconds}", f"-seed={seed + 1}", "-max_len=65536", "-rss_limit_mb=4096"]
    atheris.Setup(
        [*options, str(corpus)],
        trial.run,
        custom_mutator=lambda data, most, number: mutate(atheris.Mutate(data, most), random.Random(number))[:most],
    )
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the check of model files.")
    parser.add_argument("--engine", choices=("own", "atheris"), default="own")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz_failures"), help="folder for inputs that fail")
    parser.add_argument("--replay", type=Path)
    chosen = parser.parse_args()
    if chosen.replay:
        print(check(chosen.replay))
        return 0
    chosen.keep.mkdir(exist_ok=True)
    import h5py  # noqa: F401 - once, not in each fork

    child.ask_another_process = ask_a_fork
    good = good_files()
    with tempfile.TemporaryDirectory() as scratch:
        trial = Trial(chosen.keep, Path(scratch))
        if chosen.engine == "atheris":
            (Path(scratch) / "corpus").mkdir()
            _run_atheris(trial, good, Path(scratch) / "corpus", seconds=chosen.seconds, seed=chosen.seed)
        for data in _inputs(good, random.Random(chosen.seed), chosen.seconds):
            trial.run(data)
    print(trial.report())
    return 1 if trial.failures else 0


if __name__ == "__main__":
    sys.exit(main())
