"""The Agno agent as agentlightning's LitAgent: a rollout under the prompt that the store hands out."""

from __future__ import annotations

from typing import Any

from agentlightning.litagent import LitAgent
from agentlightning.types import NamedResources, PromptTemplate
from agentlightning.types import Rollout as LightningRollout

from nightschool import tracing
from nightschool.errors import NightschoolError
from nightschool.evaluation import Evaluator
from nightschool.records import Example, Rollout
from nightschool.training.lightning.tracer import nobody_reads

PROMPT = "system_prompt"
"""The name of the prompt among a rollout's resources."""


class RolloutAgent(LitAgent[dict[str, Any]]):
    """Runs examples through the evaluator and keeps what came out, by rollout id.

    Args:
        evaluator: runs, grades and journals.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        super().__init__()
        self._evaluator = evaluator
        self.finished: dict[str, Rollout] = {}
        self.stopped: NightschoolError | None = None
        """What ends the search: an empty purse, a factory that fails. A failed rollout alone does not."""

    async def rollout_async(self, task: dict[str, Any], resources: NamedResources, rollout: LightningRollout) -> float | None:
        """One rollout; its reward for the trace, or None where it is unscored or nobody reads that."""
        prompt = resources[PROMPT]
        if not isinstance(prompt, PromptTemplate):
            raise TypeError(f"the resource {PROMPT} is a {type(prompt).__name__}, not a prompt")
        try:
            # `.template`, not `.format()`: a prompt may hold braces.
            finished = await self._evaluator.run(prompt.template, Example.model_validate(task))
        except NightschoolError as error:
            self.stopped = error
            return None
        self.finished[rollout.rollout_id] = finished
        if nobody_reads.get():
            return None
        tracing.trace_rollout(finished)
        return finished.reward
