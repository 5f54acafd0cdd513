"""GEPA (PyPI `gepa`; arXiv 2507.19457) behind the same door: its evolution, our evaluation, journal and budget.

The package is synchronous and runs in a thread of its own; its rollouts and its reflection are work of the event loop.
GEPA knows no unscored rollout. Those of a batch stand in it as the mean of the others, so that an outage speaks neither
for a prompt nor against it; which prompt is the best is decided as for every other search, on what both finished.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from nightschool.errors import BudgetExhausted, ConfigError, EndpointRefused, LLMError, NightschoolError, TransientError
from nightschool.llm.tokens import BYTES_A_TOKEN, cut_middle, without_control_tokens
from nightschool.records import Candidate, Example, SearchPolicy, SearchResult, version_of
from nightschool.training.acceptance import Acceptance
from nightschool.training.counting import CountedRoll
from nightschool.training.edits.base import Experiment
from nightschool.training.edits.critique import describe_change
from nightschool.training.edits.trimming import LEAST_CHARS
from nightschool.training.racing import Roll, Runner, beats, gain_over, ranked

if TYPE_CHECKING:
    from nightschool.llm import LLM

COMPONENT = "system_prompt"
KIND = "gepa"
TEXTS = ("Inputs", "Generated Outputs", "Feedback")
"""What a reflection reads of a rollout, under the names of the package's own adapter."""
_LOG = logging.getLogger(__name__)
T = TypeVar("T")


def require_gepa() -> None:
    """Check that the package is there.

    Raises:
        ConfigError: with the command that installs it.
    """
    import importlib.util

    if importlib.util.find_spec("gepa") is None:
        raise ConfigError(
            "search.algorithm is gepa, and the package gepa is not installed", next_step='pip install "nightschool[gepa]"'
        )


