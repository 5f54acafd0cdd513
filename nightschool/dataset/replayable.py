"""What share of the traffic can be answered from recordings: in a rollout a tool that may not run answers as it did then."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def replayable(connection: DuckDBPyConnection) -> dict[str, Any]:
    """Of the real examples, in turns that they stand for; by tool those that used it, and where its answers are recorded.

    An agent with another prompt may call its tools in another way, or others: the share is the most that can be hoped for.
    """
    query = "SELECT tool_calls, sum(frequency)::BIGINT FROM examples WHERE origin <> 'curated' GROUP BY tool_calls"
    turns, calls, recorded = Counter[str](), Counter[str](), Counter[str]()
    for text, number in connection.execute(query).fetchall():
        used = json.loads(text)
        names, missing = {call["name"] for call in used}, {call["name"] for call in used if not _is_recorded(call)}
        turns["without_tools" if not used else "unrecorded" if missing else "recorded"] += number
        calls.update(dict.fromkeys(names, number))
        recorded.update(dict.fromkeys(names - missing, number))
    known = {name: turns[name] for name in ("without_tools", "recorded", "unrecorded")}
    share = round(1 - turns["unrecorded"] / max(turns.total(), 1), 4)
    by_tool = {name: {"turns": number, "recorded": recorded[name]} for name, number in sorted(calls.items())}
    return {"turns": known, "share": share, "by_tool": by_tool}


def _is_recorded(call: Mapping[str, Any]) -> bool:
    """Whether a call of the same arguments would find its answer: arguments that were cut are those of no call."""
    try:
        return call.get("result") is not None and isinstance(json.loads(call["arguments"]), dict)
    except json.JSONDecodeError:
        return False
