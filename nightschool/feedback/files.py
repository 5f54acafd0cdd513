"""Feedback in files: CSV with a header, or JSON lines, one opinion a line; what is wrong is told with its line number.

Columns or keys: `run_id` and `rating`, and if wanted `comment`, `correction`, `rated_at` (ISO 8601 with a zone), `author`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from nightschool.errors import DataError
from nightschool.feedback.entry import FeedbackEntry

FIELDS = tuple(FeedbackEntry.model_fields)
_NEEDED = ("run_id", "rating")
_SHOWN_CHARS = 40
_SHAPE = f"Columns of a CSV, or keys of a JSON line: {', '.join(FIELDS)}; only {' and '.join(_NEEDED)} must be there."


class Line(NamedTuple):
    """One line as an opinion. Where the file says no time, `timed` is false and the entry's time is that of the import."""

    number: int
    entry: FeedbackEntry
    timed: bool


class BadLine(NamedTuple):
    """One line that can't be an opinion, and why not."""

    number: int
    reason: str


def read_feedback(file: Path, *, now: datetime) -> Iterator[Line | BadLine]:
    """Every line of a file, in its order.

    Args:
        file: its name ends with .csv, .jsonl or .ndjson.
        now: the time (aware) of opinions that give none.

    Raises:
        DataError: where the file can't be read at all.
    """
    rows = {".csv": _csv_rows, ".jsonl": _json_rows, ".ndjson": _json_rows}.get(file.suffix.lower())
    if rows is None:
        raise DataError(f"{file} is neither .csv nor .jsonl.", next_step=_SHAPE)
    try:
        for number, row in rows(file):
            yield _line(number, row, now)
    except OSError as error:
        raise DataError(f"{file} can't be read: {error.strerror}.", next_step="Give a file of ratings.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not UTF-8.", next_step="Save it as UTF-8 (in Excel: CSV UTF-8).") from error


_Row = Mapping[str, Any] | str
"""What a line says by column; a text is what is wrong with it."""


def _csv_rows(file: Path) -> Iterator[tuple[int, _Row]]:
    """Rows by the line on which each begins: a comment may have lines of its own."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.reader(opened, strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            _check_header(file, header)
            first = reader.line_num + 1
            for cells in reader:
                if cells:
                    yield first, _named(header, cells)
                first = reader.line_num + 1
        except csv.Error as error:
            raise DataError(f"{file}, line {reader.line_num}: not CSV: {error}.", next_step=_SHAPE) from error


def _check_header(file: Path, header: list[str]) -> None:
    missing = [name for name in _NEEDED if name not in header]
    unknown = [name for name in header if name not in FIELDS]
    if missing or unknown or len(set(header)) < len(header):
        found = ", ".join(header)[:200] or "nothing"
        raise DataError(f"The first line of {file} must name the columns, but says: {found}.", next_step=_SHAPE)


def _named(header: list[str], cells: list[str]) -> _Row:
    """The cells by column; an empty one is as good as none."""
    if len(cells) != len(header):
        return f"{len(cells)} cells, but {len(header)} columns"
    row: dict[str, Any] = {name: cell for name, cell in zip(header, cells, strict=True) if cell.strip()}
    return row | {"rating": _number(row["rating"])} if "rating" in row else row


def _number(cell: str) -> float | str:
    """Spreadsheets write 5 as 5.0 where a cell of the column is empty."""
    try:
        return float(cell)
    except ValueError:
        return cell


def _json_rows(file: Path) -> Iterator[tuple[int, _Row]]:
    with file.open(encoding="utf-8-sig") as opened:
        for number, text in enumerate(opened, 1):
            if text.strip():
                yield number, _parsed(text)


def _parsed(text: str) -> _Row:
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return "not JSON"
    return value if isinstance(value, dict) else "not a JSON object"


def _line(number: int, row: _Row, now: datetime) -> Line | BadLine:
    if isinstance(row, str):
        return BadLine(number, row)
    unknown = [name for name in row if name not in FIELDS]
    if unknown:
        return BadLine(number, f"unknown: {_shown(', '.join(unknown))}")
    given = {name: value for name, value in row.items() if value is not None}
    rating = given.get("rating")
    if isinstance(rating, float) and rating.is_integer():
        given["rating"] = int(rating)
    try:
        return Line(number, FeedbackEntry(**{"rated_at": now, **given}), "rated_at" in given)
    except ValidationError as error:
        return BadLine(number, _explained(error))


def _explained(error: ValidationError) -> str:
    first = error.errors()[0]
    field = str(first["loc"][0])
    if first["type"] == "missing":
        return f"no {field}"
    if field == "rating":
        return f"rating: a whole number from 1 (bad) to 5 (very good), not {_shown(first['input'])}"
    if field == "rated_at":
        return f"rated_at: a time with its zone, like 2026-11-20T12:00:00Z, not {_shown(first['input'])}"
    return f"{field}: {first['msg']}"


def _shown(value: object) -> str:
    """The beginning of what was found, in characters that a terminal can show."""
    return str(value)[:_SHOWN_CHARS].encode("utf-8", "replace").decode("utf-8")
