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


def score_cam(activations_of, logits_of, image, class_index, hidden=None):
    """The maps [H, W] of one class, by variant, all from the same passes.

    activations_of: image [H, W, c] -> [h, w, K]. logits_of: image [H, W, c] -> [C]. hidden: [H, W, c], what is seen
    where a mask is closed; None: zeros.
    """
    height, width, _ = image.shape
    activations = activations_of(image)
    hidden = np.zeros_like(image) if hidden is None else hidden
    closed = logits_of(hidden)[class_index]
    ups, masks, probabilities, rises = [], [], [], []
    for k in range(activations.shape[2]):
        grid = activations[:, :, k]
        up = upsample(grid, height, width)
        if grid.max() == grid.min():  # its mask is zero: nothing is seen, nothing is added
            mask, probability, rise = np.zeros_like(up), 0.0, 0.0
        else:
            mask = (up - up.min()) / (up.max() - up.min() + EPSILON)
            logits = logits_of((image * mask[:, :, None] + hidden * (1 - mask[:, :, None])).astype(np.float32))
            probability, rise = softmax(logits)[class_index], logits[class_index] - closed
        ups.append(up)
        masks.append(mask)
        probabilities.append(probability)
        rises.append(rise)
    sums = {
        "article": zip(probabilities, masks, strict=True),
        "official": zip(probabilities, ups, strict=True),
        "paper": zip(softmax(rises), ups, strict=True),
    }
    maps = {variant: np.maximum(sum(weight * part for weight, part in sums[variant]), 0) for variant in sums}
    return maps | regressed(activations, ups, np.array(probabilities), height, width)


def regressed(activations, ups, probabilities, height, width):
    """`centred` and `fitted`, by least squares with the penalty as further answers; too few answers: both centred."""
    live = [k for k in range(activations.shape[2]) if ups[k].max() > ups[k].min()]
    seen = [(activations[:, :, k] - ups[k].min()) / (ups[k].max() - ups[k].min() + EPSILON) for k in live]
    masks = np.array([grid.ravel() for grid in seen], np.float64)  # [N, P]
    answers = probabilities[live] - probabilities[live].mean()
    apart = masks - masks.mean(axis=0)
    centred = fitted = sum(answer * mask for answer, mask in zip(answers, masks, strict=True))
    if len(live) >= 16:
        root = np.sqrt((apart**2).sum() / 16)
        rows = np.concatenate([apart, root * np.eye(apart.shape[1])])
        fitted = np.linalg.lstsq(rows, np.concatenate([answers, np.zeros(apart.shape[1])]), rcond=None)[0]
    grids = {"centred": centred, "fitted": fitted}
    return {
        name: np.maximum(upsample(grid.reshape(activations.shape[:2]), height, width), 0)
        for name, grid in grids.items()
    }
