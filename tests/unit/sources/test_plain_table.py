"""The plain table `conversations` of SQLite, beside its writer, as the user's report describes it."""

import hashlib
import sqlite3

import pytest

from nightschool.errors import DataError
from nightschool.sources import BadRow
from nightschool.sources.plain_files import open_plain_file
from nightschool.sources.plain_table import open_plain_table
from nightschool.sources.sqlite_reading import SqliteReader
from tests.source_reading import read_source

REPORT = "CREATE TABLE conversations (user_message TEXT, agent_response TEXT, timestamp, rating INTEGER)"


@pytest.fixture
def database(tmp_path):
    return tmp_path / "site.db"


def made(database, rows, schema=REPORT):
    with sqlite3.connect(database) as connection:
        connection.execute(schema)
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO conversations VALUES ({marks})", rows)
    connection.close()
    return database


def read(database, **options):
    return read_source(open_plain_table(SqliteReader(database), **options))


ROWS = [
    ("Where is A-17?", "In the van 🚚", "2026-11-20T12:00:00", 5),
    ("Đơn hàng đâu?", "ở đây", 1795176001, None),
    ("And now?", "still there", 1795176002000, 1),
    ("And then?", None, 1795176003.5, None),
]


@pytest.mark.parametrize("page_rows", [1, 2, 10_000])
def test_the_report_s_table_is_read_in_pages_of_any_size(database, page_rows):
    turns = read(made(database, ROWS), page_rows=page_rows)
    assert [(turn.question, turn.answer, turn.rating) for turn in turns] == [(row[0], row[1] or "", row[3]) for row in ROWS]
    assert [turn.created_at.isoformat()[17:] for turn in turns] == ["00+00:00", "01+00:00", "02+00:00", "03.500000+00:00"]
    assert len({turn.session_id for turn in turns}) == 4


def test_the_table_and_its_export_give_the_same_turns(database, tmp_path):
    export = tmp_path / "export.csv"
    export.write_text(
        "user_message,agent_response,timestamp,rating\n"
        + "\n".join(",".join(str(cell) for cell in row) for row in ROWS[:3]).replace("None", "")
    )
    assert read(made(database, ROWS[:3])) == read_source(open_plain_file(export))


def test_holes_in_the_rowids_and_negative_ones_are_read_too(database):
    made(database, ROWS)
    with sqlite3.connect(database) as connection:
        connection.execute("DELETE FROM conversations WHERE rowid = 2")
        connection.execute("UPDATE conversations SET rowid = -5 WHERE rowid = 1")
        connection.execute("UPDATE conversations SET rowid = 9000000000000000000 WHERE rowid = 3")
    connection.close()
    assert len(read(database, page_rows=1)) == 3


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE conversations (user_message TEXT, agent_response TEXT, timestamp PRIMARY KEY, rating) WITHOUT ROWID",
        "CREATE TABLE kept (q TEXT, a TEXT, t, r); "
        "CREATE VIEW conversations AS SELECT q AS user_message, a AS agent_response, t AS timestamp, r AS rating FROM kept",
    ],
)
def test_a_table_without_rowids_and_a_view_are_read_at_once(database, schema):
    connection = sqlite3.connect(database)
    connection.executescript(schema)
    table = "kept" if "VIEW" in schema else "conversations"
    connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", ROWS)
    connection.commit()
    connection.close()
    assert [turn.question for turn in read(database, page_rows=1)] == [row[0] for row in ROWS]


def test_rows_that_are_no_text_are_set_aside_and_the_others_read(database):
    made(database, [*ROWS, ("x", "y", "soon", None), ("x", "y" * 17_000_000, 1795176004, None)])
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE conversations SET agent_response = CAST(X'ff41' AS TEXT) WHERE rowid = 1")
    connection.close()
    rows = read(database, page_rows=2)
    bad = {row.run_id: row.reason for row in rows if isinstance(row, BadRow)}
    assert bad == {"row 1": "text is not UTF-8", "row 5": "unknown shape: timestamp", "row 6": "longer than 16 MB"}
    assert len(rows) == 6


def test_a_table_of_another_name_with_more_columns(database):
    schema = "CREATE TABLE conversations (id, user_message, agent_response, timestamp, user_id, comment)"
    made(database, [(1, "a", "b", 1795176000, "ben", "why")], schema)
    with sqlite3.connect(database) as connection:
        connection.execute('ALTER TABLE conversations RENAME TO "my ""talks"""')
    connection.close()
    (turn,) = read(database, table='my "talks"')
    assert (turn.user_id, turn.comment, turn.question) == ("ben", "why", "a")


def test_a_missing_column_is_told(database):
    made(database, [("a", "b")], "CREATE TABLE conversations (user_message, agent_response)")
    with pytest.raises(DataError, match=r"lacks timestamp\. Its columns: .*user_message"):
        read(database)


def test_the_file_stays_as_it_was(database):
    made(database, ROWS)
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    source = open_plain_table(SqliteReader(database))
    read_source(source)
    source.holdings()
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before
    assert [file.name for file in database.parent.iterdir()] == [database.name]


def test_a_writer_is_not_held_up(database):
    made(database, ROWS)
    writer = sqlite3.connect(database, timeout=0)
    reader = SqliteReader(database)
    pages = 0
    original = reader.page

    def page_then_write(*arguments, **options):
        nonlocal pages
        found = original(*arguments, **options)
        pages += 1
        if pages <= 3:
            writer.execute("INSERT INTO conversations VALUES ('new', 'x', 1795176010, NULL)")
            writer.commit()
        return found

    reader.page = page_then_write
    assert len(read_source(open_plain_table(reader, page_rows=1))) == 7
    writer.close()
