"""Expressions by which a database tells the texts in which anything may be found."""

from __future__ import annotations

from typing import get_args

from nightschool.dataset.connection import quoted
from nightschool.dataset.scrubbing.detector import Group
from nightschool.dataset.scrubbing.detectors import DETECTORS, OURS, custom_detector
from nightschool.records import ScrubPolicy

_GROUPS: tuple[Group, ...] = get_args(Group)
GROUPS_OF = [tuple(group for i, group in enumerate(_GROUPS) if mark >> i & 1) for mark in range(2 ** len(_GROUPS))]
"""What a mark stands for."""
_ESCAPED_SIGN = r"\\u[0-9A-Fa-f]{4}"
"""In a JSON text any sign may be written so; then only Python, which reads the JSON, can tell."""


def guards(policy: ScrubPolicy) -> dict[Group, str]:
    """By group, an expression for RE2 that matches every text in which the group's detectors can find anything."""
    known: dict[Group, list[str]] = {group: [_ESCAPED_SIGN] for group in _GROUPS}
    for detector in (*DETECTORS, *(custom_detector(pattern) for pattern in policy.patterns)):
        if detector is not OURS:
            known[detector.group].append(detector.guard or detector.core)
    return {group: "|".join(f"(?:{part})" for part in parts).replace("(?P<value>", "(?:") for group, parts in known.items()}


def suspicious(text: str, policy: ScrubPolicy) -> str:
    """An SQL expression: whether anything may be found in a text. Most texts need no other look."""
    known = guards(policy)
    # Numbers by themselves: what counts digits and what counts letters would make RE2's automaton the product of the two.
    numbers, others = known["digits"], "|".join(one for group, one in known.items() if group != "digits")
    return f"(regexp_matches({text}, {quoted(others)}) OR regexp_matches({text}, {quoted(numbers)}))"


def mark(text: str, policy: ScrubPolicy) -> str:
    """An SQL expression: for a text in which anything may be found, one bit for each group that may find it."""
    bits = [f"(regexp_matches({text}, {quoted(one)})::UTINYINT << {i})" for i, one in enumerate(guards(policy).values())]
    return " | ".join(bits)
