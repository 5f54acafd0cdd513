"""Several processes at once, and processes that are killed at any step: one history, never without an incumbent."""

import itertools
import json

import pytest

from nightschool import load_prompt
from nightschool.publishing import publish_owed
from nightschool.records import version_of
from nightschool.registry import Registry
from nightschool.settings import Settings
from tests.processes import forks
from tests.unit.registry.nights import SEED, a_night, prepare, promoted
from tests.unit.registry.processes import STEPS, begin, climb, promote_and_publish, race, settle

NEW = "Answer with the bare value."


def _run_all(jobs):
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(120)
    assert [job.exitcode for job in jobs] == [0] * len(jobs)


def test_of_eight_promotions_at_once_one_wins_and_the_others_are_told(url, registry):
    barrier, results = forks().Barrier(8), forks().Queue()
    jobs = []
    for day in range(1, 9):
        prepared = prepare(registry, a_night(day), f"Prompt of process {day}.")
        jobs.append(forks().Process(target=race, args=(url, barrier, results, a_night(day), *prepared)))
    _run_all(jobs)
    endings = [results.get(timeout=60) for _ in jobs]
    assert endings.count("IncumbentMoved") == 7
    (winner,) = set(endings) - {"IncumbentMoved"}
    assert registry.incumbent("production", "support").version == winner
    assert [move.version for move in registry.history("production", "support")] == [version_of(SEED), winner]
    assert len(registry.pending("publish")) == 1


def test_of_the_same_night_begun_eight_times_at_once_there_is_one(url):
    barrier, results = forks().Barrier(8), forks().Queue()
    _run_all([forks().Process(target=begin, args=(url, barrier, results, a_night(), f"Seed {n}.")) for n in range(8)])
    assert len({results.get(timeout=60) for _ in range(8)}) == 1
    with Registry(url) as registry:
        assert [move.kind for move in registry.history("production", "support")] == ["seed"]


@pytest.mark.parametrize("promotions", [50, pytest.param(200, marks=pytest.mark.drill)])
def test_two_processes_that_keep_promoting_leave_one_unbroken_history(url, registry, promotions):
    registry.begin(a_night(), SEED)
    barrier = forks().Barrier(2)
    _run_all([forks().Process(target=climb, args=(url, barrier, name, promotions // 2)) for name in ("ada", "bob")])
    moves = registry.history("production", "support")
    assert len(moves) == 1 + promotions
    assert all(after.previous == before.version for before, after in itertools.pairwise(moves))
    assert registry.incumbent("production", "support").version == moves[-1].version


def test_what_processes_add_to_the_ledger_at_once_is_all_in_it_once(url, registry):
    barrier = forks().Barrier(4)
    _run_all([forks().Process(target=settle, args=(url, barrier, name, 10)) for name in "abcd"])
    words = registry.ledger("production", "support").split()
    assert sorted(words) == sorted(f"{name}{n}" for name in "abcd" for n in range(10))
    assert all(registry.settled(a_night(), word).after.endswith(word) for word in words)


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_the_old_or_the_new_prompt_and_the_next_run_completes_it(url, tmp_path, step):
    with Registry(url) as registry:
        registry.begin(a_night(), SEED)
    job = forks().Process(target=promote_and_publish, args=(url, tmp_path, step))
    job.start()
    job.join(60)
    assert job.exitcode == (0 if step == "never" else -9)

    for whole in (tmp_path / "served").glob("*.json"):
        assert json.loads(whole.read_text())["text"] == NEW
    with Registry(url) as registry:
        assert registry.incumbent("production", "support").text in {SEED, NEW}
        assert load_prompt("support", default=SEED, home=tmp_path).text in {SEED, NEW}
        made = promoted(registry, a_night(), NEW)
        publish_owed(registry, Settings(home=tmp_path))
        assert registry.incumbent("production", "support").version == made.version == version_of(NEW)
        assert [move.kind for move in registry.history("production", "support")] == ["seed", "promotion"]
        assert registry.pending("publish") == ()
        assert len(registry.pending("event")) == 1
    assert load_prompt("support", home=tmp_path).text == NEW
