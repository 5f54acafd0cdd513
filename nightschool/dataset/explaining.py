"""What became of one turn and why, put together from the files of a night or of a look at the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nightschool.dataset.connection import open_memory, parquet
from nightschool.dataset.night_data import DataFiles
from nightschool.dataset.scrubbing import Scrubber
from nightschool.errors import DataError
from nightschool.records import Record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MOST_NAMED = 5
_MEANINGS = {
    "train": "critiques come from it, and it may stand in prompts as a demonstration",
    "validation": "the search ranks candidates on it",
    "held_out": "only the gate ever sees it",
}
_WORDS = {
    "noise": "left out as noise: {}",
    "duplicate": "left out, another turn stands for it: {}",
    "near_duplicate": "left out, another turn stands for it: {}",
    "excluded": "stands in no set: {}",
    "quarantined": "could not be read: {}",
}


class Canonical(Record):
    """The example that stands for a turn's question; `frequency` is the number of turns that it stands for."""

    example_id: str
    run_id: str
    set: str
    frequency: int
    question: str
    expected_answer: str | None
    origin: str


class Explanation(Record):
    """What became of one turn. Texts are scrubbed; a question is None where only the scrubbed examples are there."""

    run_id: str
    session_id: str
    outcome: str
    reason: str
    cluster_id: str | None
    set: str | None
    canonical: Canonical | None = None
    question: str | None = None
    asked_at: str = ""
    status: str = ""
    rating: int | None = None
    comment: str = ""
    correction: str | None = None

    @property
    def stands_for_itself(self) -> bool:
        """Whether the turn is the example of its question."""
        return self.canonical is not None and self.canonical.run_id == self.run_id

    @property
    def in_words(self) -> str:
        """The outcome as a sentence's end: "an example of the train set: …"."""
        if self.outcome == "kept" and self.set:
            return f"an example of the {self.set.replace('_', '-')} set: {_MEANINGS[self.set]}"
        return _WORDS.get(self.outcome, "{}").format(self.reason)


def explain_turn(files: DataFiles, run_id: str, *, scrubber: Scrubber) -> Explanation:
    """Say what became of a turn.

    Args:
        files: where to look.
        run_id: Agno's run id, or its beginning.
        scrubber: replaces personal data and secrets, as preparation does.

    Raises:
        DataError: no turn has this id, or several have ids that begin so.
    """
    with open_memory() as connection:
        found = _audited(connection, files, run_id)
        found["canonical"] = _canonical(connection, files, found["cluster_id"])
        if files.turns is not None:
            found |= _turn(connection, files, found["run_id"], scrubber)
    explained = Explanation.model_validate(found)
    if explained.question is None and explained.stands_for_itself and explained.canonical is not None:
        return explained.model_copy(update={"question": explained.canonical.question})
    return explained


def _audited(connection: DuckDBPyConnection, files: DataFiles, run_id: str) -> dict[str, Any]:
    query = f"""
        SELECT run_id, session_id, outcome, coalesce(reason, '') AS reason, cluster_id, "set" FROM {parquet(files.audit)}
        WHERE starts_with(run_id, ?) ORDER BY run_id <> ?, run_id
    """
    rows = _rows(connection, query, [run_id, run_id])
    if not run_id or not rows:
        raise DataError(
            f"{files.description} has no turn whose run id begins with {run_id!r}.",
            next_step="Name the night that read it (--run-date), or check the id: Agno calls it run_id.",
        )
    names = list(dict.fromkeys(row["run_id"] for row in rows))
    if len(names) > 1 and run_id not in names:
        more = ", …" if len(names) > _MOST_NAMED else ""
        raise DataError(
            f"{len(names)} runs begin with {run_id!r}.", next_step=f"Name one of {', '.join(names[:_MOST_NAMED])}{more}."
        )
    return rows[0]


def _canonical(connection: DuckDBPyConnection, files: DataFiles, cluster_id: str | None) -> dict[str, Any] | None:
    if cluster_id is None:
        return None
    query = f"""
        SELECT example_id, run_id, "set", frequency, question, expected_answer, origin FROM {parquet(files.examples)}
        WHERE cluster_id = ? AND origin <> 'curated' ORDER BY example_id
    """
    return next(iter(_rows(connection, query, [cluster_id])), None)


def _turn(connection: DuckDBPyConnection, files: DataFiles, run_id: str, scrubber: Scrubber) -> dict[str, Any]:
    assert files.turns is not None
    query = f"""
        SELECT question, strftime(created_at, '%Y-%m-%d %H:%M UTC') AS asked_at, status, rating, comment, correction
        FROM {parquet(files.turns)} WHERE run_id = ?
    """
    row = next(iter(_rows(connection, query, [run_id])), {})
    known = {name: value for name, value in row.items() if value is not None}
    texts = [name for name in ("question", "comment", "correction") if name in known]
    scrubbed, _ = scrubber.scrub([known[name] for name in texts])
    return known | dict(zip(texts, scrubbed, strict=True))


def _rows(connection: DuckDBPyConnection, query: str, values: list[str]) -> list[dict[str, Any]]:
    cursor = connection.execute(query, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
