"""A database that Agno 3 migrated from Agno 2: the migration leaves the old runs where they were, as a backup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.records import Window
from nightschool.sources.agno_sessions import AgnoSessionsSource
from nightschool.sources.agno_three import AgnoThreeSource
from nightschool.sources.base import Holdings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class AgnoMigratedSource:
    """The union of both places by run id; where a run is in both, the new one holds.

    Args:
        old: the runs inside of sessions, without those that are also in the new table.
        new: the table of runs.
    """

    def __init__(self, old: AgnoSessionsSource, new: AgnoThreeSource) -> None:
        self.old = old
        self.new = new

    @property
    def description(self) -> str:
        """What is read and from where."""
        return self.new.description

    def count(self, window: Window) -> int:
        """How many rows `load` gives."""
        return self.old.count(window) + self.new.count(window)

    def holdings(self) -> Holdings:
        """What both places have, of every agent."""
        old, new = self.old.holdings(), self.new.holdings()
        return Holdings(
            turns=old.turns + new.turns,
            first=min((one.first for one in (old, new) if one.first), default=None),
            last=max((one.last for one in (old, new) if one.last), default=None),
            agent_ids=tuple(sorted({*old.agent_ids, *new.agent_ids})),
        )

    def load(self, connection: DuckDBPyConnection, window: Window) -> None:
        """Every turn of the window, and what their histories need."""
        self.old.load(connection, window)
        self.new.load(connection, window)
