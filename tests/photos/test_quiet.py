"""Libraries are silent while they work, and the process's warning filters are afterwards what they were."""

import threading
import warnings

import pytest

from scorecam_cli.photos.quiet import quiet_warnings


def warn_and_fail():
    with quiet_warnings():
        warnings.warn("not for the user", stacklevel=1)
        raise KeyError


def test_no_warning_is_shown_and_an_error_puts_the_filters_back():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        with pytest.raises(KeyError):
            warn_and_fail()
        assert not caught
        assert list(warnings.filters) == before


def test_threads_that_leave_in_the_order_in_which_they_came_leave_the_filters_as_they_were():
    second_inside, first_gone = threading.Event(), threading.Event()

    def second():
        with quiet_warnings():
            second_inside.set()
            first_gone.wait(5)
            warnings.warn("not for the user", stacklevel=1)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        other = threading.Thread(target=second)
        with quiet_warnings():
            other.start()
            second_inside.wait(5)
        first_gone.set()
        other.join(5)
        assert not caught
        assert list(warnings.filters) == before
