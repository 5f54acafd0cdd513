"""Agno's own scorers (`agno.scorer`: code, judge, tool calls) as graders, as they are, and whatever else has their `ascore`.

They are the one Protocol by which a site brings a grader: `async ascore(run, expected=None) -> Score`.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightschool.errors import ConfigError
from nightschool.records import Example, digest_of

if TYPE_CHECKING:
    from agno.run.agent import RunOutput

_NEXT_STEP = 'Name an Agno scorer, like grading.scorers = ["my_company.scorers:polite"]; docs/grading.md shows one.'


@dataclass(frozen=True)
class Scored:
    """What one scorer said of one answer; `value` None where it could not be heard, and `error` says why."""

    name: str
    value: float | None
    is_judge: bool = False
    reason: str = ""
    error: str = ""


@dataclass(frozen=True)
class NamedScorer:
    """A scorer under the name that the settings give it. One with a model of its own is a judge, and is watched as one."""

    name: str
    scorer: Any

    @property
    def is_judge(self) -> bool:
        """Whether a model grades."""
        return getattr(self.scorer, "model", None) is not None

    @property
    def identity(self) -> str:
        """What must stay the same for two of its scores to be comparable: its own digest, else that of its code."""
        from agno.scorer import FingerprintError

        try:
            return str(self.scorer.digest())
        except (AttributeError, FingerprintError):
            return digest_of([self.name, _source_of(self.scorer)])

    def copied(self) -> NamedScorer:
        """The same with a model of its own, whose connections end with the event loop that they were made in."""
        return NamedScorer(self.name, copy.deepcopy(self.scorer)) if self.is_judge else self

    async def ask(self, run: RunOutput, expected: str | None) -> Scored:
        """Its score of a run; whatever it raises leaves the answer unscored, because an errored judge is no opinion."""
        try:
            score = await self.scorer.ascore(run, expected)
            value = float(score.value)
        except Exception as error:  # noqa: BLE001  # a site's own code may raise anything
            return Scored(self.name, None, self.is_judge, error=f"{self.name}: {type(error).__name__}: {error}")
        if not 0 <= value <= 1:
            return Scored(self.name, None, self.is_judge, error=f"{self.name}: a score must lie in [0, 1], not {value}")
        return Scored(self.name, value, self.is_judge, score.reason or "")


def load_scorers(names: Iterable[str]) -> tuple[NamedScorer, ...]:
    """The scorers of some `package.module:object` names.

    Raises:
        ConfigError: where one can't be imported, or has no `ascore`.
    """
    return tuple(NamedScorer(name, _imported(name)) for name in names)


def as_agno_run(
    example: Example, answer: str, messages: Sequence[Mapping[str, Any]] = (), tools: Sequence[Mapping[str, Any]] = ()
) -> RunOutput:
    """A rollout as the run that Agno's scorers read: input, content, messages, and the tools that were executed.

    Args:
        example: what was asked.
        answer: the content; of an agent with an output schema its text.
        messages: the chat in OpenAI's shape, without its system message.
        tools: executions, as an agent tells them; replayed ones are among them.
    """
    from agno.models.message import Message
    from agno.models.response import ToolExecution
    from agno.run.agent import RunInput, RunOutput

    return RunOutput(
        run_id=example.run_id or example.example_id,
        session_id=example.session_id,
        input=RunInput(input_content=example.question),
        content=answer,
        messages=[Message(**message) for message in messages],
        tools=[ToolExecution(**tool) for tool in tools],
    )


def _imported(name: str) -> Any:
    module, _, attribute = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"grading.scorers: {name!r} can't be imported: {error}", next_step=_NEXT_STEP) from error
    if isinstance(found, type) or not inspect.iscoroutinefunction(getattr(found, "ascore", None)):
        raise ConfigError(f"grading.scorers: {name!r} is no object with an async `ascore`", next_step=_NEXT_STEP)
    return found


def _source_of(scorer: Any) -> str:
    try:
        source = inspect.getsource(type(scorer))
    except (OSError, TypeError):
        source = type(scorer).__qualname__
    return source + json.dumps(vars(scorer) if hasattr(scorer, "__dict__") else {}, sort_keys=True, default=_plain)


def _plain(value: Any) -> str:
    """A value that JSON can't hold, without the address that would change with each process."""
    return getattr(value, "__qualname__", type(value).__qualname__)
