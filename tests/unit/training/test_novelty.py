"""A night with little that is new does not search; it says so and costs nothing."""

from datetime import date

import pytest

from nightschool.errors import DataError, NoData
from nightschool.records import Example, Night, SearchPolicy, Splits
from nightschool.training import note_search, require_news

POLICY = SearchPolicy(min_new_examples=3)


def a_night(day, **fields):
    return Night(target="support/math", run_date=date(2026, 11, day), **fields)


def sets(numbers, held_out=()):
    def some(chosen):
        return tuple(Example(example_id=f"{n}", session_id=f"{n}", question=f"What is {n} and 1?") for n in chosen)

    numbers = list(numbers)
    return Splits(train=some(numbers[::2]), validation=some(numbers[1::2]), held_out=some(held_out))


def test_a_first_search_needs_nothing_new(tmp_path):
    require_news(a_night(1), sets(range(2)), POLICY, tmp_path)


@pytest.mark.parametrize(("tonight", "said"), [(range(11), "is 1 new example "), (range(5, 12), "are 2 new examples ")])
def test_with_too_little_news_the_night_ends_and_says_why(tmp_path, tonight, said):
    note_search(a_night(1), sets(range(10)), tmp_path)
    with pytest.raises(NoData, match=f"since the one of 2026-11-01 there {said}.*fewer than 3"):
        require_news(a_night(2), sets(tonight, held_out=range(50, 90)), POLICY, tmp_path)


def test_enough_news_search_again_whichever_set_they_are_in(tmp_path):
    note_search(a_night(1), sets(range(10)), tmp_path)
    require_news(a_night(2), sets(range(4, 13)), POLICY, tmp_path)
    require_news(a_night(2), sets(range(10)), SearchPolicy(min_new_examples=0), tmp_path)


def test_the_last_search_counts_of_this_target_on_this_track_and_before_this_night(tmp_path):
    note_search(a_night(1), sets(range(10)), tmp_path)
    note_search(a_night(2), sets(range(20)), tmp_path)
    with pytest.raises(NoData, match="2026-11-02"):
        require_news(a_night(3), sets(range(21)), POLICY, tmp_path)
    require_news(a_night(1, track="backfill"), sets(range(10)), POLICY, tmp_path)
    require_news(Night(target="support", run_date=date(2026, 11, 3)), sets(range(10)), POLICY, tmp_path)


def test_a_night_that_has_searched_is_the_same_night_whatever_came_in_between(tmp_path):
    note_search(a_night(2), sets(range(10)), tmp_path)
    note_search(a_night(1), sets(range(10)), tmp_path)
    require_news(a_night(2), sets(range(10)), POLICY, tmp_path)


def test_a_note_that_cannot_be_read_is_named(tmp_path):
    note_search(a_night(1), sets(range(10)), tmp_path)
    (note,) = tmp_path.rglob("*.json")
    note.write_text("{")
    with pytest.raises(DataError, match=note.name):
        require_news(a_night(2), sets(range(10)), POLICY, tmp_path)
