"""The reward of an answer: accuracy, and the opinion of the judge and of Agno's scorers, weighed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from nightschool.errors import BudgetExhausted, LLMError, NightschoolError
from nightschool.grading.accuracy import accuracy_of
from nightschool.grading.judge import judge, judge_identity
from nightschool.grading.references import reference_of
from nightschool.grading.scorers import NamedScorer, Scored, as_agno_run
from nightschool.llm import LLM
from nightschool.records import Example, GradingPolicy, Record, digest_of

if TYPE_CHECKING:
    from agno.run.agent import RunOutput


class Grade(Record):
    """A reward in [0, 1] with its parts; None where there is no valid score."""

    reward: float | None
    accuracy: float | None = None
    judge: float | None = None
    reason: str = ""
    error: str = ""


class Watched(Protocol):
    """The calls of the scorers' models."""

    stopped: NightschoolError | None
    """What ends more than one grade, like an empty purse; Agno makes an answer of it."""


class Grader:
    """Grades answers under one policy.

    Args:
        policy: weights, comparisons, rubric.
        llm: where the judge is asked; needed only where the policy uses one.
        scorers: Agno's, or the site's own; with the judge they make the part of the reward that is not accuracy.
        begin: called with the sample number before the scorers run, so that what their models answer is kept under it.
    """

    def __init__(
        self,
        policy: GradingPolicy,
        llm: LLM,
        scorers: Sequence[NamedScorer] = (),
        begin: Callable[[int], Watched | None] = lambda _: None,
    ) -> None:
        self._policy = policy
        self._llm = llm
        self._scorers = tuple(scorers)
        self._begin = begin

    @property
    def identity(self) -> str:
        """The grader's name: rewards under different names are never compared."""
        judge_model = self._llm.model_of("judge") if self._policy.use_llm_grader else ""
        return grader_identity(self._policy, judge_model, self._scorers)

    async def grade(
        self,
        example: Example,
        answer: str,
        *,
        sample: int = 0,
        messages: Sequence[Mapping[str, Any]] = (),
        tools: Sequence[Mapping[str, Any]] = (),
    ) -> Grade:
        """The grade of one answer. A judge or scorer that can't be heard leaves it unscored, never 0.

        Args:
            example: what was asked.
            answer: what is graded.
            sample: tells apart gradings of the same answer; the judge is asked anew for each.
            messages: the run's chat, for scorers that read it.
            tools: the run's tool executions, likewise.

        Raises:
            BudgetExhausted: before the judge is asked, where the purse is empty.
        """
        reference = reference_of(example)
        accuracy = None if reference is None else self._accuracy(answer, reference)
        opinions = [await self._asked(example, answer, reference, sample)] if self._policy.use_llm_grader else []
        if self._scorers and not any(one.error for one in opinions):
            opinions += await self._scored(as_agno_run(example, answer, messages, tools), reference, sample)
        return self._mixed(accuracy, opinions)

    async def _asked(self, example: Example, answer: str, reference: str | None, sample: int) -> Scored:
        try:
            opinion = await judge(self._llm, self._policy, example, answer, reference, sample=sample)
        except BudgetExhausted:
            raise
        except LLMError as error:
            return Scored("", None, is_judge=True, error=str(error))
        return Scored("", opinion.score, is_judge=True, reason=opinion.reason)

    async def _scored(self, run: RunOutput, reference: str | None, sample: int) -> list[Scored]:
        watched = self._begin(sample)
        found = [await scorer.ask(run, reference) for scorer in self._scorers]
        if watched is not None and watched.stopped is not None:
            raise watched.stopped
        return found

    def _accuracy(self, answer: str, reference: str) -> float:
        return accuracy_of(answer, reference, self._policy.match, self._policy.reward_tolerance)

    def _mixed(self, accuracy: float | None, opinions: Sequence[Scored]) -> Grade:
        if failed := [one.error for one in opinions if one.error]:
            return Grade(reward=None, accuracy=accuracy, error=failed[0])
        quality = _mean([one.value for one in opinions])
        return Grade(
            reward=self._weighed(accuracy, quality),
            accuracy=accuracy,
            judge=_mean([one.value for one in opinions if one.is_judge]),
            reason="; ".join(f"{one.name}: {one.reason}" if one.name else one.reason for one in opinions if one.reason),
        )

    def _weighed(self, accuracy: float | None, quality: float | None) -> float | None:
        if accuracy is None or quality is None:
            return quality if accuracy is None else accuracy
        weight = self._policy.accuracy_weight
        return weight * accuracy + (1 - weight) * quality


def grader_identity(policy: GradingPolicy, judge_model: str, scorers: Sequence[NamedScorer] = ()) -> str:
    """The name of the grader with this policy, judge and scorers: 16 hexadecimal digits.

    Args:
        policy: weights, comparisons, rubric.
        judge_model: the model that grades; without a judge it decides nothing.
        scorers: those that the policy names.
    """
    asked = judge_identity(judge_model, policy) if policy.use_llm_grader else []
    return digest_of([policy, asked, *(scorer.identity for scorer in scorers)])[:16]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
