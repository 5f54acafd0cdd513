"""The reward of an answer: accuracy and the judge's opinion, weighed."""

from __future__ import annotations

from nightschool.errors import BudgetExhausted, LLMError
from nightschool.grading.accuracy import accuracy_of
from nightschool.grading.judge import judge, judge_identity
from nightschool.grading.references import reference_of
from nightschool.llm import LLM
from nightschool.records import Example, GradingPolicy, Record, digest_of


class Grade(Record):
    """A reward in [0, 1] with its parts; None where there is no valid score."""

    reward: float | None
    accuracy: float | None = None
    judge: float | None = None
    reason: str = ""
    error: str = ""


class Grader:
    """Grades answers under one policy.

    Args:
        policy: weights, comparisons, rubric.
        llm: where the judge is asked; needed only where the policy uses one.
    """

    def __init__(self, policy: GradingPolicy, llm: LLM) -> None:
        self._policy = policy
        self._llm = llm

    @property
    def identity(self) -> str:
        """The grader's name: rewards under different names are never compared."""
        return grader_identity(self._policy, self._llm.model_of("judge") if self._policy.use_llm_grader else "")

    async def grade(self, example: Example, answer: str, *, sample: int = 0) -> Grade:
        """The grade of one answer. A judge that can't be heard leaves it unscored, never 0.

        Args:
            example: what was asked.
            answer: what is graded.
            sample: tells apart gradings of the same answer; the judge is asked anew for each.

        Raises:
            BudgetExhausted: before the judge is asked, where the purse is empty.
        """
        reference = reference_of(example)
        accuracy = None if reference is None else self._accuracy(answer, reference)
        if not self._policy.use_llm_grader:
            return Grade(reward=accuracy, accuracy=accuracy)
        try:
            opinion = await judge(self._llm, self._policy, example, answer, reference, sample=sample)
        except BudgetExhausted:
            raise
        except LLMError as error:
            return Grade(reward=None, accuracy=accuracy, error=str(error))
        return Grade(reward=self._mix(accuracy, opinion.score), accuracy=accuracy, judge=opinion.score, reason=opinion.reason)

    def _accuracy(self, answer: str, reference: str) -> float:
        return accuracy_of(answer, reference, self._policy.match, self._policy.reward_tolerance)

    def _mix(self, accuracy: float | None, opinion: float) -> float:
        if accuracy is None:
            return opinion
        weight = self._policy.accuracy_weight
        return weight * accuracy + (1 - weight) * opinion


def grader_identity(policy: GradingPolicy, judge_model: str) -> str:
    """The name of the grader with this policy and judge: 16 hexadecimal digits.

    Args:
        policy: weights, comparisons, rubric.
        judge_model: the model that grades; without a judge it decides nothing.
    """
    asked = judge_identity(judge_model, policy) if policy.use_llm_grader else []
    return digest_of([policy, asked])[:16]
