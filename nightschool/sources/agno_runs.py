"""One Agno run as a turn: what the JSON of `agno_runs.run_data` says, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from nightschool.records import Message, ToolCall, Turn
from nightschool.sources.base import EXCERPT_CHARS, BadRow
from nightschool.sources.texts import as_text, read_json_object, storable_text

_TOOL_CHARS = 2_000
# Agno leaves these runs out when it shows an agent its history.
_NOT_IN_HISTORY = {"PAUSED", "CANCELLED", "ERROR", "REGENERATED"}


class RunRow(NamedTuple):
    """A row of `agno_runs`; texts are bytes, as they are in the file. `created_at` is in seconds."""

    rowid: int
    created_at: int
    run_id: bytes
    session_id: bytes
    agent_id: bytes | None
    team_id: bytes | None
    user_id: bytes | None
    status: bytes | None
    run_index: int | None
    run_data: Any


class Exchange(NamedTuple):
    """An earlier question of a session with its answer, and whose it was."""

    run_index: int
    owner: tuple[bytes | None, bytes | None]
    question: str
    answer: str


def turn_of(row: RunRow, history: Sequence[Message]) -> Turn | BadRow:
    """The row as a turn, or why it can't be one."""
    try:
        run = read_json_object(row.run_data)
        return Turn(**_identity(row), **_content(run, _status(row.status, run), history), **_figures(run))
    except ValidationError as error:
        first = error.errors()[0]
        return _bad(row, f"unknown shape: {first['loc'][0]}")
    except ValueError as error:
        return _bad(row, str(error))
    except RecursionError:
        return _bad(row, "nested too deeply")


def exchange_of(
    run_index: int, status: bytes | None, agent_id: bytes | None, team_id: bytes | None, run_data: Any
) -> Exchange | None:
    """What a run adds to the history of later ones; None where it adds nothing or can't be read."""
    try:
        run = read_json_object(run_data)
        question, answer = _question(run), as_text(run.get("content"))
    except (ValueError, RecursionError):
        return None
    if _status(status, run) in _NOT_IN_HISTORY:
        return None
    return Exchange(run_index, (agent_id, team_id), question, answer)


def history_before(row: RunRow, earlier: Sequence[Exchange], max_runs: int) -> tuple[Message, ...]:
    """The messages that the row's agent could see: the last runs of its session before this one, oldest first."""
    index = row.run_index or 0
    seen = [exchange for exchange in earlier if exchange.run_index < index and exchange.owner == (row.agent_id, row.team_id)]
    pairs = [(("user", one.question), ("assistant", one.answer)) for one in seen[-max_runs:]]
    return tuple(Message(role=role, content=text) for pair in pairs for role, text in pair if text)


def _identity(row: RunRow) -> dict[str, Any]:
    return {
        "run_id": _id(row.run_id),
        "session_id": _id(row.session_id),
        "agent_id": _id(row.agent_id),
        "team_id": _id(row.team_id),
        "user_id": _id(row.user_id),
        "index": row.run_index or 0,
        "created_at": _moment(row.created_at),
    }


def _content(run: Mapping[str, Any], status: str, history: Sequence[Message]) -> dict[str, Any]:
    """What was said. A failed run's `content` is the error's text, which nobody should take for an answer."""
    said = as_text(run.get("content"))
    failed = status == "ERROR"
    rating, comment = _rating(run)
    state = run.get("session_state")
    return {
        "question": _question(run),
        "answer": "" if failed else said,
        "error": said if failed else "",
        "status": status,
        "history": tuple(history) + _given_history(run),
        "tool_calls": tuple(_tool_call(tool) for tool in run.get("tools") or () if isinstance(tool, dict)),
        "system_message": _system_message(run),
        "session_state": state if isinstance(state, dict) else {},
        "rating": rating,
        "comment": comment,
    }


def _figures(run: Mapping[str, Any]) -> dict[str, Any]:
    metrics = run.get("metrics")
    figures = metrics if isinstance(metrics, dict) else {}
    return {
        "model": as_text(run.get("model")),
        "input_tokens": figures.get("input_tokens") or 0,
        "output_tokens": figures.get("output_tokens") or 0,
        "latency_s": figures.get("duration"),
    }


def _question(run: Mapping[str, Any]) -> str:
    """What the user wrote: a text, a list of messages (the last user message), or data that is shown as JSON."""
    given = _given(run)
    if isinstance(given, list):
        messages = _messages(given)
        return as_text(messages[-1].get("content")) if messages else as_text(given)
    if isinstance(given, dict) and "content" in given and "role" in given:
        return as_text(given["content"])
    if given is None or isinstance(given, str | dict):
        return as_text(given)
    raise ValueError("unknown shape: input")


def _given_history(run: Mapping[str, Any]) -> tuple[Message, ...]:
    """The messages that the caller put before the last one."""
    given = _given(run)
    earlier = _messages(given)[:-1] if isinstance(given, list) else []
    pairs = [(str(message.get("role")), as_text(message.get("content"))) for message in earlier]
    return tuple(Message(role=role, content=text) for role, text in pairs if role in {"user", "assistant"} and text)


def _given(run: Mapping[str, Any]) -> Any:
    given = run.get("input")
    return given.get("input_content") if isinstance(given, dict) else given


def _messages(given: Sequence[Any]) -> list[dict[str, Any]]:
    """A list input as chat messages up to the last user message; empty where it is not a list of messages."""
    messages = [item for item in given if isinstance(item, dict) and "role" in item]
    while messages and messages[-1]["role"] != "user":
        messages.pop()
    return messages


def _system_message(run: Mapping[str, Any]) -> str:
    messages = run.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    if isinstance(first, dict) and first.get("role") in {"system", "developer"}:
        return as_text(first.get("content"))
    return ""


def _tool_call(tool: Mapping[str, Any]) -> ToolCall:
    result = tool.get("result")
    return ToolCall(
        name=as_text(tool.get("tool_name")),
        arguments=json.dumps(tool.get("tool_args") or {}, ensure_ascii=False)[:_TOOL_CHARS],
        result=None if result is None else as_text(result)[:_TOOL_CHARS],
        failed=bool(tool.get("tool_call_error")),
    )


def _rating(run: Mapping[str, Any]) -> tuple[int | None, str]:
    """A rating that the site itself put into the run's metadata; Agno has no place for one."""
    metadata = run.get("metadata")
    if not isinstance(metadata, dict):
        return None, ""
    rating = metadata.get("rating")
    is_rating = isinstance(rating, int) and not isinstance(rating, bool) and 1 <= rating <= 5
    return rating if is_rating else None, as_text(metadata.get("feedback"))


def _status(column: bytes | None, run: Mapping[str, Any]) -> str:
    return _id(column) or as_text(run.get("status")) or "COMPLETED"


def _moment(seconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise ValueError("unknown shape: created_at") from None


def _id(value: Any) -> str:
    if value is None:
        return ""
    return storable_text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))


def _bad(row: RunRow, reason: str) -> BadRow:
    raw = row.run_data.decode("utf-8", "replace") if isinstance(row.run_data, bytes) else str(row.run_data)
    return BadRow(run_id=_id(row.run_id), session_id=_id(row.session_id), reason=reason, raw=storable_text(raw[:EXCERPT_CHARS]))
