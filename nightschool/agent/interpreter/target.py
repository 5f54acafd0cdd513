"""The target in an interpreter of its own: asked over a pipe, otherwise like any other."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Collection, Mapping
from typing import Any

from nightschool.agent.faults import LOST_CONNECTIONS, ModelCalls, Usage
from nightschool.agent.interpreter.bill import Bill
from nightschool.agent.interpreter.process import Interpreter, InterpreterDied
from nightschool.agent.run import Run, as_run, divergent, too_many_calls
from nightschool.llm import AgentCalls
from nightschool.records import Example, RolloutPolicy

GRACE_S = 15.0
"""Seconds beyond the time-out after which a worker that does not even say so is taken for stuck."""


class InterpreterTarget:
    """Runs the agent in its own interpreter. Belongs to one event loop.

    Its model calls are paid one by one, before they are made. They are not journaled so, only finished rollouts are; and they
    keep to no rate but the number of rollouts that run at the same time, because their connections are not ours.

    Args:
        python: path of the interpreter.
        factory: `package.module:function`, as that interpreter imports it.
        timeout_s: seconds after which a run counts as the agent's fault.
        max_llm_calls: model calls after which it does, too.
        safe_tools: names of tools that run for real; all others answer from the conversation's recording.
        journaled: counts the calls, and refuses those beyond the budget; None: nothing is paid before a run is finished.
    """

    def __init__(
        self,
        python: str,
        factory: str,
        *,
        timeout_s: float = 120.0,
        max_llm_calls: int = RolloutPolicy().max_llm_calls,
        safe_tools: Collection[str] = (),
        journaled: AgentCalls | None = None,
    ) -> None:
        self._journaled = journaled
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
        bill = Bill(self._journaled)
        with contextlib.closing(bill):
            run = await self._asked(prompt, example, bill)
        if bill.stopped is not None:
            raise bill.stopped
        return run

    async def _asked(self, prompt: str, example: Example, bill: Bill | None) -> Run:
        request = {**self._limits, **_request(prompt, example), "paid": bill is not None}
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout_s + GRACE_S):
                answer = await self._interpreter.ask("run", bill.hear if bill else None, **request)
            run = self._read(answer, bill.paid if bill else Usage())
        except TimeoutError:
            await self._interpreter.stop()
            run = Run(fault="agent", error=f"no answer within {self._timeout_s:g} s, and its interpreter had to be stopped")
        except InterpreterDied as death:
            run = Run(fault="infrastructure", error=str(death))
        return run.model_copy(update={"latency_s": time.monotonic() - started})

    async def aclose(self) -> None:
        """End the worker."""
        await self._interpreter.stop()

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
            calls.failed(_error_of(call))
    return calls


def _error_of(failure: Mapping[str, Any]) -> Exception:
    """What the model raised over there, as our own Agno calls it: one table says whose fault it is."""
    from agno.exceptions import ModelAuthenticationError, ModelProviderError

    from nightschool.errors import TransientError

    kinds, message = set(failure["kinds"]), failure["message"]
    if "ModelAuthenticationError" in kinds:
        return ModelAuthenticationError(message)
    if "ModelProviderError" in kinds or failure["status_code"] is not None:
        return ModelProviderError(message, status_code=failure["status_code"] or 502)
    return TransientError(message) if kinds & LOST_CONNECTIONS else RuntimeError(message)
