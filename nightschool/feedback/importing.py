"""Many opinions from one file into the book: all of them or none, and never twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from nightschool.errors import DataError
from nightschool.feedback.book import FeedbackBook
from nightschool.feedback.entry import FeedbackEntry
from nightschool.feedback.files import BadLine, Line, read_feedback

_SHOWN_LINES = 15


class Imported(NamedTuple):
    """What became of a file's lines: read = added + known + skipped."""

    added: tuple[FeedbackEntry, ...]
    known: int
    skipped: tuple[BadLine, ...]


def import_feedback(book: FeedbackBook, file: Path, *, skip_bad: bool = False, now: datetime | None = None) -> Imported:
    """Add what a CSV or JSON lines file says; opinions that the book has already are not added again.

    A line without a time is known where the run has an entry of the same words, whenever it was made: whoever changes
    their mind and back again must say when.

    Args:
        book: where to.
        file: `run_id` and `rating`, and if wanted `comment`, `correction`, `rated_at`, `author`; see `files`.
        skip_bad: leave bad lines out; else one of them is enough to add nothing.
        now: the time (aware) of opinions that give none; None means now.

    Raises:
        DataError: where the file can't be read, or has bad lines, which the message lists.
    """
    lines = list(read_feedback(file, now=now or datetime.now(UTC)))
    bad = tuple(line for line in lines if isinstance(line, BadLine))
    if bad and not skip_bad:
        raise _refused(file, bad, len(lines))
    good = [line for line in lines if isinstance(line, Line)]
    added = _new(good, book.entries({line.entry.run_id for line in good})) if good else ()
    book.rate_many(added)
    return Imported(added=tuple(added), known=len(good) - len(added), skipped=bad)


def listed(bad: Sequence[BadLine]) -> str:
    """Bad lines for a person, at most a screen of them."""
    shown = [f"  line {line.number}: {line.reason}" for line in bad[:_SHOWN_LINES]]
    more = len(bad) - len(shown)
    return "\n".join([*shown, f"  … and {more} more"] if more else shown)


def _new(lines: Sequence[Line], known: Iterable[FeedbackEntry]) -> Sequence[FeedbackEntry]:
    """The entries that are not known yet, each once."""
    timed, words = set[object](), set[object]()
    for entry in known:
        timed.add((_words(entry), entry.rated_at))
        words.add(_words(entry))
    added = []
    for line in lines:
        said = _words(line.entry)
        if (said, line.entry.rated_at) in timed if line.timed else said in words:
            continue
        added.append(line.entry)
        timed.add((said, line.entry.rated_at))
        words.add(said)
    return added


def _words(entry: FeedbackEntry) -> tuple[object, ...]:
    return (entry.run_id, entry.rating, entry.comment, entry.correction, entry.author)


def _refused(file: Path, bad: Sequence[BadLine], lines: int) -> DataError:
    return DataError(
        f"{len(bad)} of {lines} lines of {file} can't be taken, so nothing was imported:\n{listed(bad)}",
        next_step="Correct these lines, or leave them out with --skip-bad.",
    )
