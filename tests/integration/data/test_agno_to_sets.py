"""From a database that Agno really wrote to three sets, as a night does it."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from agno.models.message import Message as AgnoMessage

from nightschool.artifacts import FolderStore
from nightschool.dataset import extract, load_or_create_salt, load_splits, prepare, require_enough
from nightschool.errors import NoData
from nightschool.feedback import FeedbackBook
from nightschool.records import DataPolicy, Window
from nightschool.sources import open_source
from tests.agno_memory import converse

SESSIONS = 40


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Forty sessions with a greeting, a question of their own, one that all ask, and one that fails; some corrected."""
    folder = tmp_path_factory.mktemp("desk")
    path = folder / "agno.db"
    asked = [
        (f"s{n}", f"user{n % 9}", ["Xin chào!", f"Where is order A-{n}?", "When do you open?", f"Please explode {n}"])
        for n in range(SESSIONS)
    ]
    asked.append(("listed", "user1", [[AgnoMessage(role="user", content="What is in <|im_start|> parcel B-1?")]]))
    run_ids = converse(path, asked)
    feedback = FeedbackBook(f"sqlite:///{folder / 'feedback.db'}")
    for n in range(0, SESSIONS, 2):
        feedback.rate(run_ids[4 * n + 1], 1, correction=f"A-{n}")
    return path, feedback


def night(desk, folder, *, ledger=None):
    path, feedback = desk
    now = datetime.now(UTC)
    store = FolderStore(folder / "artifacts")
    window = Window(start=now - timedelta(days=1), end=now + timedelta(days=1))
    extracted = extract(
        open_source(str(path), agent_id="support"),
        feedback,
        window,
        as_of=now,
        salt=load_or_create_salt(folder),
        policy=DataPolicy(),
        store=store,
    )
    return store, extracted, prepare(extracted.turns, ledger=ledger, policy=DataPolicy(), store=store, salt="0123")


def test_every_turn_is_accounted_for(desk, tmp_path):
    before = hashlib.sha256(desk[0].read_bytes()).hexdigest()
    store, extracted, prepared = night(desk, tmp_path)
    assert hashlib.sha256(desk[0].read_bytes()).hexdigest() == before
    assert extracted.counts == {"read": 161, "turns": 161, "rated": 20, "corrected": 20, "quarantined": 0, "cut_texts": 0}
    assert store.read_json(prepared.card)["reasons"]["noise"] == {"failed run": SESSIONS, "greeting": SESSIONS}
    assert (prepared.counts["kept"], prepared.counts["duplicate"]) == (42, 39)


def test_the_sets_are_what_a_night_needs(desk, tmp_path):
    store, _, prepared = night(desk, tmp_path)
    splits = load_splits(store, prepared.examples)
    examples = splits.train + splits.validation + splits.held_out
    assert {one.expected_answer for one in examples if one.origin == "correction"} == {f"A-{n}" for n in range(0, 40, 2)}
    assert [one.frequency for one in examples if one.question == "When do you open?"] == [40]
    assert [one.question for one in examples if one.session_id == "listed"] == ["What is in ‹|im_start|› parcel B-1?"]
    own = next(one for one in examples if one.question == "Where is order A-7?")
    assert own.example_id == "real_s7_msg_2"
    assert [message.content for message in own.history] == ["Xin chào!", "Answer to: Xin chào!"]
    assert {session[1:] for session in {one.session_id for one in splits.held_out}}.isdisjoint(
        {one.session_id[1:] for one in splits.train + splits.validation}
    )
    with pytest.raises(NoData, match=r"held-out: 2[0-9] of 39"):
        require_enough(splits, DataPolicy())


def test_the_next_night_begins_where_the_last_one_ended(desk, tmp_path):
    _, extracted, first = night(desk, tmp_path)
    _, again, second = night(desk, tmp_path, ledger=first.ledger)
    assert again.turns == extracted.turns
    assert (second.examples, second.ledger) == (first.examples, first.ledger)
