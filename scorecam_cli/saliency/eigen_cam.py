"""Eigen-CAM: the first principal component of the activations, whatever the class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scorecam_cli.saliency.maps import Maps, MethodSettings, OnPasses, from_grids
from scorecam_cli.saliency.method import Method, Source
from scorecam_cli.saliency.question import Question


def eigen_cam(asked: Question, settings: MethodSettings, on_passes: OnPasses) -> Maps:
    """`L = ReLU(A v)`, v the first right singular vector of the activations as a matrix [h * w, K], not centred.

    The sign of a singular vector is free: that is taken with which the values of A v sum to more than 0. Where no
    activation is negative, no value of A v is, so nothing is cut. No class is asked about: the map is the same for all.

    Returns:
        Maps float32 [H, W] >= 0: cut at 0 on the grid, then upsampled; no pass beside the unmasked one.

    Source: Muhammad & Yeasin 2020, "Eigen-CAM: Class Activation Map using Principal Components", arXiv:2008.00299.
    """
    grid = first_component(asked.observation.activations)  # [h, w]
    (saliency,) = from_grids([grid], asked.size)
    classes = len(asked.class_indices)
    same = "eigen-cam looks at no class: the map is the same for each"
    return Maps((saliency,) * classes, 0, warnings=(same,) if classes > 1 else (), why_flat="every activation is zero")


def first_component(activations: NDArray[np.float32]) -> NDArray[np.float64]:
    """What of float32 [h, w, K] lies along its first right singular vector, float64 [h, w], its sum not below 0."""
    height, width, channels = activations.shape
    matrix = activations.astype(np.float64).reshape(-1, channels)  # [h * w, K]
    left, sizes, _ = np.linalg.svd(matrix, full_matrices=False)
    along = left[:, 0] * sizes[0]
    return np.asarray(along if along.sum() >= 0 else -along).reshape(height, width)


METHOD = Method(
    name="eigen-cam",
    summary="first principal component of the activations, of no class",
    run=eigen_cam,
    planned=lambda work: 0,
    passes="none",
    source=Source("Muhammad & Yeasin", 2020, "arXiv:2008.00299"),
    of_outputs=True,
    of_classes=False,
)
