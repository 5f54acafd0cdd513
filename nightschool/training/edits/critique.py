"""The textual gradient: a critic reads traces of failing rollouts, an editor applies what it says.

Source: ProTeGi (arXiv 2305.03495, section 2), with the gradients of TextGrad, in agentlightning's own words.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nightschool.errors import BudgetExhausted, ContextExceeded, EndpointRefused, LLMError, TransientError
from nightschool.evaluation import side_by_side
from nightschool.llm.tokens import cut_middle, tokens_of, without_control_tokens
from nightschool.records import SearchPolicy
from nightschool.training.edits.base import Experiment, Parent, Proposal
from nightschool.training.edits.reading import is_refusal, read_edit
from nightschool.training.edits.trimming import Chat, Render, chat_within, mixed, shrinking

if TYPE_CHECKING:
    from nightschool.llm import LLM, Reply

LONGEST_CRITIQUE_CHARS = 20_000


class CritiqueEdit:
    """APO's edit: one critique and one edited prompt a child.

    Args:
        llm: plays critic and editor.
        policy: temperatures, and how many rollouts and tokens a critique reads.
    """

    kind = "critique"

    def __init__(self, llm: LLM, policy: SearchPolicy) -> None:
        self._llm = llm
        self._policy = policy

    async def propose(self, parent: Parent, count: int, rng: random.Random) -> Sequence[Proposal | LLMError]:
        """`count` critiques side by side, each applied by the editor.

        A refused request, or a critic that says nothing, costs one child, in whose place its error stands.

        Raises:
            EndpointRefused: for a wrong key or model, which no sibling would fare better with.
        """
        if not any(experiment.reward is not None for experiment in parent.experiments):
            return []
        seeds = [rng.getrandbits(32) for _ in range(count)]
        return await side_by_side(self._child(parent, random.Random(seed)) for seed in seeds)

    async def _child(self, parent: Parent, rng: random.Random) -> Proposal | LLMError:
        """The proposal, or the refusal that prevented it."""
        try:
            critique = await self._criticise(parent, rng)
            return await ask_editor(self._llm, self._policy, parent.text, critique, rng, self.kind)
        except (TransientError, BudgetExhausted, EndpointRefused):
            raise
        except LLMError as error:
            return error

    async def _criticise(self, parent: Parent, rng: random.Random) -> str:
        """What the critic says; it is shown less and less of the rollouts where its context is too small.

        Raises:
            LLMError: where it says nothing, or that it will not.
        """
        from nightschool.training.lightning.templates import critiques_of

        chosen = choose_experiments(parent.experiments, self._policy.gradient_batch_size, rng)
        ways = critiques_of(parent.text, rng)
        seed = rng.getrandbits(31)
        chats = shrinking(self._policy.max_critic_tokens, lambda budget: _compose(budget, chosen, parent.text, ways))
        chat = next(chats)
        while True:
            try:
                reply = await self._llm.ask("critic", chat, temperature=self._policy.critic_temperature, seed=seed)
                return _critique_in(reply)
            except ContextExceeded:
                shorter = next(chats, None)
                if shorter is None:
                    raise
                chat = shorter


async def ask_editor(llm: LLM, policy: SearchPolicy, prompt: str, critique: str, rng: random.Random, kind: str) -> Proposal:
    """The edited prompt; where the answer is none, like half of one, the proposal says why.

    Raises:
        LLMError: where the editor's model refused.
    """
    from nightschool.training.lightning.templates import edit_messages

    messages = edit_messages(prompt, critique, rng)
    seed = rng.getrandbits(31)
    reply = await llm.ask("editor", messages, temperature=policy.editor_temperature, seed=seed)
    edited = read_edit(reply, prompt)
    change = "" if edited.unusable else describe_change(prompt, edited.text)
    return Proposal(text=edited.text, edit=kind, critique=critique, change=change, unusable=edited.unusable)


def choose_experiments(experiments: Sequence[Experiment], size: int, rng: random.Random) -> list[Experiment]:
    """The rollouts that a critique reads: of a draw twice as large, mostly the worst and some of the best; unscored never."""
    scored = [experiment for experiment in experiments if experiment.reward is not None]
    scored = rng.sample(scored, min(2 * size, len(scored)))
    scored.sort(key=lambda experiment: experiment.reward or 0.0)
    return mixed(scored, size)


def describe_change(before: str, after: str) -> str:
    """What an edit changed, in one line: the first line that is new, or how much is gone."""
    old = set(before.splitlines())
    new = [line.strip() for line in after.splitlines() if line.strip() and line not in old]
    if new:
        more = f" (+{len(new) - 1} more lines)" if len(new) > 1 else ""
        return f"added: {_shorten(new[0])}{more}"
    return f"removed {len(before) - len(after)} characters"


def _critique_in(reply: Reply) -> str:
    """The critique; the editor reads it whole, so that one without end is cut."""
    critique = without_control_tokens(reply.text.strip())
    if not critique or is_refusal(critique):
        raise LLMError(f"the critic ({reply.model}) gave no critique: {_shorten(critique) or 'an empty answer'}")
    return cut_middle(critique, LONGEST_CRITIQUE_CHARS)


def _compose(budget: int, chosen: Sequence[Experiment], prompt: str, ways: Sequence[Render]) -> Chat:
    """The chat within a budget in the first of several ways to ask; in the shortest one where none fits."""
    chats = []
    for ask in ways:
        chats.append(chat_within(budget, chosen, prompt, ask))
        if tokens_of(chats[-1]) <= budget:
            return chats[-1]
    return min(chats, key=tokens_of)


def _shorten(line: str, width: int = 100) -> str:
    return line if len(line) <= width else line[: width - 1] + "…"
