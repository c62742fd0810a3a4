"""Score-CAM the slow and plain way: NumPy, one channel at a time, written from the paper and not from the package."""

import numpy as np

EPSILON = 1e-5


def upsample(grid, height, width):
    """Bilinear with half-pixel centres and clamped edges; [h, w] -> [height, width]."""
    return _axis(grid.shape[0], height) @ grid.astype(np.float64) @ _axis(grid.shape[1], width).T


def _axis(small, large):
    """[large, small] matrix of interpolation weights along one axis."""
    matrix = np.zeros((large, small))
    for row in range(large):
        position = min(max((row + 0.5) * small / large - 0.5, 0), small - 1)
        below = int(np.floor(position))
        above = min(below + 1, small - 1)
        matrix[row, below] += 1 - (position - below)
        matrix[row, above] += position - below
    return matrix


def softmax(logits):
    shifted = np.exp(np.asarray(logits, np.float64) - np.max(logits))
    return shifted / shifted.sum()


def score_cam(activations_of, logits_of, image, class_index, variant):
    """The map [H, W] of one class.

    activations_of: image [H, W, c] -> [h, w, K]. logits_of: image [H, W, c] -> [C].
    """
    height, width, _ = image.shape
    activations = activations_of(image)
    channels = activations.shape[2]
    ups, masks, weights = [], [], []
    closed = logits_of(np.zeros_like(image))[class_index]
    for k in range(channels):
        up = upsample(activations[:, :, k], height, width)
        constant = activations[:, :, k].max() == activations[:, :, k].min()
        mask = np.zeros_like(up) if constant else (up - up.min()) / (up.max() - up.min() + EPSILON)
        logits = logits_of((image * mask[:, :, None]).astype(np.float32)) if not constant else None
        if variant == "paper":
            weights.append(0.0 if constant else logits[class_index] - closed)
        else:
            weights.append(0.0 if constant else softmax(logits)[class_index])
        ups.append(up)
        masks.append(mask)
    if variant == "paper":
        weights = softmax(weights)
    summands = masks if variant == "article" else ups
    return np.maximum(sum(weight * summand for weight, summand in zip(weights, summands, strict=True)), 0)
