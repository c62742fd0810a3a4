"""Maps of a regression: of the output itself, wherever its zero lies."""

import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.errors import UsageError
from scorecam_cli.saliency.methods import METHODS
from tests.saliency import tiny

OF_OUTPUTS = [name for name, method in METHODS.items() if method.of_outputs or method.by_gradients]
FEW = {"rise": 8, "smoothgrad": 2, "integrated-gradients": 2, "faster-score-cam": 3, "opti-cam": 3}


RAISED = int(np.diff(np.asarray(tiny.seeing(None)(np.stack([tiny.photo() * 0, tiny.photo()]))), axis=0).argmax())


def asked(model, image, index=RAISED):
    """The output that the photo raises most, of a regression."""
    return scorecam_cli.wrap(model, preprocess="none", head="linear"), image, [index]


def shifted(model, by):
    """The same model with outputs that are larger by so much."""
    head = model.get_layer("head")
    head.set_weights([head.get_weights()[0], head.get_weights()[1] + by])
    return model


@pytest.mark.parametrize("variant", ["article", "official"])
def test_score_cam_weighs_a_mask_by_how_far_it_raises_the_output_over_that_of_the_closed_photo(variant):
    model, image = shifted(tiny.seeing(None), 35), tiny.photo()
    classifier = scorecam_cli.wrap(model, preprocess="none", head="linear")
    activations = classifier.observe(image).activations.astype(np.float64)  # as large as the photo: no upsampling
    expected = np.zeros((16, 16))
    for grid in np.moveaxis(activations, 2, 0):
        mask = (grid - grid.min()) / (np.ptp(grid) + 1e-5)
        both = np.stack([image * mask[..., None], image * 0]).astype(np.float32)
        seen, closed = np.asarray(model(both), np.float64)[:, RAISED]
        expected += (seen - closed) * (mask if variant == "article" else grid)
    found = tiny.explain_on("score-cam", *asked(model, image), variant=variant).classes[0]
    assert tiny.difference(found.map, np.maximum(expected, 0), f"regression, {variant}") < 1e-4
    assert (found.score.probability, found.score.logit) == (None, None)
    assert found.score.output == pytest.approx(float(model(image[None])[0, RAISED]), rel=1e-5)
    assert found.score.said == f"output {found.score.output:.4g}"


@pytest.mark.parametrize("name", [name for name in OF_OUTPUTS if name not in ("cam", "eigen-cam", "random")])
def test_map_does_not_depend_on_where_the_zero_of_an_output_lies(name):
    maps = [
        tiny.explain_on(name, *asked(shifted(tiny.seeing(None), by), tiny.photo()), passes=FEW.get(name)).classes[0].map
        for by in (0, 16)
    ]
    assert maps[0].any()
    np.testing.assert_allclose(maps[0], maps[1], atol=1e-3 * maps[0].max())


def test_cam_of_one_output_is_the_weighted_sum_of_the_channels():
    found = tiny.explain_on("cam", *asked(tiny.lamps(None), tiny.lit(), 0))
    expected = tiny.lit()[..., :2] @ tiny.V[:, 0]  # [4, 4]
    np.testing.assert_allclose(found.classes[0].map, np.maximum(expected, 0), atol=1e-5)


@pytest.mark.parametrize("name", [name for name in METHODS if name not in OF_OUTPUTS])
def test_method_that_is_made_of_probabilities_refuses_outputs(name):
    with pytest.raises(UsageError, match="is made of probabilities or logits, not of outputs; use one of score-cam, "):
        tiny.explain_on(name, *asked(tiny.seeing(None), tiny.photo()))


def test_paper_refuses_outputs():
    with pytest.raises(UsageError, match="--variant paper is a softmax over logits"):
        tiny.explain_on("score-cam", *asked(tiny.seeing(None), tiny.photo()), variant="paper")


def test_fewer_passes_infer_rises_of_either_sign():
    found = tiny.explain_on("score-cam", *asked(shifted(tiny.seeing(None), -1000), tiny.photo()), passes=4)
    assert np.isfinite(found.classes[0].map).all()
    assert 0 < found.classes[0].estimated_correlation <= 1
