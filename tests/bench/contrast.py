"""One class against another: `python -m tests.bench.contrast [--pairs N]`.

The photos of the package foolbox whose two most probable classes are closest, in log-odds by EfficientNetLite0: maps of
the first class by itself and against the second, and areas under the curves of the log-odds while the positions of
largest value are deleted (to 0) or inserted (into the blurred photo).
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import foolbox
import numpy as np
from scipy.ndimage import gaussian_filter

import scorecam_cli
from scorecam_cli.photos.read import read_photo
from scorecam_cli.saliency.contrast import odds, shares
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.question import Question
from scorecam_cli.saliency.regression import Regression, centred_weights
from scorecam_cli.saliency.upsampling import upsample

STEPS, BLUR = 14, 11.0
REFERENCE = "article, by itself"


def pairs(classifier, count):
    """The photos of closest pairs: question about the first class against the second."""
    found = []
    for path in sorted((Path(foolbox.__file__).parent / "data").glob("imagenet_*")):
        asked = Question.about(classifier, read_photo(path).pixels, against="next")
        found.append((float(gap(asked, asked.observation.answers.as_rows)[0]), path.name, asked))
    return sorted(found, key=lambda each: each[:2])[:count]


def gap(asked, answers):
    return odds(answers, asked.class_indices, asked.others, exclusive=True)[:, 0]


def maps(asked):
    """By name: every mask is passed once."""
    live = asked.live
    grids = np.ascontiguousarray(asked.observation.activations[:, :, live].transpose(2, 0, 1))  # [N, h, w]
    masked = asked.classifier.masked_answers(asked.image, grids, batch_size=32, on_passes=lambda _: None)
    spans = (masked.highs - masked.lows + 1e-5)[:, None, None]
    masks = ((grids - masked.lows[:, None, None]) / spans).reshape(len(live), -1).astype(np.float64)  # [N, P]
    own, other = (
        masked.answers.probabilities[:, at].astype(np.float64) for at in (*asked.class_indices, *asked.others)
    )
    y = gap(asked, masked.answers)
    found = {
        REFERENCE: own @ masks,
        "article, share": shares(y) @ masks,
        "article, p_c - p_d": np.maximum(own - other, 0) @ masks,
        "article, p_c times share": (own * shares(y)) @ masks,
        "article, log-odds": np.maximum(y, 0) @ masks,
    }
    for name, answers in (("by itself", own), ("share", shares(y)), ("p_c - p_d", own - other), ("log-odds", y)):
        found[f"centred, {name}"] = centred_weights(answers) @ masks
        found[f"fitted, {name}"] = Regression.on(masks).contributions(answers)
    shape = asked.observation.activations.shape[:2]
    drawn = {name: upsample(each.reshape(shape).astype(np.float32), asked.size) for name, each in found.items()}
    for method in ("grad-cam", "grad-cam++", "layer-cam"):
        drawn[f"{method}, by itself"] = explain_with(method, replace(asked, others=())).classes[0].map
        drawn[f"{method}, contrast"] = explain_with(method, asked).classes[0].map
    drawn["random"] = explain_with("random", replace(asked, others=())).classes[0].map
    return {name: np.maximum(each, 0) for name, each in drawn.items()}


def areas(asked, saliency):
    """(deletion, insertion) of the log-odds."""
    ranks = np.empty(saliency.size, int)
    ranks[np.argsort(-saliency.ravel(), kind="stable")] = np.arange(saliency.size)
    ranks = ranks.reshape(saliency.shape)
    first = [(ranks < saliency.size * step // STEPS)[..., None] for step in range(STEPS + 1)]
    blurred = gaussian_filter(asked.image, (BLUR, BLUR, 0))
    images = [np.where(top, 0, asked.image) for top in first] + [np.where(top, asked.image, blurred) for top in first]
    stacked = np.stack(images).astype(np.float32)
    curves = gap(asked, asked.model.photo_answers(len(stacked), lambda a, b: stacked[a:b], batch_size=30))
    return [float(np.trapezoid(each, dx=1 / STEPS)) for each in np.split(curves, 2)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=10)
    classifier = scorecam_cli.wrap("EfficientNetLite0")
    rows = {}
    for distance, name, asked in pairs(classifier, parser.parse_args().pairs):
        labels = [classifier.labels[at].name for at in (*asked.class_indices, *asked.others)]
        print(f"{name}: {labels[0]} against {labels[1]}, log-odds {distance:.2f}", flush=True)
        for each, saliency in maps(asked).items():
            rows.setdefault(each, []).append(areas(asked, saliency))
    first = np.array(rows[REFERENCE])
    for name, values in rows.items():
        numbers = np.array(values)
        ahead = (numbers[:, 1] - numbers[:, 0]) - (first[:, 1] - first[:, 0])
        error = ahead.std(ddof=1) / len(ahead) ** 0.5 if len(ahead) > 1 else 0.0
        deletion, insertion = numbers.mean(axis=0)
        print(f"| {name} | {deletion:.2f} | {insertion:.2f} | {ahead.mean():+.2f} ± {error:.2f} |")


if __name__ == "__main__":
    main()
