"""The search: expand the beam by edits, race all candidates on validation, keep the best, again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nightschool.errors import BudgetExhausted, LLMError
from nightschool.evaluation import side_by_side
from nightschool.records import Candidate, Example, SearchPolicy, SearchResult, version_of
from nightschool.training.acceptance import Acceptance
from nightschool.training.counting import CountedRoll
from nightschool.training.edits.base import Edit, Experiment, Proposal
from nightschool.training.expansion import children_of, warnings_of
from nightschool.training.racing import Roll, Runner, beats, gain_over, race, ranked
from nightschool.training.screening import merged, screen

PERFECT = 0.999


class Brood(NamedTuple):
    """A parent's text, its rollouts that edits learned from, and its children that are worth a rollout."""

    parent: str
    read: tuple[Experiment, ...]
    entered: list[Runner]


class BeamSearch:
    """A beam search over prompts, as ProTeGi's (arXiv 2305.03495, section 2.2), with successive halving as its selection.

    Args:
        policy: iterations, beam, branches, races.
        edits: the kinds of edit that compete.
        seed: of all randomness.
        locked: text that no candidate may lack.
        refuse: what else speaks against a candidate, in a few words; empty: nothing.
        tell: receives the lines of a live log.
        found_before: an earlier search's way from the seed prompt to its winner, which stands last and is in the first race.
    """

    def __init__(
        self,
        policy: SearchPolicy,
        edits: Sequence[Edit],
        *,
        seed: int,
        locked: str = "",
        refuse: Callable[[str], str] = lambda _: "",
        tell: Callable[[str], None] = lambda _: None,
        found_before: Sequence[Candidate] = (),
    ) -> None:
        self._found_before = found_before
        self._policy = policy
        self._locked = locked
        self._refuse = refuse
        self._edits = edits
        self._seed = seed
        self._tell = tell
        self._candidates: dict[str, Candidate] = {}
        self._runners: dict[str, Runner] = {}
        self._warnings: list[str] = []
        self._dropped: Counter[str] = Counter()

    async def run(self, seed_prompt: str, train: Sequence[Example], validation: Sequence[Example], roll: Roll) -> SearchResult:
        """Search from a seed prompt.

        Args:
            seed_prompt: the incumbent's text; ranked like any other.
            train: what edits learn from.
            validation: what candidates are ranked on.
            roll: runs a prompt on examples.

        Raises:
            ConfigError: where the seed prompt lacks the locked text, or its rollouts all end with the agent's fault.
            LLMError: where more rollouts than the policy allows stay unscored, and where the first iteration makes
                nothing because models refuse what an edit asks them for.
        """
        order = _shuffled(validation, self._seed)
        limit = self._policy.max_prompt_tokens
        self._acceptance = Acceptance(seed_prompt, max_tokens=limit, locked=self._locked, refuse=self._refuse)
        self._enter(seed_prompt, Candidate(version=version_of(seed_prompt), text=seed_prompt))
        self._roll = counted = CountedRoll(roll, self._policy, seed_prompt)
        stopped = f"{self._policy.max_iterations} iterations done"
        bests: list[float] = []
        first = [self._runners[seed_prompt]]
        first += [self._enter(one.text, one) for one in self._found_before if one.text != seed_prompt][-1:]
        try:
            beam = (await self._race(first, self._heats(order)[0], counted))[: self._policy.beam_width]
            bests.append(beam[0].mean or 0.0)
            for iteration in range(1, self._policy.max_iterations + 1):
                beam, news = await self._iterate(iteration, beam, train, order, counted, bests)
                if news:
                    stopped = news
                    break
            last = [self._runners[seed_prompt], *(runner for runner in beam if runner.text != seed_prompt)]
            await race(last, order, (), len(last), counted)  # to the end, where they are not there yet
        except BudgetExhausted as error:
            stopped = f"BudgetExhausted: {error.message}"
            self._tell(f"The search ends here: {error.message}")
        return self._result(seed_prompt, len(order), bests, stopped)

    async def _iterate(
        self,
        iteration: int,
        beam: list[Runner],
        train: Sequence[Example],
        order: Sequence[Example],
        roll: Roll,
        bests: list[float],
    ) -> tuple[list[Runner], str]:
        """One expand-and-select step; the new beam, and why to stop (empty: go on)."""
        if bests[-1] >= PERFECT:
            return beam, "nothing can beat a perfect validation score"
        self._tell(f"Iteration {iteration}/{self._policy.max_iterations}:")
        broods, refused = await self._expand(iteration, beam, train, roll)
        made, before = [runner for brood in broods for runner in brood.entered], bests[-1]
        if not made:
            return beam, "no edit had anything new to propose" + (f"; refused: {refused[-1].message}" if refused else "")
        if self._policy.screen_size:
            made = await self._screened(iteration, broods, roll)
        if not made:
            bests.append(before)
            self._tell("  None of them beat its parent on what the critic read")
            return beam, ""
        beam = (await self._race([*beam, *made], self._heats(order)[1], roll))[: self._policy.beam_width]
        bests.append(beam[0].mean or 0.0)
        self._tell_iteration(ranked(made)[0], beam[0], before)
        return beam, ""

    async def _expand(
        self, iteration: int, beam: Sequence[Runner], train: Sequence[Example], roll: Roll
    ) -> tuple[list[Brood], list[LLMError]]:
        """Children of all parents, side by side, and what was refused; duplicates are dropped before they cost anything."""
        made = await side_by_side(
            children_of(parent.text, self._accepted(parent), train, roll, self._edits, self._policy, self._rng(iteration, number))
            for number, parent in enumerate(beam)
        )
        refused = [error for children in made for error in children.refused]
        self._warn(iteration, refused, nothing_else=not any(children.proposals for children in made))
        broods = [
            Brood(parent.text, children.read, self._enter_new(children.proposals, parent.text, iteration))
            for parent, children in zip(beam, made, strict=True)
        ]
        self._tell(f"  {sum(len(brood.entered) for brood in broods)} candidates from {len(beam)} parents")
        return broods, refused

    async def _screened(self, iteration: int, broods: Sequence[Brood], roll: Roll) -> list[Runner]:
        """The best of each parent's children at the screen, and one more that follows all critiques that helped there."""
        passed = await side_by_side(screen(brood.read, brood.entered, roll, self._policy) for brood in broods)
        runners: list[Runner] = []
        for number, better in enumerate(passed):
            helped = [self._candidates[one.runner.text] for one in better]
            critiques = [(one.text, one.critique) for one in helped if one.edit == "critique"]
            proposals = await merged(critiques, self._edits, self._rng(iteration, number, 1))
            runners += self._enter_new(proposals, critiques[0][0] if critiques else "", iteration)
            runners += [one.runner for one in better[: self._policy.beam_width + 1]]
        self._tell(f"  {len(runners)} of them, with what was merged, go on to be ranked")
        return runners

    def _heats(self, order: Sequence[Example]) -> tuple[Sequence[Example], Sequence[Example]]:
        """What the first race runs on, and what the races of the iterations do; with a screen only the last one runs on all."""
        if not (self._policy.screen_size and self._policy.races):
            return order, order
        return order[: self._policy.races[0]], order[: self._policy.races[-1]]

    def _warn(self, iteration: int, refused: Sequence[LLMError], *, nothing_else: bool) -> None:
        """Tell what was refused. It is an error where the search has nothing else: every child of an edit, and no other.

        After the first iteration the search has something, and keeps it.
        """
        if iteration == 1 and nothing_else and len(refused) >= self._policy.branch_factor:
            raise refused[-1]
        for warning in warnings_of(iteration, refused):
            self._warnings.append(warning)
            self._tell(f"  Warning: {warning}")

    async def _race(self, runners: Sequence[Runner], order: Sequence[Example], roll: Roll) -> list[Runner]:
        return await race(runners, order, self._policy.races, self._policy.beam_width, roll)

    def _accepted(self, runner: Runner) -> list[str]:
        """Critiques of a prompt's siblings that beat the parent of all of them, and that it does not follow itself."""
        own = self._candidates[runner.text]
        siblings = (one for one in self._candidates.values() if one.parent == own.parent and one.critique != own.critique)
        helped = (one for one in siblings if one.edit == "critique" and (self._earned(one) or 0.0) > 0)
        return list(dict.fromkeys(one.critique for one in helped if own.parent))

    def _enter_new(self, proposals: Sequence[Proposal], parent: str, iteration: int) -> list[Runner]:
        """The proposals that are worth a rollout, in the race; the others are counted by what speaks against them."""
        entered = []
        for proposal in proposals:
            refusal = proposal.unusable or self._acceptance.refusal(proposal.text, self._runners)
            if refusal:
                self._dropped[refusal] += 1
            else:
                entered.append(self._enter(proposal.text, _candidate(proposal, parent, iteration)))
        return entered

    def _earned(self, candidate: Candidate) -> float | None:
        """How much better a candidate did than its parent."""
        parent = next((text for text, other in self._candidates.items() if other.version == candidate.parent), None)
        return None if parent is None else gain_over(self._runners[candidate.text], self._runners[parent])

    def _enter(self, text: str, candidate: Candidate) -> Runner:
        self._candidates[text] = candidate
        self._runners[text] = Runner(text)
        return self._runners[text]

    def _rng(self, *place: int) -> random.Random:
        return random.Random(f"{self._seed}/{place}")

    def _tell_iteration(self, news: Runner, winner: Runner, before: float) -> None:
        """The best of what this iteration made, then where the search stands: the best prompt so far and its reward."""
        made, best = self._candidates[news.text], winner.mean or 0.0
        if made.critique:
            self._tell(f"  Critique: {_first_line(made.critique)}")
        if made.change:
            self._tell(f"  Edit: {made.change}")
        self._tell(f"  Prompt: {_first_line(winner.text)}")
        arrow = "↑" if best > before else "↓" if best < before else "→"
        self._tell(f"  Avg Reward: {best:.2f} {arrow}")

    def _result(self, seed_prompt: str, validation_size: int, bests: Sequence[float], stopped: str) -> SearchResult:
        candidates = {text: self._scored(text) for text in self._candidates}
        furthest = max(len(runner.rewards) for runner in self._runners.values())
        wanted = furthest if self._policy.screen_size else validation_size
        finished = ranked([runner for runner in self._runners.values() if len(runner.rewards) == wanted])
        won = bool(finished) and beats(finished[0], self._runners[seed_prompt])
        return SearchResult(
            seed=candidates[seed_prompt],
            challenger=candidates[finished[0].text] if won else None,
            candidates=tuple(candidates.values()),
            rewards_by_iteration=tuple(bests),
            stopped=stopped,
            warnings=tuple(self._warnings),
            dropped=dict(sorted(self._dropped.items())),
            rollouts=self._roll.rollouts,
        )

    def _scored(self, text: str) -> Candidate:
        runner = self._runners[text]
        candidate = self._candidates[text]
        if not runner.rewards:  # of an earlier search, and not run again
            return candidate
        earned = self._earned(candidate) if candidate.earned is None else candidate.earned  # as an earlier search found it
        figures = {"mean_reward": runner.mean, "n_scored": runner.n_scored, "earned": earned}
        return candidate.model_copy(update=figures)


def _candidate(proposal: Proposal, parent: str, iteration: int) -> Candidate:
    return Candidate(
        version=version_of(proposal.text),
        text=proposal.text,
        parent=version_of(parent),
        edit=proposal.edit,
        iteration=iteration,
        critique=proposal.critique,
        change=proposal.change,
    )


def _shuffled(examples: Sequence[Example], seed: int) -> list[Example]:
    order = sorted(examples, key=lambda example: example.example_id)
    random.Random(f"{seed}/validation").shuffle(order)
    return order


def _first_line(text: str, width: int = 110) -> str:
    """The first line that says something: a caption like `Critique:` does not."""
    lines = [line.strip() for line in text.splitlines() if line.strip(" -*#")]
    line = next((line for line in lines if not line.endswith(":")), lines[0] if lines else "")
    return line if len(line) <= width else line[: width - 1] + "…"
