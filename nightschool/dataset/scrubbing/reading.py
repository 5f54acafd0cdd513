"""Reads one part of a text: what is in it, and what it becomes. Parts repeat (a history holds the turns before): it remembers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from nightschool.dataset.scrubbing.detector import STAYS, Detector, Group
from nightschool.dataset.scrubbing.detectors import DETECTORS, OURS, custom_detector
from nightschool.dataset.scrubbing.people import names_in
from nightschool.dataset.scrubbing.public import Public
from nightschool.records import ScrubPolicy

_MOST_PASSES = 10
"""What was glued together can be seen only when the part before it is gone; two passes are the rule."""
# With such neighbours a value is glued to nothing, and a surrogate of its form in its place shows nothing new.
_ALONE_BEFORE = re.compile(r"(?:\A|[\s\"'“‘(\[<,;:!?=\ufdd1])\Z|\A\Z")
_ALONE_AFTER = re.compile(r"\Z|[\s\"'”’)\]>,;!?.\ufdd0\ufdd1](?![0-9@])[^0-9]{0,2}(?![0-9])")

Write = Callable[[Detector, str, str], str]
"""What stands instead of a value: from its detector, the value and its normal form."""


class Found(NamedTuple):
    """A value in a part: where it is, who found it, its normal form."""

    begin: int
    end: int
    detector: Detector
    known_as: str


class Reader:
    """Finds values in plain texts by a policy."""

    def __init__(self, policy: ScrubPolicy, public: Public) -> None:
        custom = [custom_detector(pattern) for pattern in policy.patterns]
        self._detectors = (*DETECTORS, *custom)
        self._of_groups: dict[tuple[Group, ...], tuple[Detector, ...]] = {}
        self._kinds = frozenset(policy.kinds) if policy.mode != "off" else frozenset()
        self._public = public

    def found(self, text: str, groups: tuple[Group, ...]) -> list[Found]:
        """The values to replace, from left to right; where two overlap, the one of the earlier detector."""
        taken: list[tuple[int, int]] = []
        found = []
        for detector in self._detectors_of(groups):
            for begin, end, known_as in detector.matches(text):
                if taken and any(begin < stop and start < end for start, stop in taken):
                    continue
                taken.append((begin, end))
                if self._is_replaced(detector, known_as):
                    found.append(Found(begin, end, detector, known_as))
        return found if len(found) < 2 else sorted(found, key=lambda one: one.begin)

    def _detectors_of(self, groups: tuple[Group, ...]) -> tuple[Detector, ...]:
        known = self._of_groups.get(groups)
        if known is None:
            known = tuple(one for one in self._detectors if one is OURS or one.group in groups)
            self._of_groups[groups] = known
        return known

    def names(self, text: str, found: Sequence[Found]) -> Iterator[str]:
        """The names next to what was found."""
        if "name" in self._kinds:
            places = [one.begin for one in found if not one.detector.is_secret]
            yield from (name for name in names_in(text, places) if not self._public.holds_name(name))

    def _is_replaced(self, detector: Detector, known_as: str) -> bool:
        return known_as != STAYS and detector.kind in self._kinds and not self._public.holds(detector, known_as)


class Part(NamedTuple):
    """What became of a part: its new text, what was replaced, the names that are still in it."""

    text: str
    replaced: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    has_secrets: bool
    is_sure_json: bool
    """Whether it is valid within JSON if it was before: no bare number was replaced by what may need quotes."""


def read_part(reader: Reader, text: str, groups: tuple[Group, ...], write: Write) -> Part | None:
    """Replace the values in a plain text until there are none; None where there are none."""
    replaced: list[tuple[str, str]] = []
    names: dict[str, None] = {}
    sure, secrets = True, False
    for _ in range(_MOST_PASSES):
        found = reader.found(text, groups)
        if not found:
            break
        names |= dict.fromkeys(reader.names(text, found))
        replaced += [(one.detector.kind, one.known_as) for one in found]
        secrets = secrets or any(one.detector.is_secret for one in found)
        written = [write(one.detector, text[one.begin : one.end], one.known_as) for one in found]
        sure = sure and all(map(_fits_in_json, [text[one.begin : one.end] for one in found], written))
        alone = all(_is_alone(text, one) for one in found)
        text = _with(text, found, written)
        if alone:
            break
    return Part(text, tuple(replaced), tuple(names), secrets, sure) if replaced else None


def _with(text: str, found: Sequence[Found], written: Sequence[str]) -> str:
    pieces, end = [], 0
    for one, made in zip(found, written, strict=True):
        pieces += [text[end : one.begin], made]
        end = one.end
    return "".join([*pieces, text[end:]])


def _is_alone(text: str, one: Found) -> bool:
    before = text[max(0, one.begin - 1) : one.begin]
    return _ALONE_BEFORE.search(before) is not None and _ALONE_AFTER.match(text, one.end) is not None


def _fits_in_json(value: str, made: str) -> bool:
    """Whether `made` may stand wherever `value` may in JSON: in place of a number only a number."""
    return not value.isdecimal() or (made.isdecimal() and (not made.startswith("0") or value.startswith("0")))
