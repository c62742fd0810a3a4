"""Settings that must stand before Keras is imported by any test."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

# Each process of tests computes on its share of the cores: with as many threads as cores each they wait for each other.
_PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if _PROCESSES > 1:
    _THREADS = str(max(1, (os.cpu_count() or 1) // _PROCESSES))
    for _name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(_name, _THREADS)

from tests.buckets import bucket, refusing  # noqa: E402, F401 - fixtures of several rooms
