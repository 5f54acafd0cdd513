"""Which part is played, and which requests meet a fault."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nightschool.simulator import FaultRates, SimulatorSettings
from nightschool.simulator.chat import read_chat
from nightschool.simulator.faults import FAULTS, fault_of, latency_of
from nightschool.simulator.roles import role_of
from tests.simulated_requests import critique_request, edit_request

GRADE = {"type": "json_schema", "json_schema": {"name": "grade", "schema": {}}}
TOOLS = [{"type": "function", "function": {"name": "calculator"}}]
USER = [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize(
    ("body", "role"),
    [
        ({"messages": USER}, "agent"),
        ({"messages": USER, "response_format": GRADE}, "judge"),
        ({"messages": USER, "response_format": {"type": "json_object"}}, "agent"),
        *(({"messages": critique_request(variant, "Do it.", [])}, "critic") for variant in (1, 2, 3)),
        *(({"messages": edit_request(variant, "Do it.", "- no")}, "editor") for variant in (1, 2)),
        ({"messages": [{"role": "system", "content": "You are a prompt engineer."}, *USER]}, "agent"),
        ({"messages": edit_request(1, "Do it.", "- no"), "tools": TOOLS}, "agent"),
    ],
)
def test_roles(body: dict[str, Any], role: str) -> None:
    assert role_of(body, read_chat(body)) == role


def test_all_faults_have_a_rate_and_none_comes_by_default() -> None:
    assert set(FAULTS) == set(FaultRates.model_fields)
    assert not any(fault_of(SimulatorSettings(), number) for number in range(200))


@given(st.integers(0, 1000), st.sampled_from(FAULTS), st.floats(0.05, 0.9))
def test_faults_come_at_their_rate(seed: int, fault: str, rate: float) -> None:
    settings = SimulatorSettings(seed=seed, faults=FaultRates(**{fault: rate}))
    met = [fault_of(settings, number) for number in range(2000)]
    assert set(met) <= {fault, None}
    assert abs(met.count(fault) / 2000 - rate) < 0.06  # type: ignore[arg-type]  # one of the faults, by its strategy


def test_a_total_rate_is_shared_out_evenly_and_rates_over_one_are_refused() -> None:
    settings = SimulatorSettings(faults=FaultRates.evenly(0.6))
    met = [fault_of(settings, number) for number in range(5000)]
    assert all(0.07 < met.count(fault) / 5000 < 0.13 for fault in FAULTS)
    with pytest.raises(ValidationError, match="exceed 1"):
        FaultRates(dropped=0.6, empty=0.6)


def test_latency_wanders_within_its_jitter() -> None:
    settings = SimulatorSettings(latency_ms=200, jitter=0.25)
    latencies = [latency_of(settings, number) for number in range(500)]
    assert 0.15 <= min(latencies) < 0.17
    assert 0.23 < max(latencies) <= 0.25
    assert latencies == [latency_of(settings, number) for number in range(500)]
