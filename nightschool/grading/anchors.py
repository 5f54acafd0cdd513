"""Anchors: answers that are known to be good or bad, by which the judge itself is checked each night.

A file is a JSON list::

    [{"question": "Is the shop open on Sunday?", "answer": "Yes, from 9 to 12.", "good": true},
     {"question": "Is the shop open on Sunday?", "answer": "I like Sundays.", "good": false, "expected_answer": "yes"}]
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError

from nightschool.errors import DataError
from nightschool.records import Example, Record

MOST_OF_A_KIND = 4
"""Anchors of each kind that are made of curated questions."""


class Anchor(Record):
    """One answer of which it is known what it is worth."""

    question: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    good: bool
    expected_answer: str | None = None

    def example(self) -> Example:
        """The question as the judge is shown it."""
        expected = self.expected_answer
        return Example(example_id="anchor", session_id="", question=self.question, expected_answer=expected, origin="curated")


def load_anchors(paths: Iterable[Path]) -> tuple[Anchor, ...]:
    """The anchors of some files.

    Raises:
        DataError: naming the file, and what is wrong in it.
    """
    return tuple(anchor for path in paths for anchor in _read(path))


def anchors_from(examples: Sequence[Example]) -> tuple[Anchor, ...]:
    """Anchors made of curated questions: the expected answer is a good one, and another question's is a bad one.

    None where fewer than two curated questions have different answers.
    """
    curated = sorted((e for e in examples if e.origin == "curated" and e.expected_answer), key=lambda e: e.example_id)
    anchors: list[Anchor] = []
    for one, other in zip(curated, curated[1:] + curated[:1], strict=True):
        if one.expected_answer != other.expected_answer and len(anchors) < 2 * MOST_OF_A_KIND:
            given = {"question": one.question, "expected_answer": one.expected_answer}
            anchors += [
                Anchor.model_validate(given | {"answer": one.expected_answer, "good": True}),
                Anchor.model_validate(given | {"answer": other.expected_answer, "good": False}),
            ]
    return tuple(anchors)


def _read(path: Path) -> tuple[Anchor, ...]:
    try:
        return tuple(TypeAdapter(list[Anchor]).validate_python(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{path} can't be read: {error}", next_step="Correct gate.anchor_files.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = " ".join(str(part) for part in first["loc"])
        raise DataError(
            f"{path} is no list of anchors: entry {place}: {first['msg']}",
            next_step='An anchor is {"question": …, "answer": …, "good": true or false} and, if you like, "expected_answer".',
        ) from error
