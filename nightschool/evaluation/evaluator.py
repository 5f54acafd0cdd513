"""One rollout: the agent's run, graded, and kept in the journal."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nightschool import tracing
from nightschool.errors import ConfigError, LLMError
from nightschool.llm import Journal, Meter
from nightschool.llm.meter import price_usd
from nightschool.records import Example, ModelPolicy, Rollout, digest_of, version_of

if TYPE_CHECKING:
    from nightschool.agent import Run, RunsPrompts
    from nightschool.grading import Grader

ROLE = "agent"
KEPT_AS = "rollout"
"""Finished rollouts in the journal; single calls of the agent stand there beside them."""
TERMS = "terms"
"""A note in the journal that stands for no work."""
FIRST_WAIT_S = 0.5
MAX_DIVERGENT_SHARE = 0.20
SHOWN_TOOLS = 8


class Evaluator:
    """Runs prompts on examples and grades the answers. Belongs to one event loop.

    Args:
        target: the detached agent.
        grader: gives the rewards.
        journal: finished rollouts are answered from it and never run twice in a night.
        meter: counts calls and refuses those beyond the budget.
        models: prices, and how often an outage is tried again.
        agent_digest: names the agent's code; rollouts of another agent are not reused.
        concurrency: rollouts at the same time, of all callers together.
    """

    def __init__(
        self,
        target: RunsPrompts,
        grader: Grader,
        journal: Journal,
        meter: Meter,
        models: ModelPolicy,
        *,
        agent_digest: str = "",
        concurrency: int = 8,
    ) -> None:
        self._target = target
        self._grader = grader
        self._journal = journal
        self._models = models
        self._agent_digest = agent_digest
        self._slots = asyncio.Semaphore(concurrency)
        self.meter = meter
        """What is spent, and what may be."""
        self.grader_identity = grader.identity
        self.finished = 0
        """Rollouts that have ended so far, those from the journal included."""

    async def run(self, prompt: str, example: Example, *, sample: int = 0) -> Rollout:
        """One rollout, from the journal where it was finished before in this night.

        An outage is tried again; where it lasts, the rollout is unscored and not kept.

        Raises:
            BudgetExhausted: before the run, where the purse is empty.
        """
        rollout = await self._kept_or_run(prompt, example, sample)
        self.finished += 1
        return rollout

    async def _kept_or_run(self, prompt: str, example: Example, sample: int) -> Rollout:
        with tracing.rollout_span(version_of(prompt), example.example_id, sample) as told:
            rollout = await self._rolled_out(prompt, example, sample)
            told(rollout)
        return rollout

    async def _rolled_out(self, prompt: str, example: Example, sample: int) -> Rollout:
        key = self._key(prompt, example, sample)
        kept = self._journal.find(key)  # what is kept needs no slot
        if kept is not None:
            return Rollout.model_validate_json(kept)
        async with self._slots, self._journal.claimed(key, looked=True) as kept:
            if kept is not None:
                return Rollout.model_validate_json(kept)
            run = await self._answered(prompt, example, sample)
            tracing.trace_tools(run.executions)
            rollout = await self._graded(prompt, example, run, sample)
            if rollout.reward is not None or rollout.fault == "divergent":
                self._keep(key, rollout, run)
            return rollout

    def announce(self) -> None:
        """Note in the journal what rollouts are run with, for runners of other processes."""
        self._journal.keep(self._terms(), TERMS, "announced", calls=0)

    def agrees(self) -> bool:
        """Whether a process with this journal has announced the same night, agent and grader."""
        return self._journal.find(self._terms()) is not None

    def _terms(self) -> str:
        return self._journal.key(TERMS, self._agent_digest, self.grader_identity)

    def _keep(self, key: str, rollout: Rollout, run: Run) -> None:
        self._journal.keep(
            key,
            KEPT_AS,
            rollout.model_dump_json(),
            calls=run.unpaid_calls,
            tokens=run.unpaid_input_tokens + run.unpaid_output_tokens,
            cost_usd=self._unpaid_usd(run),
        )

    def _key(self, prompt: str, example: Example, sample: int) -> str:
        asked = [
            example.example_id,
            example.question,
            example.history,
            example.expected_answer,
            example.origin,
            example.tool_calls,
        ]
        return self._journal.key(KEPT_AS, digest_of(prompt), asked, self._agent_digest, self.grader_identity, sample)

    async def _answered(self, prompt: str, example: Example, sample: int) -> Run:
        """The agent's run; an outage of its model is tried again, the judge has retries of its own."""
        run = await self._once(prompt, example, sample)
        for attempt in range(1, self._models.max_attempts):
            if run.fault != "infrastructure":
                break
            await asyncio.sleep(FIRST_WAIT_S * 2 ** (attempt - 1))
            run = await self._once(prompt, example, sample)
        return run

    async def _once(self, prompt: str, example: Example, sample: int) -> Run:
        with contextlib.nullcontext() if self._target.pays_each_call else self.meter.room(ROLE):
            run = await self._target.run(prompt, example, sample=sample)
            tokens = run.unpaid_input_tokens + run.unpaid_output_tokens
            if run.unpaid_calls or tokens:
                self.meter.count(ROLE, self._unpaid_usd(run), calls=run.unpaid_calls, tokens=tokens)
        return run

    async def _graded(self, prompt: str, example: Example, run: Run, sample: int) -> Rollout:
        rollout = Rollout(
            example_id=example.example_id,
            prompt_version=version_of(prompt),
            cost_usd=price_usd(self._models, run.input_tokens, run.output_tokens),
            **{name: getattr(run, name) for name in type(run).model_fields if name in Rollout.model_fields},
        )
        if run.fault == "agent":
            return rollout.model_copy(update={"reward": 0.0})
        if run.fault is not None:
            return rollout
        told = {"messages": run.messages, "tools": run.tools}
        grade = await self._grader.grade(example, run.answer, sample=sample, **told)
        graded = {"reward": grade.reward, "accuracy": grade.accuracy, "judge": grade.judge, "judge_reason": grade.reason}
        failed = {"fault": "infrastructure", "error": grade.error} if grade.error else {}
        return rollout.model_copy(update=graded | failed)

    def _unpaid_usd(self, run: Run) -> float:
        return price_usd(self._models, run.unpaid_input_tokens, run.unpaid_output_tokens)


