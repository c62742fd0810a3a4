"""How many threads the libraries that compute start; TensorFlow is not started to say so."""

from __future__ import annotations

import os

from threadpoolctl import threadpool_limits

# What they read when they start: TensorFlow for the work inside an operation and for operations beside each other.
VARIABLES = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def limit_threads(count: int) -> None:
    """Let whatever computes in this process from now on, and in those that it starts, use so many threads.

    Linear algebra that is loaded already follows; TensorFlow does not, once it has started.
    """
    os.environ.update(dict.fromkeys(VARIABLES, str(count)))
    threadpool_limits(count)
