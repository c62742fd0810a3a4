"""Where memory is limited, a sentence names it and the exit code is 1."""

import os
import resource
import subprocess
import sys

import pytest

from scorecam_cli.cli import memory
from scorecam_cli.cli.memory import shortage


@pytest.mark.parametrize(("megabytes", "code"), [(60, 1), (200, 1), (1000, 3)])
def test_run_without_the_memory_it_needs_ends_with_one_sentence(photo, tiny_model, megabytes, code):
    limit = megabytes * 10**6
    # NumPy with as many threads as cores, as a user has it, whatever the tests are told: with fewer it needs less.
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-m", "scorecam_cli", "explain", photo, "-m", tiny_model, "-c", "1", "-q"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        env=free,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith(f"scorecam: not enough memory: this process may take {megabytes:,} MB (ulimit -v)")


def test_memory_is_named_only_where_it_is_the_cause(monkeypatch):
    assert "not enough memory" in shortage(MemoryError())
    assert shortage(ImportError("no module named so")) is None
    monkeypatch.setattr(memory, "_limit", lambda: 10**9)
    assert "1,000 MB" in shortage(ImportError("failed to map segment from shared object"))
    assert shortage(KeyError("a fault of the program")) is None
