"""A promotion that turns out to be a loss is taken back; one that holds, or chance, is not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.gate.shadow import watch
from nightschool.records import GatePolicy, Pair, Sample, ShadowPolicy
from nightschool.stats import mcnemar_p_value


def pair(n, before, now, *, night="2026-11-22", fault_now=None, fault_before=None):
    return Pair(
        session_id=f"s{n}",
        example_id=f"e{n}",
        incumbent=[Sample(reward=before, fault=fault_before)],
        challenger=[Sample(reward=now, fault=fault_now)],
        night=night,
    )


def look(pairs, **policy):
    return watch(pairs, ShadowPolicy(**policy), GatePolicy(), served="new", promised=0.1)


def test_a_clear_loss_brings_the_old_prompt_back():
    figures = look([pair(n, 0.8, 0.5) for n in range(40)])
    assert figures.decision == "roll back"
    assert figures.evidence >= 20
    assert "worse than the one before on 40 fresh units, by 0.300 on average" in figures.reason


def test_a_gain_is_told_beside_what_was_promised():
    figures = look([pair(n, 0.5, 0.6) for n in range(10)])
    assert (figures.decision, figures.promised, figures.realised) == ("keep", 0.1, pytest.approx(0.1))
    assert figures.reason == "On 10 fresh units since its promotion the new prompt gained +0.100 (its exam showed +0.100)."


def test_before_any_fresh_session_nothing_is_said():
    assert look([]).reason == "No fresh session has been compared yet."


def test_few_units_decide_nothing_however_bad():
    assert look([pair(n, 1.0, 0.0) for n in range(19)]).decision == "keep"
    assert look([pair(n, 1.0, 0.0) for n in range(20)]).decision == "roll back"


def test_more_failures_bring_it_back_at_once():
    failing = [pair(n, 0.5, 0.0, fault_now="agent") for n in range(7)]
    figures = look([*failing, *(pair(n, 0.5, 0.6) for n in range(7, 60))])
    assert figures.decision == "roll back"
    assert figures.reason == "The new prompt fails in 12% of the fresh examples, the one before in 0% (p = 0.0078)."


def test_outages_are_nobodys_failure():
    outage = [pair(n, 0.5, None, fault_now="infrastructure") for n in range(10)]
    figures = look([*outage, *(pair(n, 0.5, 0.5) for n in range(10, 30))])
    assert (figures.decision, figures.fault_rate_now, figures.n_units) == ("keep", 0.0, 20)


def test_where_nothing_changed_chance_takes_back_less_than_one_in_twenty():
    chance = random.Random(7)
    worlds = [[pair(n, chance.choice((0, 1)), chance.choice((0, 1))) for n in range(100)] for _ in range(200)]
    taken_back = sum(look(world).decision == "roll back" for world in worlds)
    assert taken_back <= 20  # 10 are allowed on average; 20 has a chance of one in a thousand


@given(st.permutations(range(25)))
def test_the_order_of_the_rows_changes_nothing(order):
    pairs = [pair(n, 0.5 + n / 100, 0.4, night=f"2026-11-{20 + n % 3}") for n in range(25)]
    assert look([pairs[n] for n in order]) == look(pairs)


@pytest.mark.parametrize(("more", "fewer", "p_value"), [(0, 0, 1.0), (5, 0, 1 / 32), (4, 1, 6 / 32), (0, 5, 1.0)])
def test_mcnemar_counts_discordant_pairs(more, fewer, p_value):
    assert mcnemar_p_value(more, fewer) == pytest.approx(p_value)
