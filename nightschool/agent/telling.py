"""What Agno returns of a run, told in plain values that can cross a process border. Standard library alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Told = dict[str, Any]
"""A run: `answer`, `status`, `completed`, `parts_completed` (of a team's members), `system_message`, `messages`,
`tools` (executions), `executions` (the same with those of a team's members, and when), `model`, `input_tokens`,
`output_tokens`."""


def told_of(output: Any) -> Told:
    """A `RunOutput` or `TeamRunOutput` in plain values."""
    messages = output.messages or ()
    parts = list(_parts_of(output))
    metrics = [part.metrics for part in (output, *parts) if part.metrics]  # a team's own leave its members out
    return {
        "answer": "" if output.content is None else str(output.get_content_as_string()),
        "status": str(output.status),
        "completed": _completed(output),
        "parts_completed": all(map(_completed, parts)),
        "system_message": next((_content(m) for m in messages if m.role == "system"), ""),
        "messages": [_as_chat(m) for m in messages if m.role != "system"],
        "tools": [_as_execution(tool) for tool in getattr(output, "tools", None) or ()],
        "executions": [_as_timed(tool) for part in (output, *parts) for tool in getattr(part, "tools", None) or ()],
        "model": output.model or "",
        "input_tokens": sum(part.input_tokens or 0 for part in metrics),
        "output_tokens": sum(part.output_tokens or 0 for part in metrics),
    }


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


def _as_execution(tool: Any) -> dict[str, Any]:
    names = ("tool_call_id", "tool_name", "tool_args", "tool_call_error", "result")
    return {name: value for name in names if isinstance(value := getattr(tool, name, None), str | bool | dict)}


def _as_timed(tool: Any) -> dict[str, Any]:
    times = getattr(tool, "metrics", None)
    return {
        "name": str(tool.tool_name or ""),
        "call_id": str(tool.tool_call_id or ""),
        "arguments": dict(tool.tool_args or {}),
        "result": str(tool.result or ""),
        "failed": bool(tool.tool_call_error),
        "started_s": getattr(times, "start_time", None),
        "ended_s": getattr(times, "end_time", None),
    }


def _content(message: Any) -> str:
    return message.get_content_string() if message.content is not None else ""
