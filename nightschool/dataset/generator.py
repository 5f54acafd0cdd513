"""Curated questions from a program: collect them, look at their shares, save them.

::

    generator = DatasetGenerator()
    generator.add_question("What is 15 % of 80?", "12", "easy", "math", reasoning_steps=["15 % is 0.15", "0.15 × 80 = 12"])
    ...
    if generator.validate():
        generator.save("questions.json")
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, TextIO

from nightschool.dataset.curated.checking import findings_of_shares
from nightschool.dataset.curated.files import write_entries
from nightschool.dataset.curated.questions import CuratedQuestion, read_question
from nightschool.dataset.curated.shares import FEWEST_QUESTIONS, RECOMMENDED, shares_of
from nightschool.errors import DataError


class DatasetGenerator:
    """Collects curated questions; what it saves is read by `data.curated_files`."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []
        self._questions: list[CuratedQuestion] = []

    def __len__(self) -> int:
        return len(self._entries)

    def add_question(
        self, task: str, expected_answer: str | float, difficulty: str = "medium", category: str = "", **more: Any
    ) -> None:
        """Add one question.

        Args:
            task: what is asked.
            expected_answer: the right answer; a number is kept as text.
            difficulty: easy, medium or hard.
            category: like math; empty: the setting `data.task_type`.
            **more: `context`, `requires_reasoning`, `reasoning_steps`, `reasoning_type`, `must_pass`; others are saved as
                they are.

        Raises:
            DataError: naming the field that is wrong.
        """
        named = {"task": task, "expected_answer": expected_answer, "difficulty": difficulty, "category": category}
        entry: dict[str, Any] = named | more
        try:
            question = read_question(entry)
        except ValueError as error:
            raise DataError(f"The question {task!r} can't be added: {error}") from None
        self._questions.append(question)
        self._entries.append(entry | {"expected_answer": question.expected_answer})

    def validate(self, *, out: TextIO | None = None) -> bool:
        """Print the shares, and what is found wrong; returns whether there are enough questions to save.

        `nightschool dataset validate FILE` looks closer: at vague answers, repeated questions, and those that are held out.

        Args:
            out: where to print; None: the standard output.
        """
        shares = shares_of(self._questions)
        lines = [f"{shares.questions} questions (at least {FEWEST_QUESTIONS} are needed)"]
        lines += [
            f"  {name:<7}{shares.difficulty[name]:>5}  {shares.share(name):>4.0%}  (recommended {wanted:.0%})"
            for name, wanted in RECOMMENDED.items()
        ]
        lines += [f"  {name or '(no category)'}: {number}" for name, number in shares.category.items()]
        lines += [f"{finding.level}: {finding.message}" for finding in findings_of_shares(shares)]
        (out or sys.stdout).write("\n".join(lines) + "\n")
        return shares.questions >= FEWEST_QUESTIONS

    def save(self, path: str | Path) -> None:
        """Write the file (UTF-8, indented), only if it is valid.

        Raises:
            DataError: there are too few questions, or the file can't be written; nothing is written then.
        """
        if not self.validate():
            raise DataError(
                f"{path} was not saved: there are {len(self)} questions, at least {FEWEST_QUESTIONS} are needed.",
                next_step="Add more questions: diverse, balanced, like those that users really ask.",
            )
        write_entries(Path(path), self._entries)
