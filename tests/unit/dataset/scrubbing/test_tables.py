"""Scrubbing a table gives what scrubbing its rows one by one gives."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightschool.dataset.connection import open_memory
from nightschool.dataset.scrubbing import Scrubber, scrub, tables
from nightschool.errors import ConfigError
from nightschool.records import ScrubPolicy
from tests.unit.dataset.scrubbing.test_scrubber import FRAGMENTS
from tests.unit.dataset.scrubbing.values import TEMPLATES, clean_text, dirty_text

KEY = "k" * 64
COLUMNS = ("question", "history")
# What a database holds: no NUL and no half of a surrogate pair.
signs = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.lists(st.sampled_from(FRAGMENTS) | st.text(signs, max_size=8), max_size=6).map("".join)


def as_json(messages, ascii_only):
    """As extraction writes it; with all letters escaped, also with spaces, as others may."""
    return json.dumps(messages, ensure_ascii=ascii_only, separators=None if ascii_only else (",", ":"))


def in_a_table(rows, policy=None, public=()):
    with open_memory() as connection:
        connection.execute("CREATE TABLE turns (id BIGINT, question VARCHAR, history VARCHAR)")
        connection.executemany("INSERT INTO turns VALUES (?, ?, ?)", [[i, *row] for i, row in enumerate(rows)])
        scrub(connection, "turns", COLUMNS, key=KEY, policy=policy or ScrubPolicy(), public=public)
        made = connection.execute("SELECT question, history FROM turns ORDER BY id").fetchall()
        return made, connection.execute("SELECT * FROM scrubbed").fetchall()


@given(st.lists(st.tuples(texts, texts, st.booleans()), min_size=1, max_size=5), st.sampled_from(["surrogates", "placeholders"]))
@settings(max_examples=12, deadline=None)
def test_a_table_and_single_texts_become_the_same(rows, mode):
    rows = [(question, as_json([{"role": "user", "content": text}] * 2, plain)) for question, text, plain in rows]
    policy = ScrubPolicy(mode=mode)
    made, _ = in_a_table(rows, policy)
    assert made == [tuple(Scrubber(KEY, policy).scrub(row)[0]) for row in rows]


def test_nothing_is_missed_or_touched_that_single_texts_would_not():
    rng = random.Random(5)
    rows = [(clean_text(rng), dirty_text(rng, rng.choice([*TEMPLATES]))[0]) for _ in range(600)]
    scrubber = Scrubber(KEY, ScrubPolicy())
    made, counts = in_a_table(rows)
    assert made == [tuple(scrubber.scrub(row)[0]) for row in rows]
    assert {kind for kind, _, _ in counts} >= {"api_key", "card", "email", "iban", "ip", "name", "national_id", "phone"}


def test_dialogues_that_repeat_become_what_single_texts_become(monkeypatch):
    monkeypatch.setattr(tables, "_ROWS_IN_A_SLICE", 37)
    rng = random.Random(7)
    said = [dirty_text(rng, rng.choice([*TEMPLATES]))[0] for _ in range(20)] + [clean_text(rng) for _ in range(20)]
    said += ['a "quoted" 0912345678', "two\nlines, sk-abcdefgh12345678ijkl", "", "[", '{"phone": 84912345678}', "⟨API_KEY_4⟩"]
    rows = []
    for _ in range(120):
        messages = [{"role": rng.choice(["user", "assistant"]), "content": rng.choice(said)} for _ in range(rng.randint(0, 4))]
        if rng.random() < 0.05:
            messages.append({"role": "tool", "content": None, "phone": 84912345678})
        rows.append((rng.choice(said), as_json(messages, rng.random() < 0.2)))
    for mode in ("surrogates", "placeholders"):
        policy = ScrubPolicy(mode=mode)
        made, counts = in_a_table(rows, policy)
        scrubber = Scrubber(KEY, policy)
        single = [scrubber.scrub(row) for row in rows]
        assert made == [tuple(texts) for texts, _ in single]
        assert counts == counted([replaced for _, replaced in single])
        assert all(isinstance(json.loads(history), list) for _, history in made)


def counted(replaced):
    """By kind, how many values there are, and in how many texts."""
    values = {(one.kind, one.known_as) for row in replaced for one in row}
    texts = {(one.kind, i, one.text) for i, row in enumerate(replaced) for one in row}
    kinds = sorted({kind for kind, _ in values})
    return [(kind, sum(v[0] == kind for v in values), sum(t[0] == kind for t in texts)) for kind in kinds]


def test_values_and_texts_are_counted_and_empty_texts_stay():
    made, counts = in_a_table([("0912345678", "[]"), ("0912 345 678", None), ("", "+84912345678, a@b.vn")])
    assert counts == [("email", 1, 1), ("phone", 1, 3)]
    assert made[1][1] is None
    assert made[2][0] == ""


def test_off_changes_nothing():
    assert in_a_table([("0912345678", "[]")], ScrubPolicy(mode="off")) == ([("0912345678", "[]")], [])


def test_a_pattern_that_only_python_knows_is_refused_in_plain_words():
    with pytest.raises(ConfigError, match="patterns"):
        in_a_table([("KH-1", "[]")], ScrubPolicy(patterns=["(?<=KH-)[0-9]"]))
