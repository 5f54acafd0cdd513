from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nightschool.records import Message, Night, Record
from tasks.results import decode_record, record_serializer

NIGHT = Night(target="support", run_date=date(2026, 11, 21))


class Everything(Record):
    text: str
    numbers: tuple[float, ...]
    names: frozenset[str]
    data: dict[str, str | int | None]
    inner: tuple[Message, ...]


ANY_TEXT = st.text(st.characters())  # lone surrogates among them, as broken emoji leave them in chats
KEYS = st.text() | st.sampled_from(["__class__", "record", "json"])  # none there: pydantic replaces them in keys


@given(
    st.builds(
        Everything,
        text=ANY_TEXT,
        numbers=st.lists(st.floats(allow_nan=False)),
        names=st.frozensets(ANY_TEXT),
        data=st.dictionaries(KEYS, ANY_TEXT | st.integers() | st.none()),
        inner=st.lists(st.builds(Message, role=ANY_TEXT, content=ANY_TEXT)),
    )
)
def test_any_record_comes_back_equal(record: Everything):
    serializer = record_serializer()
    assert serializer.loads(serializer.dumps(record)) == record


def test_what_users_wrote_is_never_taken_for_a_class_to_import():
    record = Everything(text="", numbers=(), names=frozenset(), data={"__class__": "antigravity.Fly", "data": 1}, inner=())
    serializer = record_serializer()
    assert serializer.loads(serializer.dumps(record)).data["__class__"] == "antigravity.Fly"


@pytest.mark.parametrize("plain", ["a digest", 3, None])
def test_plain_values_come_back(plain: object):
    serializer = record_serializer()
    assert serializer.loads(serializer.dumps(plain)) == plain


def test_what_is_no_record_is_refused():
    with pytest.raises(TypeError, match="not a date"):
        record_serializer().dumps(date(2026, 11, 21))


@pytest.mark.parametrize(
    ("stored", "error"),
    [
        ({"record": "nightschool.records.nights:Gone", "json": "{}"}, AttributeError),
        ({"record": "nightschool.gone:Night", "json": "{}"}, ImportError),
        ({"record": "nightschool.records.nights:Night", "json": '{"target": "support"}'}, ValidationError),
    ],
    ids=["class", "module", "field"],
)
def test_a_record_that_no_longer_fits_is_not_returned(stored: dict[str, str], error: type[Exception]):
    with pytest.raises(error):
        decode_record(stored)
