"""The split ledger through many nights: in any order, again, with other settings, at once, no assignment is ever undone."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import tasks.prepare
from nightschool.artifacts import ArtifactRef
from nightschool.records import DataPolicy, Night
from nightschool.settings import load_settings
from tasks.prepare import prepare, settle_sets
from tasks.workshop import registry
from tests.data_site import NOON, Site, a_turn

FEW = hypothesis_settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DAYS = 5
WINDOW_DAYS = 2
POLICIES = (DataPolicy(), DataPolicy(held_out_share=0.6), DataPolicy(min_question_chars=20))
WORDS = ["Where is parcel", "When do you open", "Is it late today", "How tall is it really", "Đơn hàng đâu rồi"]


class History:
    """A site whose conversations go on for some days, and the nights that are run on it."""

    def __init__(self, folder, seed=0) -> None:
        self.site = Site(folder)
        self.settings = load_settings(home=folder, target="support")
        rng = random.Random(seed)
        self.days = [[_turn(f"d{day}-{n}", day, rng) for n in range(20)] for day in range(DAYS)]

    def run(self, day, policy=POLICIES[0]):
        """The night of a day, on the turns of its window."""
        rows = [turn for turns in self.days[max(0, day - WINDOW_DAYS + 1) : day + 1] for turn in turns]
        settings = self.settings.model_copy(update={"data": policy})
        return settle_sets(self.site.extract(rows).turns, night_of(day), settings=settings)

    def live(self):
        with registry(self.settings) as book:
            return ArtifactRef.model_validate_json(book.ledger("production", "support"))


def _turn(run_id, day, rng):
    question = f"{rng.choice(WORDS)} {rng.choice(['', '?', *range(12)])}"
    return a_turn(run_id, question, session_id=f"s{rng.randrange(40)}", created_at=NOON + timedelta(days=day))


def night_of(day):
    return Night(target="support", run_date=date(2026, 11, 20) + timedelta(days=day))


@pytest.fixture(autouse=True)
def outside_of_a_flow(monkeypatch):
    monkeypatch.setattr(tasks.prepare, "prepare", prepare.fn)


@pytest.fixture(scope="session")
def new_history(tmp_path_factory):
    return lambda seed: History(tmp_path_factory.mktemp("history"), seed)


@given(
    nights=st.lists(st.tuples(st.integers(0, DAYS - 1), st.sampled_from(POLICIES)), min_size=3, max_size=6),
    seed=st.integers(0, 1000),
)
@FEW
def test_in_any_order_of_nights_no_session_and_no_question_changes_its_set(new_history, nights, seed):
    history = new_history(seed)
    sessions, questions = {}, {}
    for day, policy in nights:
        for row in history.site.rows(history.run(day, policy).examples):
            assert sessions.setdefault(row["session_id"], row["set"]) == row["set"]
            assert questions.setdefault(row["cluster_id"], row["set"]) == row["set"]
    live = {row["session_id"]: row["set"] for row in history.site.rows(history.live())}
    assert sessions.items() <= live.items()


def test_the_same_night_again_has_the_same_sets_whatever_came_in_between(tmp_path):
    history = History(tmp_path)
    first, newer = history.run(2), history.run(4)
    other = history.run(2, POLICIES[1])
    live = history.live()
    assert history.run(2) == first
    assert history.run(4) == newer
    assert history.run(2, POLICIES[1]) == other != first
    assert history.live() == live


def test_a_night_that_was_overtaken_prepares_again_on_the_ledger_of_the_faster_one(tmp_path, monkeypatch):
    history = History(tmp_path)
    faster = []

    def slowly(*arguments, **more):
        made = prepare.fn(*arguments, **more)
        monkeypatch.setattr(tasks.prepare, "prepare", prepare.fn)
        faster.append(history.run(0, POLICIES[1]))
        return made

    monkeypatch.setattr(tasks.prepare, "prepare", slowly)
    made = history.run(1)
    known = {row["session_id"]: row["set"] for row in history.site.rows(faster[0].ledger)}
    live = {row["session_id"]: row["set"] for row in history.site.rows(history.live())}
    assert known.items() <= live.items()
    assert made.ledger == history.live()
