"""Manifests for tests: whole ones, of which a test changes what it is about."""

from scorecam_cli.manifest import Manifest, NotedClass, Seconds


def noted_class(index=242, **changes):
    """A class with a map and one file."""
    values = {
        "name": "boxer",
        "wnid": None,
        "probability": 0.42,
        "logit": 9.1,
        "map_min": 0.5,
        "map_max": 20.0,
        "estimated_correlation": 1.0,
        "files": {"heatmap": f"dog.jpg.scorecam-{index}-heatmap.png"},
    }
    return NotedClass(index=index, **{**values, **changes})


def noted_manifest(**changes):
    """What a run notes of one photo; values by the names of the record's fields."""
    values = {
        "photo": "dog.jpg",
        "photo_sha256": "ab" * 32,
        "width": 60,
        "height": 40,
        "model": "TestNet",
        "weights": "imagenet",
        "layer": "top",
        "method": "score-cam",
        "variant": "article",
        "precision": "float32",
        "preprocess": "caffe",
        "closed_mask": "the mean colour of ImageNet",
        "input": (224, 224, 3),
        "channels": 8,
        "live_channels": 6,
        "passes": 5,
        "batch_size": 32,
        "classes": (noted_class(),),
        "warnings": (),
        "versions": {"scorecam": "0.1.0"},
        "seconds": Seconds(passes=1.0, total=1.25),
        "settings": {"colormap": "turbo", "alpha": 0.5},
    }
    return Manifest(**{**values, **changes})
