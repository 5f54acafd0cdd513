"""Reading beside a process that writes, from files that change under the reader, and onto disks that are full."""

import os
import resource
import shutil
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nightschool.artifacts import FolderStore
from nightschool.dataset import extract
from nightschool.errors import DataError, NoData
from nightschool.feedback import FeedbackBook
from nightschool.records import DataPolicy, Window
from nightschool.sources import open_source
from nightschool.sources.agno_three import AgnoThreeSource
from nightschool.sources.sqlite_reading import SqliteReader
from tests.agno_memory import converse
from tests.processes import forks
from tests.source_reading import ALWAYS, SALT, read, read_source

RUNS = 300


def fill(path, *, first=0, runs=RUNS, created_at=1_790_000_000):
    """Copies of one real run, ten to a session."""
    with closing(sqlite3.connect(path)) as connection, connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(agno_runs)")]
        (row,) = connection.execute(f"SELECT {', '.join(names)} FROM agno_runs LIMIT 1").fetchall()
        for number in range(first, first + runs):
            values = dict(zip(names, row, strict=True)) | {"run_id": f"r{number}", "session_id": f"s{number // 10}"}
            values |= {"run_index": number % 10, "created_at": created_at + number}
            connection.execute(f"INSERT INTO agno_runs VALUES ({', '.join('?' * len(names))})", list(values.values()))


@pytest.fixture
def memory(tmp_path):
    path = tmp_path / "agno.db"
    converse(path, [("first", "u", ["Where is my parcel?"])])
    fill(path)
    return path


def keep_writing(path, commits, stop):
    """A writer that commits some hundred times a second."""
    with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as connection:
        while not stop.wait(0.003):
            connection.execute("UPDATE agno_sessions SET updated_at = updated_at + 1")
            commits.release()


class DoesBetweenPages(SqliteReader):
    """Lets something happen before each page."""

    def __init__(self, path, between, **options):
        super().__init__(path, **options)
        self.between = between

    def columns_of_page(self, *args, **options):
        self.between()
        return super().columns_of_page(*args, **options)


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_writing_process_and_the_reader_do_not_wait_for_each_other(memory, journal):
    with closing(sqlite3.connect(memory)) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
    commits, stop = forks().Semaphore(0), forks().Event()
    writer = forks().Process(target=keep_writing, args=(memory, commits, stop))
    writer.start()

    def the_writer_goes_on():
        while commits.acquire(block=False):
            pass  # what was committed before
        assert commits.acquire(timeout=60)

    try:
        turns = read_source(AgnoThreeSource(DoesBetweenPages(memory, the_writer_goes_on, lock_wait_s=60), page_rows=80))
    finally:
        stop.set()
        writer.join()
    assert len(turns) == RUNS + 1
    assert writer.exitcode == 0


class ChangedBetweenPages(SqliteReader):
    """Lets something happen after the first page."""

    def __init__(self, path, change):
        super().__init__(path)
        self.change = change

    def columns_of_page(self, *args, **options):
        rows = super().columns_of_page(*args, **options)
        change, self.change = self.change, lambda: None
        change()
        return rows


def test_a_database_that_is_replaced_while_it_is_read_is_noticed(memory, tmp_path):
    other = shutil.copy(memory, tmp_path / "other.db")
    reader = ChangedBetweenPages(memory, lambda: Path(other).replace(memory))
    with pytest.raises(DataError, match="replaced by another file while it was read"):
        read_source(AgnoThreeSource(reader, page_rows=20))


def test_a_database_that_is_cut_while_it_is_read_is_noticed(memory):
    reader = ChangedBetweenPages(memory, lambda: os.truncate(memory, 20_000))
    with pytest.raises(DataError, match="damaged"):
        read_source(AgnoThreeSource(reader, page_rows=20))


