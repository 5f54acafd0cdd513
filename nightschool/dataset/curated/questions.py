"""A curated file: a JSON list of questions, each in one of three templates that its own fields tell apart.

::

    [{"task": "Is the shop open on Sunday?", "expected_answer": "yes", "context": "", "difficulty": "easy",
      "category": "shop", "requires_reasoning": false},
     {"task": "What is 15 % of 80?", "expected_answer": "12", "reasoning_steps": ["15 % is 0.15", "0.15 × 80 = 12"]},
     {"task": "A is older than B, B than C. Who is youngest?", "expected_answer": "C", "reasoning_type": "deduction"}]

`must_pass: true` marks a question that a challenger may not fail where the incumbent passes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from nightschool.errors import DataError
from nightschool.records import Record, digest_of_text

_ID_DIGITS = 12
_NEXT_STEP = (
    'A curated file is a JSON list of {"task": …, "expected_answer": …} with, if you like, '
    "context, difficulty (easy, medium, hard), category, requires_reasoning, reasoning_steps, reasoning_type, must_pass. "
    "`nightschool dataset validate FILE` tells of all that is wrong."
)


_PLAIN = {"missing": "it is missing", "string_too_short": "it is empty", "too_short": "it is empty"}
"""What pydantic says in its own words, by the type of its error."""


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Difficulty = Literal["easy", "medium", "hard"]


class CuratedQuestion(Record):
    """One entry of a curated file; keys that are not known here are left alone."""

    model_config = ConfigDict(extra="ignore")
    template: ClassVar[str] = "qa"

    task: Words
    expected_answer: Annotated[Words, BeforeValidator(_number_as_text)]
    context: str = ""
    difficulty: Difficulty = "medium"
    category: str = Field(default="", description="empty: the data policy's task type")
    requires_reasoning: bool = False
    reasoning_steps: tuple[str, ...] = ()
    reasoning_type: str = ""
    must_pass: bool = False

    @property
    def example_id(self) -> str:
        """`curated_` and the question's digest: the same question keeps its name wherever it stands in its file."""
        return f"curated_{digest_of_text(self.task)[:_ID_DIGITS]}"


class QuestionAnswer(CuratedQuestion):
    """A question and its answer."""


class ProblemSolving(CuratedQuestion):
    """A problem with the steps that solve it."""

    template: ClassVar[str] = "problem"
    requires_reasoning: bool = True
    reasoning_steps: tuple[Words, ...] = Field(min_length=1)


class MultiStepReasoning(CuratedQuestion):
    """A question that takes several steps of a named type, like deduction; the steps may stand with it."""

    template: ClassVar[str] = "reasoning"
    requires_reasoning: bool = True
    reasoning_type: Words


TEMPLATES: Mapping[str, type[CuratedQuestion]] = {
    kind.template: kind for kind in (QuestionAnswer, ProblemSolving, MultiStepReasoning)
}


def read_question(entry: Any) -> CuratedQuestion:
    """One entry in the template that its fields ask for.

    Raises:
        ValueError: with the field and what is wrong with it, like `expected_answer: Field required`.
    """
    given = entry if isinstance(entry, dict) else {}
    name = "reasoning" if given.get("reasoning_type") else "problem" if given.get("reasoning_steps") else "qa"
    try:
        return TEMPLATES[name].model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        said = _PLAIN.get(first["type"], first["msg"])
        raise ValueError(f"{place}: {said}" if place else "it is no {…} with a task and an expected_answer") from None


def load_curated(paths: Sequence[Path], *, must_pass: Collection[str] = ()) -> list[CuratedQuestion]:
    """All questions of the files, in order; of equal tasks the first one, which must pass if any of them must.

    Args:
        paths: curated files.
        must_pass: those of them whose questions must all pass.

    Raises:
        DataError: naming the file, the entry and what is wrong with it.
    """
    marked = {Path(name) for name in must_pass}
    found: dict[str, CuratedQuestion] = {}
    for path in paths:
        for question in _questions_of(path):
            first = found.setdefault(question.example_id, question)
            if path in marked or question.must_pass:
                found[question.example_id] = first.model_copy(update={"must_pass": True})
    return list(found.values())


def read_entries(path: Path) -> list[Any]:
    """The entries of a curated file as they stand there, not yet looked at.

    Raises:
        DataError: where the file is not there, is no UTF-8, no JSON or no list.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise DataError(f"The curated file {path} does not exist.", next_step=_where_named(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The curated file {path} can't be read: {error}", next_step="Save it as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise DataError(f"The curated file {path} is not valid JSON: {error}", next_step=_NEXT_STEP) from None
    if not isinstance(entries, list):
        raise DataError(f"The curated file {path} holds no JSON list.", next_step=_NEXT_STEP)
    return entries


def _questions_of(path: Path) -> Iterator[CuratedQuestion]:
    for number, entry in enumerate(read_entries(path), start=1):
        try:
            yield read_question(entry)
        except ValueError as error:
            raise DataError(f"{path}, entry {number}: {error}", next_step=_NEXT_STEP) from None


def _where_named(path: Path) -> str:
    return f"Start one with `nightschool dataset new {path}`, or correct data.curated_files and data.must_pass_files."
