"""The judge checked by answers of known worth: all of them before an exam, and again within both arms' batches.

A check within a batch is a judge's call like the others around it: nothing in it says that it is one, or which arm it is for.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from nightschool.evaluation.side_by_side import side_by_side
from nightschool.grading import Anchor
from nightschool.records import Record

if TYPE_CHECKING:
    from nightschool.grading import Grader

ARMS = (1, 2)
"""Incumbent, challenger."""


class AnchorGrades(Record):
    """What the judge gave, in the order of the anchors; those that it could not grade are left out."""

    good: tuple[float, ...] = ()
    bad: tuple[float, ...] = ()

    def is_blind(self, gap: float) -> bool:
        """Whether known good answers are graded less than `gap` above known bad ones, on average."""
        return bool(self.good and self.bad) and _mean(self.good) - _mean(self.bad) < gap

    def differs(self, other: AnchorGrades, most: float) -> bool:
        """Whether the mean grade of either kind differs by more than `most`."""
        kinds = ((self.good, other.good), (self.bad, other.bad))
        return any(abs(_mean(one) - _mean(two)) > most for one, two in kinds if one and two)


async def grade_anchors(grader: Grader, anchors: Sequence[Anchor]) -> AnchorGrades:
    """The judge's grades of all anchors, each once: asked before anything else is paid for."""
    grades = await side_by_side(_grade(grader, anchor, 0) for anchor in anchors)
    return _sorted(anchors, dict(enumerate(grades)))


def most_anchor_grades(anchors: int, batches: int) -> int:
    """The grades of so many anchors before an exam and within its batches: all of them thrice, then two in each arm a batch."""
    return anchors and anchors * (1 + len(ARMS)) + 2 * len(ARMS) * max(0, batches - 1)


class AnchorWatch:
    """Grades anchors in both arms while their batches run.

    With the first batch every anchor is graded in each arm; with each further one a good and a bad one, in turn. Both arms
    have the same ones, so that a difference between them is the judge's.

    Args:
        grader: of the night.
        anchors: answers of known worth; without any nothing is asked.
    """

    def __init__(self, grader: Grader, anchors: Sequence[Anchor]) -> None:
        self._grader = grader
        self._anchors = tuple(anchors)
        self._grades: dict[tuple[int, int], dict[int, float]] = defaultdict(dict)

    def beside(self, batch: int) -> list[Coroutine[Any, Any, None]]:
        """The checks that go with a batch, counted from 0; a resumed night is answered from the journal."""
        return [self._check(batch, index, arm) for index in self._due(batch) for arm in ARMS]

    @property
    def arms(self) -> tuple[AnchorGrades, AnchorGrades]:
        """Each arm's grades so far, one for each anchor: the mean over the batches in which both arms graded it."""
        return self._of(ARMS[0]), self._of(ARMS[1])

    def _due(self, batch: int) -> Iterable[int]:
        if not batch:
            return range(len(self._anchors))
        kinds = [[n for n, anchor in enumerate(self._anchors) if anchor.good is good] for good in (True, False)]
        return [kind[(batch - 1) % len(kind)] for kind in kinds if kind]

    async def _check(self, batch: int, index: int, arm: int) -> None:
        grade = await _grade(self._grader, self._anchors[index], len(ARMS) * batch + arm)
        if grade is not None:
            self._grades[batch, index][arm] = grade

    def _of(self, arm: int) -> AnchorGrades:
        by_anchor: dict[int, list[float]] = defaultdict(list)
        for (_, index), grades in self._grades.items():
            if len(grades) == len(ARMS):
                by_anchor[index].append(grades[arm])
        return _sorted(self._anchors, {index: _mean(found) for index, found in by_anchor.items()})


async def _grade(grader: Grader, anchor: Anchor, sample: int) -> float | None:
    return (await grader.grade(anchor.example(), anchor.answer, sample=sample)).judge


def _sorted(anchors: Sequence[Anchor], grades: dict[int, float | None] | dict[int, float]) -> AnchorGrades:
    known = [(anchor.good, grade) for n, anchor in enumerate(anchors) if (grade := grades.get(n)) is not None]
    return AnchorGrades(good=tuple(grade for good, grade in known if good), bad=tuple(grade for good, grade in known if not good))


def _mean(grades: Sequence[float]) -> float:
    return math.fsum(grades) / len(grades)
