"""The calls of models that do not speak OpenAI's protocol: paid one by one before they are made, kept by finished rollout."""

from __future__ import annotations

import contextlib
from typing import Any

from nightschool.agent.faults import calls_of_this_run
from nightschool.agent.sizes import tokens_allowed, tokens_asked, tokens_taken
from nightschool.errors import NightschoolError
from nightschool.llm import AgentCalls


def pay_model(model: Any, journaled: AgentCalls) -> None:
    """Make an Agno model reserve its place in the budget before each call, and settle it after; twice is once.

    Args:
        model: any of Agno's.
        journaled: counts the calls, and refuses those beyond the budget.
    """
    if getattr(model, "_nightschool_pays", False):
        return
    ask = model.ainvoke

    async def paying(*args: Any, **kwargs: Any) -> Any:
        notes = calls_of_this_run()
        asked = tokens_asked(*args, **kwargs)
        with contextlib.ExitStack() as place:
            try:
                settle = place.enter_context(journaled.unkept(asked, tokens_allowed(model)))
            except NightschoolError as error:  # Agno would turn it into an answer
                notes.stopped = error
                raise
            notes.singly.calls += 1
            answer = await ask(*args, **kwargs)
            took = tokens_taken(answer, asked)
            settle(*took)
        notes.singly.add_tokens(*took)
        return answer

    model.ainvoke = paying
    model._nightschool_pays = True
