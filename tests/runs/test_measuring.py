"""All measures of several maps of one photo: every number as if the map were alone, and nothing asked twice."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from scorecam_cli.choices import Measure
from scorecam_cli.config import EvaluateConfig, ModelSettings, PhotoSettings
from scorecam_cli.errors import NumericsError
from scorecam_cli.runs.measuring import STABILITY_SAMPLES, MadeMap, measured
from scorecam_cli.saliency.explaining import explain_with
from scorecam_cli.saliency.question import Question

METHODS = ("score-cam", "gradient", "random")


@pytest.fixture
def asked(tiny, jobs):
    return Question.about(tiny, np.asarray(Image.open(jobs[0].photo)), asked=("2",))


@pytest.fixture
def made(tiny, asked):
    """The maps of some methods, for some measures."""

    def start(*measures, methods=METHODS, explain=explain_with):
        config = EvaluateConfig(PhotoSettings(), ModelSettings(), methods, measures=measures)
        return [
            MadeMap(
                config,
                asked,
                explain_with(method, asked).classes[0].map,
                lambda question, method=method: explain(method, question).classes[0].map,
                tiny.unfrozen,
                None,
            )
            for method in methods
        ]

    return start


@pytest.fixture
def counted(tiny, monkeypatch):
    """How many photos the model sees, by how it is asked."""
    found = Counter()
    for name, number in (("photo_answers", lambda count, *_: count), ("observe", lambda *_: 1)):
        real = getattr(type(tiny), name)

        def noting(self, *arguments, real=real, name=name, number=number, **options):
            found[name] += number(*arguments)
            return real(self, *arguments, **options)

        monkeypatch.setattr(type(tiny), name, noting)
    return found


def test_every_number_of_a_map_is_the_one_that_it_has_alone(made):
    maps = made(*(measure for measure in Measure if measure != Measure.POINTING))
    for each, together in zip(maps, measured(maps), strict=True):
        (alone,) = measured([each])
        assert list(alone) == list(together)
        for name, value in alone.items():
            np.testing.assert_array_equal(together[name], value, err_msg=name)


def test_no_picture_of_the_photo_is_shown_twice(made, counted):
    measured(made("drop", "curves"))
    # the photo, the empty and the blurred one; of each map 27 steps of both curves, its whole and its top
    assert counted["photo_answers"] == pytest.approx(3 + 3 * (54 + 2), abs=1)
    counted.clear()
    maps = made("drop", "curves", methods=("gradient", "gradient"))
    measured(maps)
    assert counted["photo_answers"] == pytest.approx(3 + 54 + 2, abs=1)


def test_a_changed_photo_is_observed_once_for_all_methods_and_no_map_is_made_again(made, counted):
    asked = Counter()

    def explain(method, question):
        asked[method] += 1
        return explain_with(method, question)

    maps = made("stability", explain=explain)
    counted.clear()
    measured(maps)
    assert asked == dict.fromkeys(METHODS, STABILITY_SAMPLES)
    assert counted["observe"] == STABILITY_SAMPLES


def test_weights_are_randomised_once_for_all_methods(made, counted, monkeypatch):
    from scorecam_cli.faithfulness import sanity

    drawn = Counter()
    real = sanity.randomised

    def noting(values, random):
        drawn["arrays"] += 1
        return real(values, random)

    monkeypatch.setattr(sanity, "randomised", noting)
    maps = made("sanity")
    measured(maps[:1])
    alone = drawn["arrays"]
    counted.clear()
    found = measured(maps)
    assert drawn["arrays"] == 2 * alone > 0
    assert counted["observe"] == len(found[0]["sanity"]) + 1


def test_a_method_that_finds_no_number_under_random_weights_leaves_the_others_theirs(made):
    asked = Counter()

    def explain(method, question):
        asked[method] += 1
        if method == "gradient" and asked[method] > 2:
            raise NumericsError("infinity")
        return explain_with(method, question)

    found = measured(made("sanity", explain=explain))
    assert ["sanity" in cells for cells in found] == [True, False, True]
    assert asked["gradient"] == 3
    assert found[0] == measured(made("sanity", methods=("score-cam",)))[0]


def test_a_map_that_is_zero_is_explained_no_other_time(made, asked):
    (zero, other) = made("stability", methods=("random", "gradient"))
    zero = MadeMap(zero.config, asked, np.zeros_like(zero.saliency), pytest.fail, zero.unfrozen, None)
    found = measured([zero, other])
    assert found[0] == {"sensitivity": None}
    assert found[1]["sensitivity"] > 0
