"""Questions that people wrote down: JSON lists in the form of the report's three templates.

::

    [{"task": "What is 15 % of 80?", "expected_answer": "12", "context": "", "difficulty": "easy", "category": "math",
      "requires_reasoning": true, "reasoning_steps": ["15 % is 0.15", "0.15 × 80 = 12"], "reasoning_type": "arithmetic"}]
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from nightschool.errors import DataError
from nightschool.records import Record, digest_of_text

_ID_DIGITS = 12
_NEXT_STEP = (
    'A curated file is a JSON list of {"task": …, "expected_answer": …} with, if you like, '
    "context, difficulty (easy, medium, hard), category, requires_reasoning, reasoning_steps, reasoning_type."
)


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class CuratedQuestion(Record):
    """One entry of a curated file; keys that are not known here are left alone."""

    model_config = ConfigDict(extra="ignore")

    task: _Words
    expected_answer: Annotated[_Words, BeforeValidator(_number_as_text)]
    context: str = ""
    difficulty: Literal["easy", "medium", "hard"] = "medium"
    category: str = Field(default="", description="empty: the data policy's task type")
    requires_reasoning: bool = False
    reasoning_steps: tuple[str, ...] = ()
    reasoning_type: str = ""

    @property
    def example_id(self) -> str:
        """`curated_` and the question's digest: the same question keeps its name wherever it stands in its file."""
        return f"curated_{digest_of_text(self.task)[:_ID_DIGITS]}"


def load_curated(paths: Sequence[Path]) -> list[CuratedQuestion]:
    """All questions of the files, in order; of equal tasks the first one.

    Raises:
        DataError: naming the file, the entry and what is wrong with it.
    """
    questions = [question for path in paths for question in _questions_of(path)]
    return list({question.example_id: question for question in reversed(questions)}.values())[::-1]


def _questions_of(path: Path) -> Iterator[CuratedQuestion]:
    entries = _json_list(path)
    for number, entry in enumerate(entries, start=1):
        try:
            yield CuratedQuestion.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise DataError(
                f"{path}, entry {number}: {place}: {first['msg']}".replace(": :", ":"), next_step=_NEXT_STEP
            ) from None


def _json_list(path: Path) -> list[Any]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise DataError(f"The curated file {path} does not exist.", next_step="Correct data.curated_files.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The curated file {path} can't be read: {error}", next_step="Save it as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise DataError(f"The curated file {path} is not valid JSON: {error}", next_step=_NEXT_STEP) from None
    if not isinstance(entries, list):
        raise DataError(f"The curated file {path} holds no JSON list.", next_step=_NEXT_STEP)
    return entries
