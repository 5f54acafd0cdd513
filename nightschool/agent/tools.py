"""Tools fail closed: in a rollout a tool runs for real only where its owner declared it safe.

Every other tool answers from the recording of the conversation that the question comes from, so that no rollout books,
sends or deletes anything, and the agent sees what it saw then. A call that was not recorded ends the rollout as
`divergent`: nobody knows what the tool would have said.

Agno's own tools (delegating to members, searching the knowledge base, the histories) run: they are a part of the agent,
which is cut off from its database and memory. Tools that a model provider runs on its side are the provider's business.
Standard library and Agno alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from nightschool.agent.members import members_of

if TYPE_CHECKING:
    from nightschool.records import ToolCall

AGNO_OWN = frozenset({
    "create_task", "delegate_task_to_member", "delegate_task_to_members", "execute_task", "execute_tasks_parallel",
    "add_task_note", "get_chat_history", "get_skill_instructions", "get_skill_reference", "get_tool_call_history",
    "list_tasks", "mark_all_complete", "read_past_session", "read_result", "search_knowledge_base", "search_past_sessions",
    "search_result", "update_session_state", "update_task_status", "update_user_memory",
})  # fmt: skip
"""Agno's own tools that touch nothing outside of the agent; one of the owner's with such a name is none of them."""


@dataclass
class Recording:
    """What the tools of one conversation answered, and which call of this rollout was not among them.

    Args:
        calls: the recorded ones, oldest first.
    """

    calls: Sequence[ToolCall] = ()
    missing: str = ""
    _given: Counter[str] = field(default_factory=Counter)

    def answer(self, name: str, arguments: Mapping[str, Any]) -> str:
        """What the tool answered to these arguments; the same call again gets the next recorded answer, then the last one.

        Raises:
            LookupError: where the call was not recorded.
        """
        wanted = _comparable(arguments)
        answers = [call.result or "" for call in self.calls if call.name == name and _comparable(_read(call.arguments)) == wanted]
        if not answers:
            self.missing = self.missing or name
            raise LookupError(name)
        place = f"{name} {wanted}"
        self._given[place] += 1
        return answers[min(self._given[place], len(answers)) - 1]


_recording: ContextVar[Recording | None] = ContextVar("recording_of_this_run", default=None)


def replay(calls: Sequence[ToolCall]) -> Recording:
    """Let the tools of this run (this context and the tasks started from it) answer from a recording."""
    recording = Recording(calls)
    _recording.set(recording)
    return recording


def guard_tools(target: Any, safe: Collection[str]) -> None:
    """Put the guard in front of every tool of an agent or team and its members.

    Args:
        target: detached from production already.
        safe: names of tools that run for real; `*` and `?` stand for any characters.
    """
    for member in members_of(target):
        owned = set(tool_names(member))
        for function in _functions_of(member):
            if not _is_safe(function.name, safe):
                function.pre_hook = function.post_hook = None  # they would run around a tool that does not
        member.tool_hooks = [_guard(owned, safe), *(member.tool_hooks or [])]


def tool_names(member: Any) -> Iterator[str]:
    """The names of the tools that an agent's (or member's) owner gave it."""
    for tool in _tools_of(member):
        if isinstance(tool, dict):
            continue  # the model's provider runs it
        functions = {**getattr(tool, "functions", {}), **getattr(tool, "async_functions", {})}
        yield from functions or [str(getattr(tool, "name", None) or getattr(tool, "__name__", ""))]


def unsafe_tools(target: Any, safe: Collection[str]) -> tuple[str, ...]:
    """The tools of an agent or team that answer from recordings only, in alphabetical order."""
    return tuple(sorted({name for member in members_of(target) for name in tool_names(member) if not _is_safe(name, safe)}))


def _guard(owned: Collection[str], safe: Collection[str]) -> Callable[..., Any]:
    def guard(function_name: str, function_call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        from agno.exceptions import StopAgentRun

        if _is_safe(function_name, safe) or (function_name in AGNO_OWN and function_name not in owned):
            return function_call(**arguments)
        recording = _recording.get() or Recording()
        try:
            return recording.answer(function_name, arguments)
        except LookupError:
            raise StopAgentRun(f"there is no recording of this call of {function_name}") from None

    return guard


def _is_safe(name: str, safe: Collection[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in safe)


def _functions_of(member: Any) -> Iterator[Any]:
    """The owner's tools that are Agno's `Function`s, alone or in toolkits."""
    for tool in _tools_of(member):
        if hasattr(tool, "functions"):
            yield from {**tool.functions, **tool.async_functions}.values()
        elif hasattr(tool, "pre_hook"):
            yield tool


def _tools_of(member: Any) -> Sequence[Any]:
    """The list of tools; a function that makes them at run time gives no names, and so none of them is safe by being Agno's."""
    return member.tools if isinstance(member.tools, list) else ()


def _read(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except json.JSONDecodeError:  # cut at extraction: no call can be the same
        return {"": arguments}


def _comparable(value: Any) -> str:
    """Arguments that mean the same as the same text: key order, outer space, case, and 3 for "3" or 3.0 make no difference."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    text = " ".join(str(value).split()).casefold()
    try:
        return f"{float(text):.12g}"
    except ValueError:
        return text