class GepaSearch:
    """A search with the `run` of `BeamSearch`.

    It makes as many proposals as the critique edit of a beam search with the same settings: iterations × beam × branches.

    Args:
        policy: that number, the size of a minibatch, the temperature of reflection.
        llm: the critic reflects.
        seed: of all randomness.
        locked: text that no candidate may lack.
        refuse: what else speaks against a candidate, in a few words; empty: nothing.
        tell: receives the lines of a live log.
        found_before: an earlier search's way from the seed prompt to its winner, where the evolution starts.
    """

    def __init__(
        self,
        policy: SearchPolicy,
        llm: LLM,
        *,
        seed: int,
        locked: str = "",
        refuse: Callable[[str], str] = lambda _: "",
        tell: Callable[[str], None] = lambda _: None,
        found_before: Sequence[Candidate] = (),
    ) -> None:
        self._policy = policy
        self._llm = llm
        self._rng = random.Random(f"{seed}/{KIND}")
        self._locked = locked
        self._refuse = refuse
        self._tell = tell
        self._steps = policy.max_iterations * policy.beam_width * policy.branch_factor
        self._candidates = {one.text: one for one in found_before}
        self._start = found_before[-1].text if found_before else ""
        self._runners: dict[str, Runner] = {}
        self._bests: list[float] = []
        self._warnings: list[str] = []
        self._dropped: Counter[str] = Counter()
        self._proposals = 0
        self._ended_by: NightschoolError | None = None
        self._under_way: concurrent.futures.Future[Any] | None = None
        self._is_over = False
        self._handing_over = threading.Lock()

    async def run(self, seed_prompt: str, train: Sequence[Example], validation: Sequence[Example], roll: Roll) -> SearchResult:
        """Search from a seed prompt; see `BeamSearch.run`.

        Raises:
            ConfigError: where the package is not installed, the seed prompt lacks the locked text, or its rollouts all end with
                the agent's fault.
            LLMError: where too many rollouts stay unscored, or the critic can't be reached.
        """
        require_gepa()
        self._roll = CountedRoll(roll, self._policy, seed_prompt)
        self._loop = asyncio.get_running_loop()
        limit = self._policy.max_prompt_tokens
        self._acceptance = Acceptance(seed_prompt, max_tokens=limit, locked=self._locked, refuse=self._refuse)
        self._candidates[seed_prompt] = Candidate(version=version_of(seed_prompt), text=seed_prompt)
        self._whole = {example.example_id for example in validation}
        stopped = f"{self._steps} proposals made"
        try:
            if self._start:  # else the package begins with the seed prompt itself
                await self._evaluated(seed_prompt, list(validation))
            await asyncio.to_thread(self._evolve, self._start or seed_prompt, list(train), list(validation))
            if self._ended_by is not None:
                raise self._ended_by
        except BudgetExhausted as error:
            stopped = f"BudgetExhausted: {error.message}"
            self._tell(f"The search ends here: {error.message}")
        finally:
            self._let_go()
        return self._result(seed_prompt, len(validation), stopped)

    def _evolve(self, start: str, train: list[Example], validation: list[Example]) -> None:
        """The package's own loop, in its thread."""
        from gepa.api import optimize

        optimize(
            seed_candidate={COMPONENT: start},
            trainset=train,
            valset=validation,
            adapter=cast("Any", _Adapter(self)),  # its Protocol is generic in ways that no class of ours is
            custom_candidate_proposer=self.propose,
            reflection_minibatch_size=min(self._policy.gradient_batch_size, len(train)),
            stop_callbacks=lambda state: self._is_over or self._ended_by is not None or state.i + 1 >= self._steps,
            logger=_Quiet(),
            seed=self._rng.getrandbits(31),
            track_best_outputs=False,
        )

    def evaluate(self, prompt: str, batch: list[Example]) -> list[Experiment]:
        """Roll a prompt out; called in the package's thread, which waits."""
        return self._in_loop(self._evaluated(prompt, batch))

    def propose(
        self,
        candidate: dict[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: list[str],
    ) -> dict[str, str]:
        """The critic's new prompt; the parent again where that can't be used, which costs no rollout."""
        self._proposals += 1
        before = candidate[COMPONENT]
        text = self._in_loop(self._reflected(before, reflective_dataset[COMPONENT]))
        refusal = self._acceptance.refusal(text, self._candidates)
        if refusal:
            self._dropped[refusal] += 1
            return dict(candidate)
        change = describe_change(before, text)
        self._tell(f"Proposal {self._proposals}/{self._steps}: {change}")
        self._candidates[text] = Candidate(
            version=version_of(text),
            text=text,
            parent=version_of(before),
            edit=KIND,
            iteration=self._proposals,
            change=change,
        )
        return {COMPONENT: text}

    def longest_text(self, shown: int) -> int:
        """Characters that each text of so many rollouts may have, so that the critic reads no more than it may."""
        return max(LEAST_CHARS, self._policy.max_critic_tokens * BYTES_A_TOKEN // (len(TEXTS) * max(1, shown)))

    async def _evaluated(self, prompt: str, batch: list[Example]) -> list[Experiment]:
        is_whole = self._whole <= {example.example_id for example in batch}
        experiments = await self._roll(prompt, batch, "val" if is_whole else "train")
        runner = self._runners.setdefault(prompt, Runner(prompt))
        if is_whole and not runner.rewards:
            runner.rewards = {one.example.example_id: one.reward for one in experiments}
            self._bests.append(max([*self._bests, runner.mean or 0.0]))
            self._tell(f"  Avg Reward: {runner.mean or 0.0:.2f} (best {self._bests[-1]:.2f})")
        return experiments

    async def _reflected(self, prompt: str, told: Sequence[Mapping[str, Any]]) -> str:
        """GEPA's own reflection on a minibatch; empty where the model refused it."""
        from gepa.strategies.instruction_proposal import InstructionProposalSignature as Reflection

        asked = Reflection.prompt_renderer({"current_instruction_doc": prompt, "dataset_with_feedback": told})
        messages = [{"role": "user", "content": str(asked)}]
        seed = self._rng.getrandbits(31)
        try:
            reply = await self._llm.ask("critic", messages, temperature=self._policy.critic_temperature, seed=seed)
        except (TransientError, BudgetExhausted, EndpointRefused):
            raise
        except LLMError as error:
            self._warnings.append(f"proposal {self._proposals} was refused: {error.message}")
            return ""
        if reply.finish_reason == "length":
            return ""
        return Reflection.output_extractor(reply.text)["new_instruction"]

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a piece of work; what ends the search is noted, because the package logs some errors and goes on."""
        with self._handing_over:  # the loop may cancel the search before this thread knows what it waits for
            if self._is_over:
                work.close()
                raise concurrent.futures.CancelledError
            self._under_way = future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except NightschoolError as error:
            self._ended_by = error
            raise

    def _let_go(self) -> None:
        """End what the thread waits for, so that it ends too where the search was cancelled."""
        with self._handing_over:
            self._is_over = True
            if self._under_way is not None:
                self._under_way.cancel()

    def _result(self, seed_prompt: str, validation_size: int, stopped: str) -> SearchResult:
        candidates = {text: self._scored(text) for text in self._candidates}
        finished = ranked([runner for runner in self._runners.values() if len(runner.rewards) == validation_size])
        won = bool(finished) and seed_prompt in self._runners and beats(finished[0], self._runners[seed_prompt])
        return SearchResult(
            seed=candidates[seed_prompt],
            challenger=candidates[finished[0].text] if won else None,
            candidates=tuple(candidates.values()),
            rewards_by_iteration=tuple(self._bests),
            stopped=stopped,
            warnings=tuple(self._warnings),
            dropped=dict(sorted(self._dropped.items())),
            rollouts=self._roll.rollouts,
        )

    def _scored(self, text: str) -> Candidate:
        candidate, runner = self._candidates[text], self._runners.get(text)
        if runner is None or not runner.rewards:
            return candidate
        parent = next((one for one in self._runners.values() if version_of(one.text) == candidate.parent), None)
        earned = gain_over(runner, parent) if parent and candidate.earned is None else candidate.earned
        return candidate.model_copy(update={"mean_reward": runner.mean, "n_scored": runner.n_scored, "earned": earned})


class _Adapter:
    """What the package asks of a system: scores of a prompt on a batch, and what a reflection reads of them."""

    propose_new_texts = None

    def __init__(self, search: GepaSearch) -> None:
        self._search = search

    def evaluate(self, batch: list[Example], candidate: dict[str, str], capture_traces: bool = False) -> Any:
        """Scores in [0, 1], one an example."""
        from gepa.core.adapter import EvaluationBatch

        experiments = self._search.evaluate(candidate[COMPONENT], batch)
        scored = [one.reward for one in experiments if one.reward is not None]
        stand_in = sum(scored) / len(scored) if scored else 0.0
        scores = [stand_in if one.reward is None else one.reward for one in experiments]
        answers = [one.rollout.answer for one in experiments]
        return EvaluationBatch(outputs=answers, scores=scores, trajectories=experiments if capture_traces else None)

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Any, components_to_update: list[str]
    ) -> dict[str, list[dict[str, Any]]]:
        """The scored rollouts of a minibatch, as the package's own adapter shows them."""
        scored = [one for one in eval_batch.trajectories if one.reward is not None]
        longest = self._search.longest_text(len(scored))
        return {name: [_shown(one, longest) for one in scored] for name in components_to_update}


class _Quiet:
    """The package's lines, for whoever debugs."""

    def log(self, message: str) -> None:
        """One line."""
        _LOG.debug("%s", message)


def _shown(experiment: Experiment, longest: int) -> dict[str, str]:
    rollout, expected = experiment.rollout, experiment.example.expected_answer
    feedback = [f"Reward {experiment.reward:.2f} of 1."]
    feedback += [f"The expected answer is: {expected}"] if expected else []
    feedback += [text for text in (rollout.judge_reason, rollout.error) if text]
    texts = (experiment.example.question, rollout.answer or "(no answer)", " ".join(feedback))
    return {name: cut_middle(without_control_tokens(text), longest) for name, text in zip(TEXTS, texts, strict=True)}
