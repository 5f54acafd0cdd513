"""The target in an interpreter of its own: asked over a pipe, otherwise like any other."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Collection, Mapping
from typing import Any

from nightschool.agent.faults import ModelCalls, Usage
from nightschool.agent.interpreter.bill import Bill
from nightschool.agent.interpreter.failures import error_of
from nightschool.agent.interpreter.process import Interpreter, InterpreterDied
from nightschool.agent.patience import Patience
from nightschool.agent.run import Run, as_run, divergent, too_many_calls
from nightschool.llm import AgentCalls, Limiters
from nightschool.records import Example, RatePolicy, RolloutPolicy

GRACE_S = 15.0
"""Seconds beyond the time-out after which a worker that does not even say so is taken for stuck."""


class InterpreterTarget:
    """Runs the agent in its own interpreter. Belongs to one event loop.

    Its model calls are paid and paced one by one, before they are made. They are not journaled so, only finished rollouts are.

    Args:
        python: path of the interpreter.
        factory: `package.module:function`, as that interpreter imports it.
        timeout_s: seconds after which a run counts as the agent's fault.
        max_llm_calls: model calls after which it does, too.
        safe_tools: names of tools that run for real; all others answer from the conversation's recording.
        limiters: how fast the agent's models are asked; None: as fast as they answer.
        journaled: counts the calls, and refuses those beyond the budget; None: runs are paid when finished, and not paced.
    """

    def __init__(
        self,
        python: str,
        factory: str,
        *,
        timeout_s: float = 120.0,
        max_llm_calls: int = RolloutPolicy().max_llm_calls,
        safe_tools: Collection[str] = (),
        limiters: Limiters | None = None,
        journaled: AgentCalls | None = None,
    ) -> None:
        self._journaled = journaled
        self._limiters = limiters or Limiters(RatePolicy())
        self._interpreter = Interpreter(python, {"factory": factory, "safe_tools": list(safe_tools)})
        self._timeout_s = timeout_s
        self._max_llm_calls = max_llm_calls
        self._limits = {"timeout_s": timeout_s, "max_llm_calls": max_llm_calls}

    @property
    def pays_each_call(self) -> bool:
        """Whether each call of a model has its place in the budget before it is made."""
        return self._journaled is not None

    async def run(self, prompt: str, example: Example, *, sample: int = 0) -> Run:
        """Ask one question. A failure is a `Run` with its fault; a worker that died is started anew for the next run.

        Raises:
            ConfigError: where the interpreter, the factory or the agent can't be used.
            BudgetExhausted: where the purse was empty before one of its calls.
        """
        await self._interpreter.started()
        if self._journaled is None:
            return await self._asked(prompt, example, None)
        bill = Bill(self._journaled, self._limiters)
        run = await self._asked(prompt, example, bill)
        if bill.stopped is not None:
            raise bill.stopped
        return run

    async def _asked(self, prompt: str, example: Example, bill: Bill | None) -> Run:
        request = {**self._limits, **_request(prompt, example), "paid": bill is not None}
        started = time.monotonic()
        try:
            run = self._read(await self._answer(request, bill), bill.paid if bill else Usage())
        except TimeoutError:
            await self._interpreter.stop()
            run = Run(fault="agent", error=f"no answer within {self._timeout_s:g} s, and its interpreter had to be stopped")
        except InterpreterDied as death:
            run = Run(fault="infrastructure", error=str(death))
        waited = bill.patience.waited_s if bill and bill.patience else 0.0
        return run.model_copy(update={"latency_s": time.monotonic() - started - waited})

    async def aclose(self) -> None:
        """End the worker."""
        await self._interpreter.stop()

    async def _answer(self, request: Mapping[str, Any], bill: Bill | None) -> dict[str, Any]:
        async with asyncio.timeout(self._timeout_s + GRACE_S) as limit:
            if bill is None:
                return await self._interpreter.ask("run", **request)
            bill.patience = Patience(limit)
            async with contextlib.aclosing(bill):  # a call that still waits for its turn lets go of the time-out before it ends
                return await self._interpreter.ask("run", bill.hear, **request)

    def _read(self, answer: Mapping[str, Any], paid: Usage) -> Run:
        calls = _calls_of(answer["calls"])
        calls.singly = paid
        if answer["late"]:
            run = Run(fault="agent", error=f"no answer within {self._timeout_s:g} s")
        elif answer["raised"]:
            run = Run(fault=calls.fault, error=answer["raised"])
        else:
            run = as_run(answer["told"], calls)
        if answer["too_many"]:
            run = too_many_calls(run, self._max_llm_calls)
        if answer["missing_tool"]:
            run = divergent(run, answer["missing_tool"])
        return run.with_calls(calls)


def _request(prompt: str, example: Example) -> dict[str, Any]:
    return {
        "prompt": prompt,
        "question": example.question,
        "history": [{"role": message.role, "content": message.content} for message in example.history],
        "tool_calls": [{"name": call.name, "arguments": call.arguments, "result": call.result} for call in example.tool_calls],
    }


def _calls_of(ended: list[dict[str, Any]]) -> ModelCalls:
    """The notes that the models of this run would have written here."""
    calls = ModelCalls()
    for call in ended:
        if "tokens" in call:
            calls.succeeded(*call["tokens"])
        else:
            calls.failed(error_of(call))
    return calls
