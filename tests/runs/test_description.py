"""From the values of a run to its manifest: every field from where it belongs."""

from pathlib import Path

import numpy as np

from scorecam_cli.faithfulness.compactness import compactness
from scorecam_cli.manifest import NotedClass, NotedScore, Seconds, WrittenFile
from scorecam_cli.records import ClassLabel, ClassMap, ClassScore, Explanation, ModelDescription, Photo, PhotoJob
from scorecam_cli.runs.description import describe, describe_model

MAP = np.array([[0, 1], [2, 5]], np.float32)
DOG = ClassScore(ClassLabel(2, "dog", "n02084071"), 0.7, 1.5)
CAT = ClassScore(ClassLabel(0, "cat"), 0.2, None)
MODEL = ModelDescription("net", "file", "default", "tf", "mid-grey", (127, 127, 127), (8, 9, 3), {"scorecam": "9"})
MADE = Explanation(
    classes=(ClassMap(DOG, MAP, 0.9), ClassMap(CAT, np.zeros((2, 2), np.float32), None)),
    method="score-cam",
    variant="paper",
    selection="representatives",
    layer="used",
    channels=12,
    live_channels=10,
    passes=4,
    batch_size=2,
    precision="float32",
    warnings=("of the maps",),
    grid=(2, 3),
    prefix=1,
)
PHOTO = Photo(np.zeros((3, 5, 3), np.uint8), "ab" * 32, ("of the photo",))
FILE = WrittenFile(size=1, sha256="cd" * 32, mtime_ns=3, inode=4)


def test_each_field_is_that_of_photo_model_maps_or_files():
    noted = describe(
        PhotoJob(Path("in/dog.jpg"), Path("out/dog.jpg")),
        PHOTO,
        MODEL,
        MADE,
        files=[{"npy": Path("out/dog.jpg.scorecam-2.npy")}, {}],
        outputs={"dog.jpg.scorecam-2.npy": FILE},
        predictions=(DOG, CAT),
        seconds=Seconds(1, 2),
        settings={"seed": 3},
    )
    assert (noted.photo, noted.photo_sha256, noted.width, noted.height) == ("in/dog.jpg", "ab" * 32, 5, 3)
    assert (noted.model, noted.weights, noted.preprocess, noted.closed_mask) == ("net", "file", "tf", "mid-grey")
    assert (noted.input, noted.versions) == ((8, 9, 3), {"scorecam": "9"})
    assert noted.fill is None
    for name in ("method", "variant", "selection", "layer", "channels", "live_channels", "passes", "batch_size"):
        assert getattr(noted, name) == getattr(MADE, name), name
    assert (noted.grid, noted.prefix) == ((2, 3), 1)
    assert noted.layer == "used"  # the layer that was looked at, not the model's default
    assert noted.warnings == ("of the photo", "of the maps")
    assert noted.outputs == {"dog.jpg.scorecam-2.npy": FILE}
    assert noted.predictions == (
        NotedScore(2, "dog", "n02084071", 0.7, 1.5),
        NotedScore(0, "cat", None, 0.2, None),
    )
    assert (noted.seconds, noted.settings) == (Seconds(1, 2), {"seed": 3})
    first, second = noted.classes
    assert first == NotedClass(
        *(2, "dog", "n02084071", 0.7, 1.5),
        map_min=0.0,
        map_max=5.0,
        compactness=compactness(MAP),
        estimated_correlation=0.9,
        files={"npy": "dog.jpg.scorecam-2.npy"},
    )
    assert (second.compactness, second.estimated_correlation, dict(second.files)) == (None, None, {})


def test_a_model_is_described_by_plain_values(tiny):
    described = describe_model(tiny)
    assert (described.name, described.layer, described.input) == (tiny.name, tiny.layer, (16, 16, 3))
    assert (described.preprocess, described.weights) == (tiny.preparation.name, "in memory")
    assert {"scorecam", "keras", "tensorflow"} <= set(described.versions)
