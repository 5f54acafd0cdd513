"""Cut an agent off from production: nothing of a rollout may reach the agent's database, memory or telemetry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_WRITERS_OFF = {
    "telemetry": False,
    "cache_session": False,
    "update_memory_on_run": False,
    "enable_session_summaries": False,
    "update_knowledge": False,
    "add_history_to_context": False,  # there is no database to read it from; `Target` replays it
}
_MEMORY_IN_PROMPT = ("enable_agentic_memory", "add_memories_to_context", "add_session_summary_to_context")


def detach(target: Any) -> None:
    """Take database and memory from an Agno `Agent` or `Team` and its members; its prompt stays as it is.

    Where the system message speaks of a memory, an empty in-memory database takes the old one's place, so that the
    message does not change; everywhere else there is none.
    """
    for member in members_of(target):
        _detach_one(member)


def members_of(target: Any) -> Iterator[Any]:
    """The target itself, then the members of a team, however deep."""
    yield target
    members = getattr(target, "members", None)
    for member in members if isinstance(members, list) else ():
        yield from members_of(member)


def _detach_one(member: Any) -> None:
    member.db = _throwaway_db() if any(getattr(member, name, None) for name in _MEMORY_IN_PROMPT) else None
    if getattr(member, "memory_manager", None) is not None:
        member.memory_manager.db = member.db
    for name, value in _WRITERS_OFF.items():
        if hasattr(member, name):
            setattr(member, name, value)


def _throwaway_db() -> Any:
    import agno.db.in_memory as in_memory

    make: Any = in_memory.InMemoryDb  # Agno leaves its constructor untyped
    return make()
