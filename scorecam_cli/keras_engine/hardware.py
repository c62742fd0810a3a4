"""What the machine has: number formats and free memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from scorecam_cli.choices import Precision
from scorecam_cli.errors import UsageError
from scorecam_cli.keras_engine.sharing import part_of
from scorecam_cli.keras_engine.start import tf

CPU_BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16"})  # names of the features in /proc/cpuinfo


# Rewrites that TensorFlow applies to a graph before it runs it: convolutions and products in the smaller format.
_REWRITES = {Precision.BFLOAT16: "auto_mixed_precision_onednn_bfloat16", Precision.FLOAT16: "auto_mixed_precision"}
# What the bfloat16 rewrite leaves in float32: rounding around depthwise convolutions is what spoils a map
# (EfficientNetLite0, one photo: correlation 0.9968 with the map in float32, 0.9998 without), and they save little.
_KEPT = {
    "TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_ALLOWLIST_REMOVE": "DepthwiseConv2dNative",
    "TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_DENYLIST_ADD": "DepthwiseConv2dNative",
}


def check_precision(precision: Precision, *, device: str) -> None:
    """Refuse a number format that this hardware would only imitate, slower than float32.

    Raises:
        UsageError: it is not on this hardware.
    """
    on_gpu = "GPU" in device
    if precision == Precision.FLOAT16 and not on_gpu:
        raise UsageError("--precision float16 needs a GPU; on a CPU use bfloat16, where it has that, or float32")
    if precision == Precision.BFLOAT16 and on_gpu:
        raise UsageError("--precision bfloat16 is for CPUs; on a GPU use float16 or float32")
    if precision == Precision.BFLOAT16 and not CPU_BFLOAT16 & cpu_features():
        raise UsageError(
            "--precision bfloat16 needs a CPU with AVX512-BF16 or AMX, which this one does not have; use float32"
        )


@contextmanager
def computing_in(precision: Precision) -> Iterator[None]:
    """Functions called inside run in this number format."""
    rewrite = _REWRITES.get(precision)
    if rewrite is None:
        yield
        return
    if precision == Precision.BFLOAT16:
        for name, operations in _KEPT.items():  # read by the rewrite alone; taking them back would race with threads
            os.environ.setdefault(name, operations)
    tf.config.optimizer.set_experimental_options({rewrite: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({rewrite: False})


def cpu_features() -> frozenset[str]:
    """Names of the CPU's features as Linux gives them; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text("ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.split(":", 1)[1].split() for line in lines if line.startswith("flags")), []))


def free_memory() -> int:
    """Bytes that this process can still have: without swapping, as the system estimates, and within its own limit.

    Of what is free on the machine, its part, where several processes share a run.
    """
    free = part_of(int(psutil.virtual_memory().available))
    if not hasattr(psutil, "RLIMIT_AS"):  # systems that do not tell of a limit
        return free
    process = psutil.Process()
    limit, _ = process.rlimit(psutil.RLIMIT_AS)
    if limit == psutil.RLIM_INFINITY:
        return free
    return max(0, min(free, int(limit) - int(process.memory_info().vms)))
