"""The tools of a rollout as spans, by the GenAI semantic conventions (`execute_tool`), below whatever span is current."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from nightschool.tracing.provider import is_exported, tracer
from nightschool.tracing.rollouts import LONGEST_ATTRIBUTE_CHARS


def trace_tools(executions: Iterable[Mapping[str, Any]]) -> None:
    """Write a span for each tool that a run has executed, with its times. Where nobody receives spans there is none.

    Args:
        executions: each with `name`, `call_id`, `arguments`, `result`, `failed`, and `started_s` and `ended_s` (Unix time) where
            Agno tells them. Answers from a recording are among them.
    """
    if not is_exported():
        return
    for one in executions:
        known = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": one["name"],
            "gen_ai.tool.call.id": one["call_id"],
            "gen_ai.tool.call.arguments": json.dumps(one["arguments"], ensure_ascii=False, default=str)[:LONGEST_ATTRIBUTE_CHARS],
            "gen_ai.tool.call.result": one["result"][:LONGEST_ATTRIBUTE_CHARS],
        }
        if one["failed"]:
            known["error.type"] = "tool_error"
        ended_s = one.get("ended_s") or time.time()
        started_s = one.get("started_s") or ended_s
        span = tracer().start_span(f"execute_tool {one['name']}", start_time=int(started_s * 1e9), attributes=known)
        span.end(end_time=int(ended_s * 1e9))
