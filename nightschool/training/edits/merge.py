"""Merge: what helped a prompt's siblings is applied to it as well.

Children of one parent each follow one critique, so that the beam keeps the best advice and loses the second best. The
editor applies to a survivor, in one go, the critiques of all siblings that beat their parent too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nightschool.errors import BudgetExhausted, EndpointRefused, LLMError, TransientError
from nightschool.records import SearchPolicy
from nightschool.training.edits.base import Parent, Proposal
from nightschool.training.edits.critique import ask_editor

if TYPE_CHECKING:
    from nightschool.llm import LLM


class MergeEdit:
    """One child for each parent whose siblings had accepted critiques; it costs one call.

    Args:
        llm: plays the editor.
        policy: its temperature.
    """

    kind = "merge"

    def __init__(self, llm: LLM, policy: SearchPolicy) -> None:
        self._llm = llm
        self._policy = policy

    async def propose(self, parent: Parent, count: int, rng: random.Random) -> Sequence[Proposal | LLMError]:
        """At most one proposal, whatever the count.

        Raises:
            EndpointRefused: for a wrong key or model.
        """
        if not parent.accepted or not count:
            return []
        critique = "\n\n".join(parent.accepted)
        try:
            return [await ask_editor(self._llm, self._policy, parent.text, critique, rng, self.kind)]
        except (TransientError, BudgetExhausted, EndpointRefused):
            raise
        except LLMError as error:
            return [error]
