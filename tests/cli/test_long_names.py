"""A name that is too long for any file is a sentence in every option that names one."""

import pytest


@pytest.mark.parametrize("option", ["--weights", "--log", "--labels", "--files-from", "--retry-failed", "--import"])
def test_options_that_name_files_take_any_name(scorecam, photo, option):
    done = scorecam("explain", photo, option, "n" * 300, "--offline")
    assert (done.code, done.out) == (2, "")


@pytest.mark.parametrize("option", ["--truth", "--boxes", "--masks"])
def test_so_do_those_of_an_evaluation(scorecam, photo, option):
    assert scorecam("evaluate", photo, option, "n" * 300, "--offline").code == 2
