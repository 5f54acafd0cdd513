"""Faults and latency: which request meets which, by seed and by the request's number."""

from __future__ import annotations

from typing import Literal, get_args

from nightschool.simulator.draws import draw
from nightschool.simulator.settings import SimulatorSettings

Fault = Literal["rate_limited", "server_error", "dropped", "hanging", "malformed", "empty"]
FAULTS: tuple[Fault, ...] = get_args(Fault)


def fault_of(settings: SimulatorSettings, number: int) -> Fault | None:
    """The fault that the request with this number meets, if any."""
    chance = draw(settings.seed, "fault", number)
    for fault in FAULTS:
        chance -= getattr(settings.faults, fault)
        if chance < 0:
            return fault
    return None


def latency_of(settings: SimulatorSettings, number: int) -> float:
    """Seconds before the request with this number is answered."""
    spread = settings.jitter * (2 * draw(settings.seed, "latency", number) - 1)
    return settings.latency_ms * (1 + spread) / 1000
