"""One run of Agno as a turn, by hand: for what the SQL of `run_sql` leaves over, and as the measure that it is held to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from nightschool.records import Message, ToolCall, Turn
from nightschool.sources.base import EXCERPT_CHARS, BadRow
from nightschool.sources.run_sql import MILLISECONDS_FROM, NOT_SHOWN, TOOL_CHARS
from nightschool.sources.tables import compact_json
from nightschool.sources.texts import as_text, read_json_object, storable_text
from nightschool.sources.unix_times import moment_of


class RawRun(NamedTuple):
    """What is known of a run (`run_sql.RUN_COLUMNS`); texts are str, or bytes as they were found."""

    created_at: Any
    run_id: Any
    session_id: Any
    agent_id: Any
    team_id: Any
    workflow_id: Any
    user_id: Any
    parent_run_id: Any
    status: Any
    run_index: Any
    run_data: Any


class ReadRun(NamedTuple):
    """A turn, its history being what the run brought along, and the columns of `turns` that a record does not have."""

    turn: Turn
    more: Mapping[str, Any]


def read_run(run: RawRun) -> ReadRun | BadRow:
    """The run as a turn, or why it can't be one."""
    try:
        data = read_json_object(run.run_data)
        turn = Turn(**_identity(run), **_content(data, _status(run.status, data)), **_figures(data))
        return ReadRun(turn, _place(run, turn, data))
    except ValidationError as error:
        first = error.errors()[0]
        return _bad(run, f"unknown shape: {first['loc'][0]}")
    except ValueError as error:
        return _bad(run, str(error))
    except RecursionError:
        return _bad(run, "nested too deeply")


def _place(run: RawRun, turn: Turn, data: Mapping[str, Any]) -> dict[str, Any]:
    """Where the turn stands among others."""
    top_level = run.parent_run_id is None
    named = run.workflow_id is None or run.agent_id is not None or run.team_id is not None
    return {
        "thread": "\x1f".join((turn.session_id, turn.agent_id, turn.team_id)) if named else None,
        "sees_thread": top_level and not _history_messages(data),
        "shown": top_level and turn.status not in NOT_SHOWN,
        "cut_texts": sum(len(text) > TOOL_CHARS for tool in _tools(data) for text in (_arguments(tool), _result(tool) or "")),
    }


def _identity(row: RawRun) -> dict[str, Any]:
    return {
        "run_id": _id(row.run_id),
        "session_id": _id(row.session_id),
        "agent_id": _id(row.agent_id),
        "team_id": _id(row.team_id),
        "user_id": _id(row.user_id),
        "index": row.run_index or 0,
        "created_at": _moment(row.created_at),
    }


def _content(run: Mapping[str, Any], status: str) -> dict[str, Any]:
    """What was said. A failed run's `content` is the error's text, which nobody should take for an answer."""
    said = as_text(run.get("content"))
    failed = status == "ERROR"
    state = run.get("session_state")
    state = json.loads(state) if isinstance(state, str) and state.startswith("{") else state
    return {
        "question": _question(run),
        "answer": "" if failed else said,
        "error": said if failed else "",
        "status": status,
        "history": _history_messages(run) + _given_history(run),
        "tool_calls": tuple(_tool_call(tool) for tool in _tools(run)),
        "system_message": _system_message(run),
        "session_state": state if isinstance(state, dict) else {},
        **_opinion(run),
    }


def _figures(run: Mapping[str, Any]) -> dict[str, Any]:
    metrics = run.get("metrics")
    figures = metrics if isinstance(metrics, dict) else {}
    return {
        "model": as_text(run.get("model")),
        "input_tokens": _total(figures.get("input_tokens")) or 0,
        "output_tokens": _total(figures.get("output_tokens")) or 0,
        "latency_s": _total(figures.get("duration", figures.get("time"))),
    }


def _total(figure: Any) -> Any:
    """A figure, or the sum of a list of them: Agno 1 keeps one for each call of the model."""
    if isinstance(figure, list) and all(isinstance(one, int | float) for one in figure):
        return sum(figure)
    return figure