def require_scored(rollouts: Sequence[Rollout], max_unscored_share: float, what: str) -> None:
    """Stop a stage in which too many rollouts have no score.

    Args:
        rollouts: finished ones.
        max_unscored_share: of those that did not diverge.
        what: where they come from, for the message.

    Raises:
        ConfigError: where more than a fifth diverged: their agent calls tools that may not run and were not recorded.
        LLMError: with the share, and what the last unscored rollout met.
    """
    divergent = [rollout for rollout in rollouts if rollout.fault == "divergent"]
    if rollouts and len(divergent) > MAX_DIVERGENT_SHARE * len(rollouts):
        raise _too_divergent(divergent, len(rollouts), what)
    told = [rollout for rollout in rollouts if rollout.fault != "divergent"]
    unscored = [rollout for rollout in told if rollout.reward is None]
    if told and len(unscored) / len(told) > max_unscored_share:
        last = unscored[-1].error or "no grader could score the answer"
        raise LLMError(
            f"{len(unscored)} of {len(told)} rollouts of {what} have no score; the last met: {last}",
            next_step="Check the agent's model endpoint and the judge; run the same command again to go on where it stopped.",
        )


def _too_divergent(divergent: Sequence[Rollout], total: int, what: str) -> ConfigError:
    tools = Counter(rollout.missing_tool for rollout in divergent)
    listed = ", ".join(f"{tool} ({number} ×)" for tool, number in tools.most_common(SHOWN_TOOLS))
    names = ", ".join(f'"{tool}"' for tool, _ in tools.most_common(SHOWN_TOOLS))
    return ConfigError(
        f"{len(divergent)} of {total} rollouts of {what} called tools that may not run here and were not recorded: {listed}.",
        next_step=f"Tools that change nothing may run: set rollouts.safe_tools = [{names}] (only those of them that are safe).",
    )
