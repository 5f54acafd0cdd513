"""How much is new since a target's last search: on the same examples another search finds what the last one found.

A note stays behind each search, `searches/<night>.json` in the home folder: the digests of the questions of its train and
validation sets. New is an example whose question is in no word like one of them.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, ValidationError

from nightschool.errors import DataError, NoData
from nightschool.records import Example, Night, SearchPolicy, Splits, StoredRecord, digest_of_text

FOLDER = "searches"


class SearchNote(StoredRecord):
    """What a search learned from and ranked on."""

    night: Night
    questions: tuple[str, ...] = Field(description="digests, sorted; in no order of the sets")


def note_search(night: Night, splits: Splits, home: Path) -> None:
    """Write the note of a search that has ended; the same night again writes it again."""
    note = SearchNote(night=night, questions=tuple(sorted(_questions(splits))))
    path = _path(night, home)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(note.model_dump_json(), encoding="utf-8")
    unfinished.replace(path)


def has_searched(night: Night, home: Path) -> bool:
    """Whether a search of this night has ended, in this run of it or one before."""
    return _path(night, home).exists()


def require_news(night: Night, splits: Splits, policy: SearchPolicy, home: Path) -> None:
    """End the night where its sets hold too little that the last search before it has not seen.

    A night that has searched already may go on: the same night twice is the same night.

    Raises:
        NoData: with the number of new examples, and when the last search was.
    """
    last = last_search(night, home)
    if last is None or has_searched(night, home):
        return
    new = len(_questions(splits) - set(last.questions))
    if new < policy.min_new_examples:
        raise NoData(
            f"No search tonight: since the one of {last.night.run_date} there "
            f"{'is 1 new example' if new == 1 else f'are {new} new examples'} to learn from and to rank on, fewer than "
            f"{policy.min_new_examples} (search.min_new_examples). The incumbent stays.",
            next_step="Nothing to do: the first night with enough new conversations searches again. To search now: "
            "NIGHTSCHOOL_SEARCH__MIN_NEW_EXAMPLES=0.",
        )


def last_search(night: Night, home: Path) -> SearchNote | None:
    """The note of the last search of the night's track and target before it; None where there was none.

    Raises:
        DataError: where a note can't be read.
    """
    notes = [_read(path) for path in (home / FOLDER).glob(f"{night.track}-{night.target.replace('/', '.')}-*.json")]
    of_target = [note for note in notes if (note.night.track, note.night.target) == (night.track, night.target)]
    before = [note for note in of_target if note.night.run_date < night.run_date]
    return max(before, key=lambda note: note.night.run_date, default=None)


def _path(night: Night, home: Path) -> Path:
    return home / FOLDER / f"{night.key}.json"


def _read(path: Path) -> SearchNote:
    try:
        return SearchNote.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise DataError(f"{path} can't be read: {error.errors()[0]['msg']}", next_step="Delete it.") from None


def _questions(splits: Splits) -> set[str]:
    return {_digest(example) for example in (*splits.train, *splits.validation)}


def _digest(example: Example) -> str:
    return digest_of_text(" ".join(example.question.split()).casefold())
