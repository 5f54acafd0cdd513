"""Who labels questions besides the rules: a protocol of one method, for a model or for a site's own."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from nightschool.errors import ConfigError
from nightschool.records import Record

_CONTEXT_MESSAGES = 2
_NEXT_STEP = "Set data.labeller to rules, llm or package.module:object, an object with `label(questions)`."


class Unlabelled(Record):
    """A question, scrubbed already, with the end of what was said before it."""

    question: str
    context: tuple[str, ...] = ()

    @classmethod
    def of(cls, question: str, history: str) -> Unlabelled:
        """From the columns of a table; `history` is a JSON list of messages."""
        messages = json.loads(history)[-_CONTEXT_MESSAGES:] if history else []
        return cls(question=question, context=tuple(f"{one['role']}: {one['content']}" for one in messages))


class Labels(Record):
    """What is said of a question; None leaves it to the rules."""

    category: str | None = None
    difficulty: Literal["easy", "medium", "hard"] | None = None
    language: str | None = None
    requires_reasoning: bool | None = None


@runtime_checkable
class Labeller(Protocol):
    """Names category, difficulty, language and need of reasoning."""

    def label(self, questions: Sequence[Unlabelled]) -> Sequence[Labels | None]:
        """One entry a question, in their order; None where it has nothing to say."""
        ...


def load_labeller(name: str) -> Labeller:
    """A site's own labeller, `package.module:object`: an instance, or a class that is made without arguments.

    Raises:
        ConfigError: where nothing with a method `label` can be imported under the name.
    """
    module, _, attribute = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"data.labeller = {name!r} can't be imported: {error}", next_step=_NEXT_STEP) from error
    made = found() if isinstance(found, type) else found
    if not isinstance(made, Labeller):
        raise ConfigError(f"data.labeller = {name!r} is a {type(made).__name__} without `label`", next_step=_NEXT_STEP)
    return made