def test_a_table_that_goes_away_while_it_is_read_is_noticed(memory):
    def drop():
        with closing(sqlite3.connect(memory)) as connection, connection:
            connection.execute("DROP TABLE agno_runs")

    with pytest.raises(DataError, match="lost a table"):
        read_source(AgnoThreeSource(ChangedBetweenPages(memory, drop), page_rows=20))


def night(memory, folder, window, **options):
    return extract(
        open_source(str(memory)),
        FeedbackBook(f"sqlite:///{folder / 'feedback.db'}"),
        window,
        **{"as_of": datetime(2030, 1, 1, tzinfo=UTC), "salt": SALT, "policy": DataPolicy(), "store": FolderStore(folder)}
        | options,
    )


def test_a_turn_that_arrives_late_is_in_the_next_night(memory, tmp_path):
    """Each night reads all of its window anew, so that a late turn needs no overlap: it is simply there."""
    start = datetime.fromtimestamp(1_790_000_000, UTC)
    first = night(memory, tmp_path, Window(start=start, end=start + timedelta(days=1)))
    fill(memory, first=900, runs=1, created_at=1_790_000_000)
    second = night(memory, tmp_path, Window(start=start, end=start + timedelta(days=2)))
    assert (first.counts["turns"], second.counts["turns"]) == (RUNS, RUNS + 1)


def test_a_window_that_is_still_to_come_says_so(memory, tmp_path):
    window = Window(start=datetime(2040, 1, 1, tzinfo=UTC), end=datetime(2040, 1, 2, tzinfo=UTC))
    with pytest.raises(NoData, match="still to come"):
        night(memory, tmp_path, window)


def test_long_and_odd_texts_are_read_beside_the_others(memory):
    with closing(sqlite3.connect(memory)) as connection, connection:
        connection.execute(
            "UPDATE agno_runs SET run_data = json_set(run_data, '$.content', ?) WHERE run_id = 'r7'", ["é" * 2**20]
        )
        connection.execute("UPDATE agno_runs SET run_data = ? WHERE run_id = 'r8'", ['{"content": "' + "x" * 50 * 2**20 + '"}'])
        connection.execute("UPDATE agno_runs SET run_data = CAST(x'7bff7d' AS TEXT) WHERE run_id = 'r9'")
    rows = {row.run_id: row for row in read(memory)}
    assert len(rows) == RUNS + 1
    assert len(rows["r7"].answer) == 2**20
    assert (rows["r8"].reason, rows["r9"].reason) == ("longer than 16 MB", "text is not UTF-8")


class TightStore(FolderStore):
    """A store on a disk that takes no file over 6 kB."""

    def write(self, *args):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))
        return super().write(*args)


def extract_onto_a_full_disk(memory, folder, problem):
    try:
        night(memory, folder, ALWAYS, store=TightStore(folder))
    except DataError as error:
        problem.put(str(error))
    else:
        problem.put("")


def test_a_full_disk_is_said_and_leaves_no_half_file(memory, tmp_path):
    problem = forks().Queue()
    process = forks().Process(target=extract_onto_a_full_disk, args=(memory, tmp_path, problem))
    process.start()
    said = problem.get(timeout=120)
    process.join()
    assert "can't be written" in said
    assert list((tmp_path / "turns").iterdir()) == []


class DyingStore(FolderStore):
    """A store whose process is killed once a file has been written and not yet moved to its place."""

    def write(self, kind, suffix, writer):
        def write_and_die(path):
            writer(path)
            os.kill(os.getpid(), signal.SIGKILL)

        return super().write(kind, suffix, write_and_die)


def extract_and_die(memory, folder):
    night(memory, folder, ALWAYS, store=DyingStore(folder))


def test_a_killed_writer_leaves_nothing_that_is_read(memory, tmp_path):
    process = forks().Process(target=extract_and_die, args=(memory, tmp_path))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert [path.name[0] for path in (tmp_path / "turns").iterdir()] == ["."]
    store = FolderStore(tmp_path)
    turns = night(memory, tmp_path, ALWAYS, store=store).turns
    assert turns.rows == RUNS + 1
    assert store.path(turns).exists()
