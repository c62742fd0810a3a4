"""Randomised weights: which, how, in which order, and that all of them come back."""

import keras
import numpy as np
import pytest

import scorecam_cli
from scorecam_cli.errors import ModelError, UsageError
from scorecam_cli.faithfulness.sanity import cascading_randomisation, randomised, weighted_layers
from scorecam_cli.keras_engine.start import start
from tests.faithfulness.lamps import lamp_classifier
from tests.loading import model_zoo
from tests.saliency import tiny

RAMP = np.arange(256.0).reshape(16, 16).astype(np.float32)


def wrap(build):
    return scorecam_cli.wrap(build(), preprocess="none")


def weights_of(classifier):
    return [np.array(weight.numpy()) for weight in classifier.model.weights]


def changed(classifier, before):
    """Layers whose weights are not what they were: names, from the end of each weight's path."""
    pairs = zip(classifier.model.weights, before, strict=True)
    return {weight.path.split("/")[-2] for weight, old in pairs if not np.array_equal(weight.numpy(), old)}


def photo():
    return np.random.default_rng(8).uniform(0, 1, (16, 16, 3)).astype(np.float32)


def test_layers_are_randomised_from_the_top_one_after_the_other():
    classifier = wrap(model_zoo.nested)
    before, steps = weights_of(classifier), []

    def explain(live):
        steps.append(changed(live, before))
        return RAMP

    found = cascading_randomisation(classifier, explain)
    assert [stage.layers for stage in found] == [
        ("head",),
        ("backbone/conv_2",),
        ("backbone/norm_1",),
        ("backbone/conv_1",),
    ]
    order = ["head", "conv_2", "norm_1", "conv_1"]
    assert steps == [set(order[:count]) for count in range(5)]


def test_few_stages_share_the_layers_evenly():
    found = cascading_randomisation(wrap(model_zoo.nested), lambda live: RAMP, stages=3)
    assert [len(stage.layers) for stage in found] == [2, 1, 1]


def test_all_weights_come_back_bit_by_bit():
    classifier = wrap(model_zoo.batch_norm)
    before = weights_of(classifier)
    cascading_randomisation(classifier, lambda live: RAMP)
    assert not changed(classifier, before)


@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt])
def test_all_weights_come_back_where_the_explainer_stops(stop):
    classifier = wrap(model_zoo.batch_norm)
    before, calls = weights_of(classifier), []

    def explain(live):
        calls.append(changed(live, before))
        if len(calls) == 3:
            raise stop
        return RAMP

    with pytest.raises(stop):
        cascading_randomisation(classifier, explain)
    assert calls[-1]
    assert not changed(classifier, before)


def test_map_that_ignores_the_weights_keeps_its_order_and_one_that_shows_them_loses_it():
    # The photo of ones leaves the head's weights for the map: p = sigmoid(sum of weights), the map is the weights.
    values = np.random.default_rng(1).normal(0, 0.1, (16, 16))
    classifier = lamp_classifier(values)

    def head(live):
        return np.asarray(live.model.get_layer("head").kernel).reshape(16, 16)

    (first, _) = cascading_randomisation(classifier, head)
    assert abs(first.correlation) < 4 / 16  # four standard errors of 256 independent pixels
    for stage in cascading_randomisation(classifier, lambda live: RAMP):
        assert stage.correlation == pytest.approx(1, abs=1e-12)


def test_the_seed_decides_what_is_drawn():
    def heads(seed):
        drawn = []
        cascading_randomisation(
            wrap(model_zoo.functional),
            lambda live: drawn.append(live.model.get_layer("head").get_weights()[0]) or RAMP,
            seed=seed,
        )
        return drawn[1]

    np.testing.assert_array_equal(heads(1), heads(1))
    assert (heads(1) != heads(2)).all()


def test_drawn_numbers_have_mean_and_spread_of_those_they_replace():
    random = np.random.default_rng(0)
    old = random.uniform(-1, 3, (50, 40)).astype(np.float32)
    new = randomised(old, random)
    assert new.shape == old.shape
    assert new.dtype == old.dtype
    error = old.std() / np.sqrt(old.size)
    assert abs(new.mean() - old.mean()) < 5 * error
    assert abs(new.std() - old.std()) < 5 * error
    assert new.max() > 3.5  # normal, not uniform
    assert abs(np.corrcoef(old.ravel(), new.ravel())[0, 1]) < 0.1


