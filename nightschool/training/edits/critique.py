"""The textual gradient: a critic reads traces of failing rollouts, an editor applies what it says.

Source: ProTeGi (arXiv 2305.03495, section 2), with the gradients of TextGrad, in agentlightning's own words.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nightschool.errors import BudgetExhausted, EndpointRefused, LLMError, TransientError
from nightschool.evaluation import side_by_side
from nightschool.records import SearchPolicy
from nightschool.training.edits.base import Experiment, Parent, Proposal

if TYPE_CHECKING:
    from nightschool.llm import LLM

FAILING_SHARE = 0.75
"""Of the rollouts that a critic reads; the passing rest shows what must not be lost."""
LONGEST_TRACE_CHARS = 2_000
_LOG = logging.getLogger(__name__)
_FENCE = re.compile(r"\A\s*```[a-z]*\n(.*?)\n```\s*\Z", re.DOTALL)


class CritiqueEdit:
    """APO's edit: one critique and one edited prompt a child.

    Args:
        llm: plays critic and editor.
        policy: temperatures, and how many rollouts a critique reads.
    """

    kind = "critique"

    def __init__(self, llm: LLM, policy: SearchPolicy) -> None:
        self._llm = llm
        self._policy = policy

    async def propose(self, parent: Parent, count: int, rng: random.Random) -> Sequence[Proposal]:
        """`count` critiques side by side, each applied by the editor; unusable edits are dropped.

        One refused request costs one child and not the search.

        Raises:
            LLMError: where the requests of all children were refused.
            EndpointRefused: for a wrong key or model, which no sibling would fare better with.
        """
        if not any(experiment.reward is not None for experiment in parent.experiments):
            return []
        seeds = [rng.getrandbits(32) for _ in range(count)]
        made = await side_by_side(self._child(parent, random.Random(seed)) for seed in seeds)
        refused = [child for child in made if isinstance(child, LLMError)]
        if refused and len(refused) == len(made):
            raise refused[-1]
        for error in refused:
            _LOG.warning("One candidate less: %s", error.message)
        return [child for child in made if isinstance(child, Proposal)]

    async def _child(self, parent: Parent, rng: random.Random) -> Proposal | LLMError | None:
        """The proposal, the refusal that prevented it, or None for an edit that can't be used."""
        try:
            critique = await self._criticise(parent, rng)
            text = await self._edit(parent.text, critique, rng) if critique else ""
        except (TransientError, BudgetExhausted, EndpointRefused):
            raise
        except LLMError as error:
            return error
        if not text or text == parent.text:
            return None
        return Proposal(text=text, edit=self.kind, critique=critique, change=describe_change(parent.text, text))

    async def _criticise(self, parent: Parent, rng: random.Random) -> str:
        from nightschool.training.lightning.templates import critique_messages

        chosen = choose_experiments(parent.experiments, self._policy.gradient_batch_size, rng)
        messages = critique_messages(parent.text, [_as_shown(experiment) for experiment in chosen], rng)
        seed = rng.getrandbits(31)
        reply = await self._llm.ask("critic", messages, temperature=self._policy.critic_temperature, seed=seed)
        return reply.text.strip()

    async def _edit(self, prompt: str, critique: str, rng: random.Random) -> str:
        """The edited prompt; empty where the editor's answer was cut, because half a prompt is none."""
        from nightschool.training.lightning.templates import edit_messages

        messages = edit_messages(prompt, critique, rng)
        seed = rng.getrandbits(31)
        reply = await self._llm.ask("editor", messages, temperature=self._policy.editor_temperature, seed=seed)
        return "" if reply.finish_reason == "length" else clean_edit(reply.text)


def choose_experiments(experiments: Sequence[Experiment], size: int, rng: random.Random) -> list[Experiment]:
    """The rollouts that a critique reads: of a draw twice as large, mostly the worst and some of the best; unscored never."""
    scored = [experiment for experiment in experiments if experiment.reward is not None]
    scored = rng.sample(scored, min(2 * size, len(scored)))
    scored.sort(key=lambda experiment: experiment.reward or 0.0)
    failing = max(1, round(size * FAILING_SHARE))
    chosen = scored[:failing]
    rest = scored[failing:]
    return chosen + rest[max(0, len(rest) - (size - len(chosen))) :]


def clean_edit(text: str) -> str:
    """The edited prompt without a fence around all of it; anything less certain is left as it is."""
    fenced = _FENCE.match(text)
    return (fenced[1] if fenced else text).strip()


def describe_change(before: str, after: str) -> str:
    """What an edit changed, in one line: the first line that is new, or how much is gone."""
    old = set(before.splitlines())
    new = [line.strip() for line in after.splitlines() if line.strip() and line not in old]
    if new:
        more = f" (+{len(new) - 1} more lines)" if len(new) > 1 else ""
        return f"added: {_shorten(new[0])}{more}"
    return f"removed {len(before) - len(after)} characters"


def _as_shown(experiment: Experiment) -> dict[str, Any]:
    """What the templates call an experiment, trimmed."""
    messages = [_trim(message) for message in experiment.messages]
    status = "failed" if experiment.rollout.fault else "succeeded"
    return {
        "status": status,
        "final_reward": round(experiment.reward or 0.0, 3),
        "messages": messages,
        "spans": [{"name": "agent.run", "messages": messages, "reward": round(experiment.reward or 0.0, 3)}],
    }


def _trim(message: Any) -> dict[str, Any]:
    shown = {key: value for key, value in dict(message).items() if value is not None}
    content = shown.get("content")
    if isinstance(content, str) and len(content) > LONGEST_TRACE_CHARS:
        half = LONGEST_TRACE_CHARS // 2
        shown["content"] = f"{content[:half]} … {content[-half:]}"
    return shown


def _shorten(line: str, width: int = 100) -> str:
    return line if len(line) <= width else line[: width - 1] + "…"