def _question(run: Mapping[str, Any]) -> str:
    """What the user wrote: a text, a list of messages (the last user message), or data that is shown as JSON.

    Agno 1 keeps no input: there it is the last message of the user's that is not history.
    """
    given = _given(run) if "input" in run else [one for one in _chat(run) if not one.get("from_history")]
    if isinstance(given, list):
        messages = _messages(given)
        return as_text(messages[-1].get("content")) if messages else as_text(given or None)
    if isinstance(given, dict) and "content" in given and "role" in given:
        return as_text(given["content"])
    if given is None or isinstance(given, str | dict):
        return as_text(given)
    raise ValueError("unknown shape: input")


def _history_messages(run: Mapping[str, Any]) -> tuple[Message, ...]:
    """The history that Agno 2 and 1 keep with the run itself."""
    return _dialogue([message for message in _chat(run) if message.get("from_history")])


def _given_history(run: Mapping[str, Any]) -> tuple[Message, ...]:
    """The messages that the caller put before the last one."""
    given = _given(run)
    return _dialogue(_messages(given)[:-1]) if isinstance(given, list) else ()


def _dialogue(messages: Sequence[Mapping[str, Any]]) -> tuple[Message, ...]:
    said = [(str(message.get("role")), as_text(message.get("content"))) for message in messages]
    return tuple(Message(role=role, content=text) for role, text in said if role in {"user", "assistant"} and text)


def _given(run: Mapping[str, Any]) -> Any:
    given = run.get("input")
    return given.get("input_content") if isinstance(given, dict) else given


def _messages(given: Sequence[Any]) -> list[dict[str, Any]]:
    """A list input as chat messages up to the last user message; empty where it is not a list of messages."""
    messages = [item for item in given if isinstance(item, dict) and "role" in item]
    while messages and messages[-1]["role"] != "user":
        messages.pop()
    return messages


def _chat(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    messages = run.get("messages")
    return [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []


def _system_message(run: Mapping[str, Any]) -> str:
    messages = _chat(run)[:1]
    return as_text(messages[0].get("content")) if messages and messages[0].get("role") in {"system", "developer"} else ""


def _tools(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    tools = run.get("tools")
    return [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []


def _arguments(tool: Mapping[str, Any]) -> str:
    arguments = tool.get("tool_args")
    return "{}" if arguments is None else compact_json(arguments)


def _result(tool: Mapping[str, Any]) -> str | None:
    result = tool.get("result", tool.get("content"))
    return None if result is None else as_text(result)


def _tool_call(tool: Mapping[str, Any]) -> ToolCall:
    result = _result(tool)
    return ToolCall(
        name=as_text(tool.get("tool_name")),
        arguments=_arguments(tool)[:TOOL_CHARS],
        result=None if result is None else result[:TOOL_CHARS],
        failed=bool(tool.get("tool_call_error")),
    )


def _opinion(run: Mapping[str, Any]) -> dict[str, Any]:
    """What the site itself put into the run's metadata; Agno has no place for a rating."""
    metadata = run.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    rating, correction = str(known.get("rating")), known.get("correction")
    return {
        "rating": int(rating) if rating in {"1", "2", "3", "4", "5"} else None,
        "comment": as_text(known.get("feedback", known.get("comment"))),
        "correction": None if correction is None else as_text(correction),
    }


def _status(column: Any, run: Mapping[str, Any]) -> str:
    return _id(column) or as_text(run.get("status")) or "COMPLETED"


def _moment(given: Any) -> datetime:
    if isinstance(given, str) and (moment := moment_of(given)):
        return moment
    try:
        seconds = float(given)
        while seconds >= MILLISECONDS_FROM:
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise ValueError("unknown shape: created_at") from None


def _id(value: Any) -> str:
    if value is None:
        return ""
    return storable_text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))


def _bad(row: RawRun, reason: str) -> BadRow:
    raw = row.run_data.decode("utf-8", "replace") if isinstance(row.run_data, bytes) else str(row.run_data)
    return BadRow(run_id=_id(row.run_id), session_id=_id(row.session_id), reason=reason, raw=storable_text(raw[:EXCERPT_CHARS]))
