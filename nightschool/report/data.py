"""The report's data: one record, from which every medium is written."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from pydantic import Field

from nightschool.evaluation import BoughtExam, JudgeCheck
from nightschool.grading import lenient_accuracy, reference_of, strict_accuracy
from nightschool.llm import Spent
from nightschool.records import (
    EndState,
    Example,
    Night,
    Pair,
    Record,
    Rollout,
    SearchResult,
    ShadowFigures,
    StoredRecord,
    Verdict,
    Window,
    version_of,
)

SIMULATED = "simulated"


class ExaminedPair(Record):
    """One held-out question, with both answers and what they earned."""

    session_id: str
    example_id: str
    question: str
    expected: str | None
    incumbent_answer: str
    challenger_answer: str
    incumbent_reward: float | None
    challenger_reward: float | None
    slices: Mapping[str, str] = Field(default_factory=dict)


class ArmMeans(Record):
    """Held-out means of one arm, in [0, 1]; strict and lenient over the examples that have a reference."""

    reward: float | None = None
    strict: float | None = None
    lenient: float | None = None


class NightReport(StoredRecord):
    """All that is to be said of a night."""

    night: Night
    window: Window
    end_state: EndState
    verdict: Verdict
    incumbent_text: str
    incumbent: ArmMeans = ArmMeans()
    challenger: ArmMeans = ArmMeans()
    search: SearchResult
    pairs: tuple[ExaminedPair, ...] = ()
    counts: Mapping[str, int] = Field(default_factory=dict, description="turns and examples at each step of the data stages")
    models: tuple[str, ...] = ()
    llm_calls: Mapping[str, int] = Field(default_factory=dict, description="finished calls by role, over all runs of the night")
    cost_usd: float = 0.0
    shadow: ShadowFigures | None = Field(
        default=None, description="the last promotion beside what it replaced, on fresh sessions"
    )
    judge: JudgeCheck | None = Field(default=None, description="how the judge did before the search; None where none was tried")

    @property
    def simulated(self) -> bool:
        """Whether a simulated model answered: its rewards say nothing about a real one."""
        return any(model.startswith(SIMULATED) for model in self.models)

    @property
    def incumbent_version(self) -> str:
        """The name of the prompt that was served before."""
        return version_of(self.incumbent_text)

    @property
    def challenger_version(self) -> str:
        """The challenger's name; empty without one."""
        return self.search.challenger.version if self.search.challenger else ""

    @property
    def challenger_text(self) -> str:
        """The challenger's text; empty without one."""
        return self.search.challenger.text if self.search.challenger else ""

    @property
    def total_calls(self) -> int:
        """LLM calls of all roles."""
        return sum(self.llm_calls.values())

    @property
    def diff(self) -> str:
        """The challenger's text against the incumbent's, as a unified diff; empty without a challenger."""
        if not self.challenger_text:
            return ""
        lines = difflib.unified_diff(
            self.incumbent_text.splitlines(),
            self.challenger_text.splitlines(),
            f"incumbent {self.incumbent_version}",
            f"challenger {self.challenger_version}",
            lineterm="",
        )
        return "\n".join(lines)


def build_report(
    night: Night,
    window: Window,
    end_state: EndState,
    verdict: Verdict,
    search: SearchResult,
    incumbent_text: str,
    *,
    exam: BoughtExam = BoughtExam(),  # noqa: B008 - a frozen record
    examples: Sequence[Example] = (),
    counts: Mapping[str, int] | None = None,
    models: Sequence[str] = (),
    spent: Spent = Spent(),  # noqa: B008 - likewise
    shadow: ShadowFigures | None = None,
    judge: JudgeCheck | None = None,
) -> NightReport:
    """Put a night's results together.

    Args:
        night: which night.
        window: what it read.
        end_state: how it ended.
        verdict: the gate's.
        search: the way to the challenger.
        incumbent_text: what was served before.
        exam: what the gate saw, with the rollouts behind it.
        examples: the held-out examples, in any order.
        counts: turns and examples at each step of the data stages.
        models: critic's, editor's and judge's; the agent's are read from the rollouts.
        spent: what the night paid for, over all of its runs.
        shadow: how the last promotion does beside what it replaced.
        judge: how the judge did before the search.
    """
    by_id = {example.example_id: example for example in examples}
    examined = tuple(
        _examined(pair, by_id.get(pair.example_id), old, new)
        for pair, old, new in zip(exam.pairs, exam.incumbent, exam.challenger, strict=True)
    )
    answered_by = {rollout.model for rollout in exam.rollouts}
    return NightReport(
        night=night,
        window=window,
        end_state=end_state,
        verdict=verdict,
        incumbent_text=incumbent_text,
        incumbent=_means([(pair.expected, pair.incumbent_answer, pair.incumbent_reward) for pair in examined]),
        challenger=_means([(pair.expected, pair.challenger_answer, pair.challenger_reward) for pair in examined]),
        search=search,
        pairs=examined,
        counts=dict(counts or {}),
        models=tuple(sorted({*models, *answered_by} - {""})),
        llm_calls=spent.calls,
        cost_usd=spent.cost_usd,
        shadow=shadow,
        judge=judge,
    )


def _examined(pair: Pair, example: Example | None, old: Rollout, new: Rollout) -> ExaminedPair:
    return ExaminedPair(
        session_id=pair.session_id,
        example_id=pair.example_id,
        question=example.question if example else "",
        expected=reference_of(example) if example else None,
        incumbent_answer=old.answer,
        challenger_answer=new.answer,
        incumbent_reward=old.reward,
        challenger_reward=new.reward,
        slices=pair.slices,
    )


def _means(rows: Sequence[tuple[str | None, str, float | None]]) -> ArmMeans:
    referenced = [(expected, answer) for expected, answer, _ in rows if expected is not None]
    return ArmMeans(
        reward=_mean([reward for _, _, reward in rows if reward is not None]),
        strict=_mean([strict_accuracy(answer, expected) for expected, answer in referenced]),
        lenient=_mean([lenient_accuracy(answer, expected) for expected, answer in referenced]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
