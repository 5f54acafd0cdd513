"""Validate buys until the bet is won, is lost, or nothing is left."""

import numpy as np
import pytest

from nightschool.gate import GatePolicy, decide, units_in_order, wants_more
from tests.unit.gate.worlds import CHALLENGER, a_pair, world


def bought(pairs, batch=20):
    """Buy in batches, in the gate's order, as long as more is wanted."""
    by_session = {pair.session_id: pair for pair in pairs}
    queue = [by_session[name] for name in units_in_order(by_session, CHALLENGER)]
    owned = []
    while wants_more(owned, challenger=CHALLENGER, units_left=len(queue)):
        owned, queue = owned + queue[:batch], queue[batch:]
    return owned


def test_a_clear_win_stops_early():
    owned = bought(world(0.35, n=300))
    assert 20 <= len(owned) <= 80
    assert decide(owned, challenger=CHALLENGER).decision == "promote"


def test_stopping_early_changes_no_promotion():
    for seed in range(10):
        pairs = world(0.2, n=200, seed=seed)
        won_early = decide(bought(pairs), challenger=CHALLENGER).decision == "promote"
        assert won_early == (decide(pairs, challenger=CHALLENGER).decision == "promote")


def test_a_hopeless_challenger_is_given_up_early():
    sizes = [len(bought(world(-0.05, n=300, seed=seed))) for seed in range(20)]
    assert min(sizes) >= 40
    assert np.median(sizes) <= 100


def test_nothing_is_given_up_before_the_minimum():
    assert wants_more(world(-0.3, n=39), challenger=CHALLENGER, units_left=50)
    assert not wants_more(world(-0.3, n=40), challenger=CHALLENGER, units_left=50)


def test_a_few_units_with_enough_evidence_still_want_the_minimum():
    pairs = [a_pair(i, 0.0, 1.0) for i in range(15)]
    assert wants_more(pairs, challenger=CHALLENGER, units_left=5)


@pytest.mark.parametrize(
    ("fields", "policy"),
    [
        ({"units_left": 0}, GatePolicy()),
        ({"units_left": 9, "nights": 21}, GatePolicy()),
        ({"units_left": 9}, GatePolicy(horizon=10)),
    ],
)
def test_nothing_left_to_hope_for(fields, policy):
    assert not wants_more(world(0.05, n=10), policy, challenger=CHALLENGER, **fields)


def test_the_last_night_still_buys():
    assert wants_more([], challenger=CHALLENGER, nights=20, units_left=9)
