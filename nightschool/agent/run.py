"""One run of the target as a record: from what Agno returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nightschool.agent.faults import ModelCalls, Usage
from nightschool.records import Record, RolloutFault


class Run(Record):
    """One answer of the target, before it is graded."""

    answer: str = ""
    fault: RolloutFault | None = None
    missing_tool: str = ""
    error: str = ""
    system_message: str = ""
    messages: tuple[dict[str, Any], ...] = ()
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    latency_s: float = 0.0
    llm_calls: int = 0
    unpaid_calls: int = 0
    """Calls that no meter has counted yet: of models whose calls are not journaled one by one."""
    unpaid_input_tokens: int = 0
    unpaid_output_tokens: int = 0

    def with_unpaid(self, paid: Usage) -> Run:
        """The run, with what it took besides the calls that were paid one by one."""
        left = {
            "unpaid_calls": max(0, self.llm_calls - paid.calls),
            "unpaid_input_tokens": max(0, self.input_tokens - paid.input_tokens),
            "unpaid_output_tokens": max(0, self.output_tokens - paid.output_tokens),
        }
        return self.model_copy(update=left)


def as_run(output: Any, calls: ModelCalls) -> Run:
    """The run behind a `RunOutput` or `TeamRunOutput`; latency and calls are the caller's to add."""
    answer = "" if output.content is None else str(output.get_content_as_string())
    run = _without_answer(output)
    if not _completed(output):
        return run.model_copy(update={"fault": calls.fault, "error": answer or str(output.status)})
    if calls.met_outage and not all(_completed(part) for part in _parts_of(output)):
        return run.model_copy(update={"fault": "infrastructure", "error": "a member of the team met an outage"})
    if not answer.strip():
        return run.model_copy(update={"fault": "agent", "error": "the run ended without an answer"})
    return run.model_copy(update={"answer": answer})


def _without_answer(output: Any) -> Run:
    messages = output.messages or ()
    metrics = [part.metrics for part in (output, *_parts_of(output)) if part.metrics]  # a team's own leave its members out
    return Run(
        system_message=next((_content(m) for m in messages if m.role == "system"), ""),
        messages=tuple(_as_chat(m) for m in messages if m.role != "system"),
        model=output.model or "",
        input_tokens=sum(part.input_tokens for part in metrics),
        output_tokens=sum(part.output_tokens for part in metrics),
    )


def _completed(output: Any) -> bool:
    return str(getattr(output.status, "value", output.status)).upper() == "COMPLETED"


def _parts_of(output: Any) -> Iterator[Any]:
    """The runs of a team's members, however deep."""
    for part in getattr(output, "member_responses", None) or ():
        yield part
        yield from _parts_of(part)


def _as_chat(message: Any) -> dict[str, Any]:
    chat: dict[str, Any] = {"role": message.role, "content": _content(message)}
    if message.tool_calls:
        chat["tool_calls"] = message.tool_calls
    if message.tool_call_id:
        chat["tool_call_id"] = message.tool_call_id
    return chat


def _content(message: Any) -> str:
    return message.get_content_string() if message.content is not None else ""
