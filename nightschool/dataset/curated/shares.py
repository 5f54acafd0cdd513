"""What a curated file is made of: how many questions of each kind, beside what is recommended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import Field

from nightschool.dataset.curated.questions import TEMPLATES, CuratedQuestion
from nightschool.records import Record

FEWEST_QUESTIONS = 50
RECOMMENDED = {"easy": 0.3, "medium": 0.5, "hard": 0.2}
TOLERATED = 0.1
"""How far a share may lie from the recommended one, as a fraction of all questions."""


class Shares(Record):
    """Numbers of questions by difficulty, category and template; the most frequent category first."""

    questions: int
    difficulty: Mapping[str, int]
    category: Mapping[str, int]
    template: Mapping[str, int]
    requires_reasoning: int
    must_pass: int
    median_answer_chars: int = Field(description="characters of the expected answer in the middle; 0 without questions")

    def share(self, difficulty: str) -> float:
        """The part of all questions that has this difficulty, in [0, 1]."""
        return self.difficulty.get(difficulty, 0) / self.questions if self.questions else 0.0

    @property
    def unbalanced(self) -> tuple[str, ...]:
        """The difficulties whose share is more than `TOLERATED` away from the recommended one."""
        far = TOLERATED + 1e-9  # 0.2 - 0.1 is not 0.1 in binary
        return tuple(name for name, wanted in RECOMMENDED.items() if abs(self.share(name) - wanted) > far)


def shares_of(questions: Sequence[CuratedQuestion]) -> Shares:
    """Count the questions."""
    difficulties = Counter[str](one.difficulty for one in questions)
    templates = Counter[str](one.template for one in questions)
    lengths = sorted(len(one.expected_answer) for one in questions)
    return Shares(
        questions=len(questions),
        difficulty={name: difficulties[name] for name in RECOMMENDED},
        category=dict(sorted(Counter(one.category for one in questions).items(), key=lambda item: (-item[1], item[0]))),
        template={name: templates[name] for name in TEMPLATES},
        requires_reasoning=sum(one.requires_reasoning for one in questions),
        must_pass=sum(one.must_pass for one in questions),
        median_answer_chars=lengths[len(lengths) // 2] if lengths else 0,
    )
