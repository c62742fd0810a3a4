"""Who has which photos, and what is given out again after a death."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from scorecam_cli.runs.handing_out import MOST_STRIKES, HandingOut


def handing_out(count, *, workers=1, most=8, ahead=1):
    out = HandingOut(most=most, ahead=ahead)
    out.add(range(count))
    for worker in range(workers):
        out.hire(worker)
    return out


def test_batches_grow_short_so_that_all_end_at_once():
    out, taken = handing_out(20, workers=2, most=4), []
    while batch := out.take(len(taken) % 2):
        taken.append(len(batch))
        for number in batch:
            out.done((len(taken) - 1) % 2, number)
    assert taken == [4, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1]  # of 20, 16, 12, 9, 7, 6 ...: a quarter, 4 at most, 1 at least


def test_a_worker_has_no_more_ahead_than_is_good_for_it():
    out = handing_out(9, most=1, ahead=2)
    assert [out.take(0), out.take(0), out.take(0)] == [(0,), (1,), ()]
    out.begun(0, 0)
    assert [out.take(0), out.take(0)] == [(2,), ()]
    out.done(0, 0)
    assert out.take(0) == ()
    assert out.held_by(0) == [1, 2]


def test_the_last_photos_are_left_to_those_that_have_none():
    out = handing_out(3, workers=2, most=1, ahead=3)
    assert out.take(0) == (0,)
    out.begun(0, 0)
    assert [out.take(0), out.take(0)] == [(1,), ()]
    assert out.take(1) == (2,)


def test_batch_that_kills_is_halved_until_the_one_photo_is_found():
    """8 photos at once, of which 5 kills; halves, by hand: 0-7, 4-7, 4-5, 5, 5."""
    out = handing_out(16, workers=1, most=8)
    assert out.take(0) == tuple(range(8))
    assert out.died(0, innocent=False) == ()
    had, given_up = [], []
    while batch := out.take(0):
        had.append(batch)
        if 5 in batch:
            given_up.extend(out.died(0, innocent=False))
        else:
            for number in batch:
                out.done(0, number)
    assert had[:6] == [(0, 1, 2, 3), (4, 5, 6, 7), (4, 5), (4,), (5,), (5,)]
    assert given_up == [5]
    assert had[6:8] == [(6, 7), (8, 9, 10, 11)]


def test_where_it_is_known_what_was_begun_that_photo_alone_is_tried_again_by_itself():
    out = handing_out(5, most=1, ahead=3)
    assert [out.take(0) for _ in range(3)] == [(0,), (1,), (2,)]
    out.begun(0, 0)
    assert out.died(0, innocent=False) == ()
    assert out.take(0) == (0,)
    assert out.take(0) == ()  # nothing beside it
    out.begun(0, 0)
    assert out.died(0, innocent=False) == (0,)
    assert [out.take(0) for _ in range(2)] == [(1,), (2,)]


def test_photo_that_was_written_while_the_next_one_killed_is_had_by_itself_and_not_given_up():
    out = handing_out(3, most=1, ahead=3)
    for _ in range(3):
        out.take(0)
    out.begun(0, 0)
    out.begun(0, 1)
    assert out.died(0, innocent=False) == ()
    assert out.take(0) == (0,)
    out.begun(0, 0)
    assert out.died(0, innocent=False) == ()  # its first: only the one that was computed had the blame before
    assert out.take(0) == (0,)
    out.done(0, 0)
    assert out.take(0) == (1,)
    out.begun(0, 1)
    assert out.died(0, innocent=False) == (1,)


def test_no_photo_is_blamed_where_the_machine_was_lost():
    out = handing_out(4, most=1, ahead=4)
    for _ in range(MOST_STRIKES + 3):
        assert [out.take(0) for _ in range(2)] == [(0,), (1,)]
        out.begun(0, 0)
        assert out.died(0, innocent=True) == ()


def test_others_run_dry_for_what_is_tried_again_only_where_nobody_is_free():
    out = handing_out(9, workers=2, most=1, ahead=3)
    out.take(0)
    out.take(1)
    out.begun(0, 0)
    out.died(0, innocent=False)
    assert out.take(1) == (2,)  # worker 0 is free for it
    out.dismiss(0)
    assert out.take(1) == ()
    out.done(1, 1)
    out.done(1, 2)
    assert out.take(1) == (0,)


@settings(max_examples=60, deadline=None)
@given(
    poison=st.sets(st.integers(0, 39), max_size=6),
    workers=st.integers(1, 4),
    most=st.integers(1, 8),
    knows=st.booleans(),
    accidents=st.integers(0, 10),
    seed=st.integers(0, 2**32),
)
def test_each_photo_comes_to_one_end_and_those_that_kill_are_found(poison, workers, most, knows, accidents, seed):
    """Workers do what they have in order; some photos kill, and some deaths are accidents of machines."""
    rng = random.Random(seed)
    out, ends, deaths = handing_out(40, workers=workers, most=most, ahead=2), [], 0
    while len(ends) < 40:
        worker = rng.randrange(workers)
        while out.take(worker):
            pass
        held = out.held_by(worker)
        if not held:
            continue
        if knows:
            out.begun(worker, held[0])
        if accidents and rng.random() < 0.1:
            accidents -= 1
            out.died(worker, innocent=True)
        elif held[0] in poison:
            deaths += 1
            ends.extend(out.died(worker, innocent=False))
        else:
            out.done(worker, held[0])
            ends.append(held[0])
    assert sorted(ends) == list(range(40))
    assert deaths <= len(poison) * (MOST_STRIKES if knows else MOST_STRIKES + 4)  # 8 is halved 3 times, rounded up
    assert out.waiting == 0
