"""Saved models of KerasHub: what is looked at in each, with a map that a plain loop confirms; and without KerasHub."""

import sys

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.errors import ModelError
from scorecam_cli.loading.own_models import load_model_file
from tests.saliency import oracle

keras_hub = pytest.importorskip("keras_hub")

from tests.loading import hub_models  # noqa: E402 - needs it

# Target layer, its grid, and the tokens before it; None where the layer makes a grid itself.
TARGETS = {
    "cspnet": ("csp_net_backbone/stage_1_block_0_dark_block_add", (8, 8), None),
    "deit": ("dei_t_backbone/deit_encoder/transformer_block_2/ln_1", (8, 8), 2),
    "densenet": ("dense_net_backbone/relu", (8, 8), None),
    "efficientnet": ("efficient_net_backbone/top_activation", (8, 8), None),
    "hgnetv2": ("head_last/head_last_relu", (4, 4), None),
    "mit": ("mi_t_backbone/output_level_1", (4, 4), None),
    "mobilenet": ("mobile_net_backbone/block_3_0/activation_7", (8, 8), None),
    "resnet": ("res_net_backbone/stack1_block0_out", (4, 4), None),
    "swin_transformer": ("swin_transformer_backbone/norm", (4, 4), 0),
    "vgg": ("head/fc2", (2, 2), None),
    "vit": ("vi_t_backbone/vit_encoder/transformer_block_2/ln_1", (8, 8), 1),
    "xception": ("xception_backbone/block2_sepconv2_act", (7, 7), None),
}
RGB = np.random.default_rng(0).integers(0, 256, (40, 44, 3), dtype=np.uint8)


def looped(classifier, image):
    """The article's map, one mask after the other through the model itself."""
    observation = classifier.observe(image)
    index = int(observation.answers.probabilities.argmax())
    summed = np.zeros(classifier.size)
    for grid in np.moveaxis(observation.activations.astype(np.float64), 2, 0):
        mask = oracle.upsample(grid, *classifier.size)
        mask = (mask - mask.min()) / (mask.max() - mask.min() + 1e-5)
        masked = (image * mask[:, :, None]).astype(np.float32)
        summed += float(classifier.observe(masked).answers.probabilities[index]) * mask
    return np.maximum(summed, 0)


def checked(family, folder):
    path = folder / f"{family}.keras"
    hub_models.FAMILIES[family]().save(path)
    keras.backend.clear_session()  # so that layers are numbered as in a fresh process
    classifier = scorecam_cli.wrap(path, preprocess="unit")
    print("|", family, "|", classifier.layer, "|", *classifier.grid, "|", classifier.prefix, "|")
    found = scorecam_cli.explain(RGB, classifier).classes[0].map
    expected = looped(classifier, classifier.prepare(RGB))
    assert expected.max() > 0
    np.testing.assert_allclose(found, expected, atol=1e-4 * expected.max())
    return classifier


@pytest.mark.parametrize(
    "family", [pytest.param(family, marks=[] if family == "vit" else [pytest.mark.slow]) for family in TARGETS]
)
def test_saved_classifier_of_keras_hub_is_explained_without_import(family, tmp_path):
    classifier = checked(family, tmp_path)
    assert (classifier.layer, classifier.grid, classifier.prefix) == TARGETS[family]


def test_without_keras_hub_its_name_in_pip_is_told(tmp_path, monkeypatch):
    path = tmp_path / "vit.keras"
    hub_models.FAMILIES["vit"]().save(path)
    monkeypatch.setitem(sys.modules, "keras_hub", None)  # as if it were not there
    with pytest.raises(ModelError, match=r"made of KerasHub's classes; install them with `pip install keras-hub`"):
        load_model_file(path)
