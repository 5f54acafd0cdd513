"""The policy: paired rewards and the health of their measurement in, a verdict with its reasons out.

A challenger must win against the incumbent, held-out unit by unit, at stated odds; the mean alone promotes nothing.
All of it is pure and gives the same answer whatever the order of the rows.
"""

from nightschool.gate.decision import decide
from nightschool.gate.shadow import watch
from nightschool.gate.stopping import wants_more
from nightschool.gate.terms import horizon_for
from nightschool.gate.units import Unit, is_complete, settle_unit, unit_name, units_in_order
from nightschool.records import GatePolicy, Health, Pair, Sample, Verdict

__all__ = [
    "GatePolicy",
    "Health",
    "Pair",
    "Sample",
    "Unit",
    "Verdict",
    "decide",
    "horizon_for",
    "is_complete",
    "settle_unit",
    "unit_name",
    "units_in_order",
    "wants_more",
    "watch",
]
