"""Questions and answers in a file: CSV, JSON, JSON lines or Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightschool.errors import DataError
from nightschool.sources.plain_batches import PlainBatches, PlainRow
from nightschool.sources.plain_rows import COLUMNS, chosen_columns
from nightschool.sources.plain_source import PlainSource
from nightschool.sources.sqlite_reading import quoted_name
from nightschool.sources.texts import MAX_JSON_BYTES, as_text, read_json_object

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")

_DELIMITERS = (",", ";", "\t")
_HEADER_CHARS = 65_536
_MARK = b"\xef\xbb\xbf"
_SAVE_AS = "Save it anew, as UTF-8 with one row for each answer (a spreadsheet calls this CSV UTF-8)."
# JSON lines that are looked at for the names of their columns: a key may be missing where it has no value.
_SAMPLE = 1_000


def open_plain_file(file: Path, *, agent_id: str = "") -> PlainSource:
    """The conversations in a file whose name ends with one of `SUFFIXES`.

    Raises:
        DataError: where the file can't be read, or lacks a column that is needed; when its rows are asked for.
    """
    fill = {".csv": _fill_csv, ".tsv": _fill_csv, ".parquet": _fill_parquet}.get(file.suffix.lower(), _fill_json)
    return PlainSource(f"file {file}", lambda connection: _explained(fill, connection, file), agent_id=agent_id)


def _explained(fill: Callable[[DuckDBPyConnection, Path], None], connection: DuckDBPyConnection, file: Path) -> None:
    import duckdb

    try:
        fill(connection, file)
    except OSError as error:
        raise DataError(
            f"{file} can't be read: {error.strerror}.", next_step="Give a file that is there: --agent-db FILE"
        ) from error
    except (UnicodeDecodeError, csv.Error, duckdb.Error) as error:
        first = str(error).partition("\n")[0]
        found = "is not UTF-8" if "unicode" in str(error).lower() or "utf-8" in str(error).lower() else f"can't be read: {first}"
        raise DataError(f"{file} {found}.", next_step=_SAVE_AS) from error


def _fill_csv(connection: DuckDBPyConnection, file: Path) -> None:
    """DuckDB reads the rows; which columns there are and what stands between them is looked up first."""
    delimiter, names = _header_of(file)
    chosen = chosen_columns(names, f"The first line of {file}")
    columns = "{" + ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(names))) + "}"
    numbered = {column: f"c{names.index(name)}" for column, name in chosen.items()}
    options = f"""delim = '{delimiter}', quote = '"', escape = '"', header = true, columns = {columns}, auto_detect = false,
        store_rejects = true, max_line_size = {MAX_JSON_BYTES}, parallel = false"""
    connection.execute(
        f"""INSERT INTO plain BY NAME SELECT row_number() OVER () AS position, 'row ' || position AS origin, {_renamed(numbered)}
        FROM read_csv($file, {options}) WHERE coalesce({", ".join(numbered.values())}) IS NOT NULL""",
        {"file": str(file)},
    )
    connection.execute("""
        INSERT INTO plain BY NAME SELECT line AS position, 'line ' || line AS origin,
            'not a row: ' || lower(replace(min(error_type)::VARCHAR, '_', ' ')) AS fault, left(min(csv_line), 500) AS user_message
        FROM reject_errors GROUP BY line
    """)


def _header_of(file: Path) -> tuple[str, list[str]]:
    """What stands between the columns, and their names: the delimiter that finds most of ours."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        beginning = opened.readline(_HEADER_CHARS)
    rows = {delimiter: next(csv.reader([beginning], delimiter=delimiter), []) for delimiter in _DELIMITERS}
    known = {delimiter: sum(name.strip().lower() in COLUMNS for name in row) for delimiter, row in rows.items()}
    best = max(_DELIMITERS, key=lambda delimiter: known[delimiter])
    return best, rows[best]


def _fill_parquet(connection: DuckDBPyConnection, file: Path) -> None:
    file.open("rb").close()  # a missing file is told by us
    found = connection.execute("SELECT name FROM parquet_schema($file) WHERE coalesce(num_children, 0) = 0", {"file": str(file)})
    chosen = chosen_columns([name for (name,) in found.fetchall()], str(file))
    connection.execute(
        f"""INSERT INTO plain BY NAME SELECT file_row_number AS position, 'row ' || (position + 1) AS origin,
            {_renamed({column: quoted_name(name) for column, name in chosen.items()})}
        FROM read_parquet($file, file_row_number = true)""",
        {"file": str(file)},
    )


def _renamed(chosen: Mapping[str, str]) -> str:
    return ", ".join(f"{name}::VARCHAR AS {column}" for column, name in chosen.items())


def _fill_json(connection: DuckDBPyConnection, file: Path) -> None:
    rows = _json_rows(file)
    sample = list(islice(rows, _SAMPLE))
    names = dict.fromkeys(name for _, row in sample if isinstance(row, Mapping) for name in row)
    chosen = chosen_columns(names, str(file)) if names else {}
    batches = PlainBatches(connection)
    for number, row in (*sample, *rows):
        batches.add(_plain_row(number, row, chosen))
    batches.flush()


def _plain_row(number: int, row: Mapping[str, Any] | str, chosen: Mapping[str, str]) -> PlainRow:
    origin = f"line {number}"
    if isinstance(row, str):
        return PlainRow(number, origin, row, {})
    return PlainRow(number, origin, None, {column: as_text(row.get(name)) for column, name in chosen.items()})


def _json_rows(file: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Objects with their numbers, of a list or of lines; a text is what is wrong with one."""
    with file.open("rb") as opened:
        if file.suffix.lower() == ".json" and opened.read(_HEADER_CHARS).removeprefix(_MARK).lstrip()[:1] == b"[":
            yield from enumerate((_read(json.dumps(item).encode()) for item in _list_in(file)), 1)
            return
        opened.seek(0)
        for number, line in enumerate(opened, 1):
            text = line.removeprefix(_MARK).strip()
            if text:
                yield number, _read(text)


def _list_in(file: Path) -> list[Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{file} can't be read as JSON: {error}.", next_step=_SAVE_AS) from error
    return found if isinstance(found, list) else [found]


def _read(raw: bytes) -> Mapping[str, Any] | str:
    try:
        return read_json_object(raw)
    except ValueError as error:
        return str(error)
    except RecursionError:
        return "nested too deeply"