def test_numbers_that_are_never_negative_are_shuffled():
    variances = np.random.default_rng(0).uniform(0, 2, 60).astype(np.float32)
    new = randomised(variances, np.random.default_rng(1))
    np.testing.assert_array_equal(np.sort(new), np.sort(variances))
    assert (new != variances).mean() > 0.8


@pytest.mark.parametrize(
    "build",
    [model_zoo.nested, model_zoo.subclassed, model_zoo.listed_blocks, model_zoo.shared_layers, model_zoo.custom_layer],
    ids=lambda build: build.__name__,
)
def test_every_weight_belongs_to_one_layer(build):
    classifier = wrap(build)
    layers = weighted_layers(classifier.network)
    found = [id(variable) for layer in layers for variable in layer.variables]
    assert len(found) == len(set(found))
    assert set(found) == {id(weight) for weight in classifier.model.weights}
    assert layers[-1].path == "head"


def test_layers_that_prepare_the_photo_keep_their_weights():
    classifier = wrap(model_zoo.normalization)
    assert classifier.model.get_layer("normalize").weights
    assert "normalize" not in [layer.path for layer in weighted_layers(classifier.network)]
    found = cascading_randomisation(classifier, lambda live: RAMP, stages=50)
    assert "normalize" not in [path for stage in found for path in stage.layers]


def test_model_called_on_a_tensor_of_plain_tensorflow_is_taken_layer_by_layer():
    _, tf = start()
    backbone = keras.Sequential([keras.Input((16, 16, 3)), keras.layers.Conv2D(2, 3, name="inner")], name="backbone")
    head = keras.layers.Dense(3, name="head")

    class Plain(keras.Model):
        def call(self, inputs):
            return head(tf.reduce_mean(backbone(tf.square(inputs)), [1, 2]))

    model = Plain()
    model.backbone, model.top = backbone, head
    model(np.zeros((1, 16, 16, 3), np.float32))
    classifier = scorecam_cli.wrap(model, preprocess="none", input_size=(16, 16))
    assert [layer.path for layer in weighted_layers(classifier.network)] == ["backbone/inner", "head"]


def test_frozen_passes_are_replaced_by_passes_that_follow_the_weights():
    frozen = wrap(model_zoo.batch_norm)
    frozen.frozen = True
    image = photo()
    before = frozen.photo_answers(1, lambda first, last: image[None]).probabilities
    live = frozen.unfrozen()
    assert not live.frozen
    assert live.model is frozen.model
    np.testing.assert_allclose(live.photo_answers(1, lambda *_: image[None]).probabilities, before, atol=1e-6)
    seen = []

    def explain(classifier):
        seen.append(classifier.photo_answers(1, lambda *_: image[None]).probabilities)
        return RAMP

    cascading_randomisation(frozen, explain, stages=1)
    assert np.abs(seen[1] - before).max() > 1e-3
    np.testing.assert_array_equal(frozen.photo_answers(1, lambda *_: image[None]).probabilities, before)


def test_classifier_that_follows_its_weights_already_is_kept():
    classifier = wrap(model_zoo.functional)
    assert classifier.unfrozen() is classifier


def test_score_cam_is_explained_anew_at_each_stage():
    classifier, image, maps = wrap(model_zoo.batch_norm), photo(), []

    def explain(live):
        maps.append(tiny.explain_on("score-cam", live, image, [1]).classes[0].map)
        return maps[-1]

    found = cascading_randomisation(classifier, explain)
    assert len(maps) == len(found) + 1
    assert all((each != maps[0]).any() for each in maps[1:])
    np.testing.assert_array_equal(explain(classifier), maps[0])


def test_requests_that_make_no_sense_are_refused():
    with pytest.raises(UsageError, match="0 stages"):
        cascading_randomisation(wrap(model_zoo.functional), lambda live: RAMP, stages=0)
    image = keras.Input((16, 16, 3))
    grid = keras.layers.AveragePooling2D(2)(image)
    model = keras.Model(image, keras.layers.Softmax()(keras.layers.GlobalAveragePooling2D()(grid)))
    with pytest.raises(ModelError, match="no layer with weights"):
        cascading_randomisation(scorecam_cli.wrap(model, preprocess="none"), lambda live: RAMP)
