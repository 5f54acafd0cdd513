"""Cut an agent off from production: nothing of a rollout may reach the agent's database, memory or telemetry.

Standard library and Agno alone, of any version since 2: an attribute that a version does not have is none.
"""

from __future__ import annotations

from typing import Any

from nightschool.agent.members import members_of

_WRITERS_OFF = {
    "telemetry": False,
    "cache_session": False,
    "update_memory_on_run": False,
    "enable_session_summaries": False,
    "update_knowledge": False,
    "update_cultural_knowledge": False,  # Agno 2
    "add_history_to_context": False,  # there is no database to read it from; `Target` replays it
    "compaction": None,
    "filesystem": None,
    "offload_tool_results": None,
}
_HOLDERS = ("memory_manager", "learning", "culture_manager")
_MEMORY = ("update_memory_on_run", "enable_agentic_memory", "memory_manager")


def detach(target: Any) -> None:
    """Take database and memory from an Agno `Agent` or `Team` and its members; its prompt stays as it is.

    Where the system message speaks of a memory, an empty in-memory database takes the old one's place, so that the
    message does not change; everywhere else there is none.
    """
    for member in members_of(target):
        _detach_one(member)


def _detach_one(member: Any) -> None:
    if member.add_memories_to_context is None and any(getattr(member, name) for name in _MEMORY):
        member.add_memories_to_context = True  # as Agno itself would, before the writers below are off
    speaks_of_memory = member.add_memories_to_context or member.enable_agentic_memory or member.learning
    member.db = _throwaway_db() if speaks_of_memory else None
    for name in _HOLDERS:
        _replace_database(getattr(member, name, None), member.db)
    for name, value in _WRITERS_OFF.items():
        if hasattr(member, name):
            setattr(member, name, value)


def _replace_database(holder: Any, db: Any) -> None:
    """In a memory manager or a learning machine, and in the parts of it that bring a database of their own."""
    if holder is None or isinstance(holder, bool):
        return
    for part in (holder, *vars(holder).values()):
        if getattr(part, "db", None) is not None:
            part.db = db


def _throwaway_db() -> Any:
    import agno.db.in_memory as in_memory

    make: Any = in_memory.InMemoryDb  # Agno leaves its constructor untyped
    return make()
