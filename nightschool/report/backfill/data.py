"""The summary's data: one record, from which every medium is written."""

from __future__ import annotations

from collections import Counter
from datetime import date

from nightschool.records import BackfillDate, EndState, StoredRecord, as_name

NOT_RUN = "not run"


class BackfillSummary(StoredRecord):
    """All that is to be said of one target's backfill."""

    target: str
    track: str
    begins_with: str
    because: str
    wanted: tuple[date, ...]
    dates: tuple[BackfillDate, ...]
    """Those of the wanted ones that were begun, oldest first."""
    notes: tuple[str, ...] = ()
    """Why it ended early, what became of its last prompt."""

    @property
    def name(self) -> str:
        """A name that fits into keys and file names."""
        return as_name(f"{self.track}-{self.target}")

    @property
    def failed(self) -> tuple[BackfillDate, ...]:
        """The dates that came to no result."""
        return tuple(one for one in self.dates if one.has_failed)

    @property
    def not_run(self) -> tuple[date, ...]:
        """The wanted dates that did not come to an end, good or bad."""
        ended = {one.night.run_date for one in self.dates if one.has_ended}
        return tuple(run_date for run_date in self.wanted if run_date not in ended)

    @property
    def last_prompt(self) -> str:
        """The version that the track has after its last date."""
        return next((one.served_after for one in reversed(self.dates) if one.served_after), self.begins_with)

    @property
    def cost_usd(self) -> float:
        """Of all dates, over all of their runs."""
        return sum(one.cost_usd for one in self.dates)

    @property
    def llm_calls(self) -> int:
        """Of all dates, over all of their runs."""
        return sum(one.llm_calls for one in self.dates)

    @property
    def exit_code(self) -> int:
        """What a command ends with: the first failed date's, 0 where none failed."""
        return next((one.exit_code or 1 for one in self.failed), 0)

    @property
    def sentence(self) -> str:
        """How it went, in one line."""
        states = Counter(one.state for one in self.dates if one.has_ended)
        order = [*(state.value for state in EndState), "Failed"]
        told = [f"{states[state]} {state}" for state in order if states[state]]
        if self.not_run:
            told.append(f"{len(self.not_run)} {NOT_RUN}")
        return f"{self.target}: {len(self.wanted)} dates, {', '.join(told) or 'none begun'}; ${self.cost_usd:.2f}"
