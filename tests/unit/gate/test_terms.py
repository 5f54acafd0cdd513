"""How many units a test is planned for."""

import pytest

from nightschool.gate import GatePolicy, horizon_for


@pytest.mark.parametrize(("a_night", "horizon"), [(0, 60), (1.5, 60), (3, 60), (8.4, 168), (15, 300), (200, 300)])
def test_what_its_nights_will_bring_between_60_and_300(a_night, horizon):
    assert horizon_for(a_night, GatePolicy()) == horizon


def test_the_policys_own_limit_counts():
    assert horizon_for(15, GatePolicy(horizon=100)) == 100
    assert horizon_for(8, GatePolicy(max_nights=10)) == 80
    assert horizon_for(1, GatePolicy(horizon=30)) == 30
