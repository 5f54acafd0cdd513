"""Whether the judge can tell good answers from bad ones, asked before a search is paid for; and how far it agrees with users."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from nightschool.evaluation.anchor_checks import AnchorGrades, grade_anchors
from nightschool.evaluation.side_by_side import side_by_side
from nightschool.grading import Anchor
from nightschool.records import Example, Record
from nightschool.stats import spearman

if TYPE_CHECKING:
    from nightschool.dataset.recorded import RecordedAnswer
    from nightschool.grading import Grade, Grader

LEAST_GRADES = 8
"""With fewer nothing is said of a judge."""
MOST_RATED = 24
MOST_UNRATED = 6
MOST_SWAPPED = 6
"""Recorded answers that are graded beside another question, too."""
MOST_TRIED = MOST_RATED + MOST_UNRATED + MOST_SWAPPED
DESERVED = 0.2
"""An agent may be so bad that nothing deserves more, whatever question it is put beside."""
SAME = 0.05
"""Grades so close say the same of an answer and of one to another question: a judge that is pleased with all is saturated."""


class JudgeCheck(Record):
    """What a judge gave to answers of known worth, and to recorded ones."""

    anchors: AnchorGrades = AnchorGrades()
    graded: int = Field(default=0, description="recorded answers, those beside another question among them")
    constant: float | None = Field(
        default=None, description="the mean of all of these where they are as good as one; None where grades differ"
    )
    unheard: str = Field(
        default="",
        description="why the last of them has no grade, where none has one; empty where one has, or too few were asked",
    )
    rated: int = Field(default=0, description="of these, answers that users have rated")
    agreement: float | None = Field(
        default=None, description="Spearman's rank correlation of grades and ratings; None where too few or all alike"
    )

    def what_is_wrong(self, gap: float) -> str:
        """In one sentence why the judge can't be believed; empty where nothing speaks against it.

        Args:
            gap: known good answers must be graded so much above known bad ones.
        """
        good, bad = self.anchors.good, self.anchors.bad
        if self.unheard:
            return f"the judge could not grade a single one of the recorded answers; the last met: {self.unheard}"
        if self.anchors.is_blind(gap):
            return (
                f"the judge gives known good answers {sum(good) / len(good):.2f} and known bad ones {sum(bad) / len(bad):.2f} "
                f"on average, less than {gap:g} apart"
            )
        if self.constant is not None and self.constant > DESERVED and not (good and bad):
            return (
                f"the judge gives {self.graded} recorded answers nearly one and the same grade, {self.constant:.2g}, "
                "whatever they answer"
            )
        return ""


async def check_judge(
    grader: Grader, anchors: Sequence[Anchor], recorded: Sequence[RecordedAnswer], *, at_once: int = 8
) -> JudgeCheck:
    """Let the judge grade anchors, recorded answers, and some of these beside the next one's question.

    Args:
        grader: of the night; one without a judge is not checked.
        anchors: answers of known worth.
        recorded: what production answered, with ratings where there are any.
        at_once: recorded answers that are graded at the same time; so many grades a kill may cost.
    """
    slots = asyncio.Semaphore(at_once)
    swapped = [
        one.model_copy(update={"answer": other.answer, "rating": None})
        for one, other in zip(recorded, [*recorded[1:], *recorded[:1]], strict=True)
        if one.question != other.question and one.answer != other.answer
    ][:MOST_SWAPPED]
    asked = [*recorded, *swapped]
    known, found = await grade_anchors(grader, anchors), await side_by_side(_grade(grader, one, slots) for one in asked)
    graded = [(one, grade.judge) for one, grade in zip(asked, found, strict=True) if grade.judge is not None]
    grades = [grade for _, grade in graded]
    told = [(grade, float(one.rating)) for one, grade in graded if one.rating is not None]
    is_constant = len(grades) >= LEAST_GRADES and bool(swapped) and max(grades) - min(grades) <= SAME
    return JudgeCheck(
        anchors=known,
        graded=len(grades),
        constant=sum(grades) / len(grades) if is_constant else None,
        unheard=found[-1].error if len(found) >= LEAST_GRADES and all(grade.error for grade in found) else "",
        rated=len(told),
        agreement=spearman(told) if len(told) >= LEAST_GRADES else None,
    )


async def _grade(grader: Grader, one: RecordedAnswer, slots: asyncio.Semaphore) -> Grade:
    example = Example(example_id="recorded", session_id="", question=one.question)
    async with slots:
        return await grader.grade(example, one.answer)
