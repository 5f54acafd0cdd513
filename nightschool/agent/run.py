"""One run of the target as a record: from what Agno returns."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from nightschool.agent.faults import ModelCalls
from nightschool.agent.telling import Told
from nightschool.llm import writable
from nightschool.records import Record, RolloutFault

_KEPT = ("system_message", "messages", "tools", "executions", "model", "input_tokens", "output_tokens")


class Run(Record):
    """One answer of the target, before it is graded."""

    answer: str = ""
    fault: RolloutFault | None = None
    missing_tool: str = ""
    error: str = ""
    system_message: str = ""
    messages: tuple[dict[str, Any], ...] = ()
    tools: tuple[dict[str, Any], ...] = ()
    """Tools that were executed, with their arguments; Agno's scorers read them."""
    executions: tuple[dict[str, Any], ...] = ()
    """The same with those of a team's members, and with their times; what is traced."""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    latency_s: float = 0.0
    llm_calls: int = 0
    unpaid_calls: int = 0
    """Calls that no meter has counted yet: of models whose calls are not paid one by one."""
    unpaid_input_tokens: int = 0
    unpaid_output_tokens: int = 0

    @field_validator("*", mode="before")
    @classmethod
    def _as_can_be_written(cls, value: Any) -> Any:
        """A model may answer with what no file can hold."""
        return _writable(value)

    @field_validator("input_tokens", "output_tokens")
    @classmethod
    def _at_least_none(cls, tokens: int) -> int:
        """An endpoint may count less than nothing."""
        return max(0, tokens)

    def with_calls(self, calls: ModelCalls) -> Run:
        """The run, with the calls of its models; of one that broke off Agno tells no tokens."""
        used, paid = self if self.input_tokens or self.output_tokens else calls.used, calls.singly
        took = {
            "llm_calls": calls.count,
            "input_tokens": used.input_tokens,
            "output_tokens": used.output_tokens,
            "unpaid_calls": max(0, calls.count - paid.calls),
            "unpaid_input_tokens": max(0, used.input_tokens - paid.input_tokens),
            "unpaid_output_tokens": max(0, used.output_tokens - paid.output_tokens),
        }
        return self.model_copy(update=took)


def _writable(value: Any) -> Any:
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, dict):
        return {_writable(name): _writable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_writable, value))
    return value


def as_run(told: Told, calls: ModelCalls) -> Run:
    """The run behind what Agno returned; latency and calls are the caller's to add."""
    run = Run.model_validate({name: told[name] for name in _KEPT})
    answer = writable(told["answer"])
    if not told["completed"]:
        return run.model_copy(update={"fault": calls.fault, "error": answer or told["status"]})
    if calls.met_outage and not told["parts_completed"]:
        return run.model_copy(update={"fault": "infrastructure", "error": "a member of the team met an outage"})
    if not answer.strip():
        return run.model_copy(update={"fault": "agent", "error": "the run ended without an answer"})
    return run.model_copy(update={"answer": answer})


def too_many_calls(run: Run, most: int) -> Run:
    """A run that would have gone on asking its models: its own fault, whatever it made of it; what it used is kept."""
    endless = f"more than {most} model calls in one rollout (rollouts.max_llm_calls)"
    return Run(fault="agent", error=endless, **run.model_dump(include=set(_KEPT)))


def divergent(run: Run, tool: str) -> Run:
    """A run that called a tool which may not run here, and not as recorded: it can't be graded, what it used is kept."""
    unknown = f"the agent called {tool}, which may not run here, with arguments that were not recorded"
    return Run(fault="divergent", error=unknown, missing_tool=tool, **run.model_dump(include=set(_KEPT)))
