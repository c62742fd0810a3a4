"""The reader of photos under atheris: coverage of our own code guides the bytes; a fault stops it and keeps the file.

python -m tests.fuzz.reader --seconds 300    (pip install atheris)
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fuzz.photos import KINDS, originals, outcome


def main() -> None:
    """Run until the time is over or a file is neither a photo nor refused in a sentence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    import atheris

    atheris.instrument_all()

    def read(data: bytes) -> None:
        found = outcome(data)
        if found not in ("photo", "refused"):
            raise AssertionError(found)

    with tempfile.TemporaryDirectory(prefix="scorecam-fuzz-") as corpus:
        for kind in KINDS:
            for number, data in enumerate(originals(kind)):
                (Path(corpus) / f"{kind}-{number}").write_bytes(data)
        options = [f"-max_total_time={chosen.seconds}", f"-seed={chosen.seed}", "-max_len=65536", "-rss_limit_mb=4096"]
        atheris.Setup([sys.argv[0], *options, corpus], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
