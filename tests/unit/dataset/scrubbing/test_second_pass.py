"""The second pass, and what stands in system messages."""

import json
import re
import sys
from types import SimpleNamespace

import pytest

from nightschool.dataset.connection import open_memory
from nightschool.dataset.scrubbing import Scrubber, public_values, scrub_again
from nightschool.errors import ConfigError
from nightschool.records import ScrubPolicy

KEY = "k" * 64


class Shouting:
    """A site's own scrubber: nobody may know of Bob."""

    def scrub(self, text):
        return text.replace("Bob", "X")


SHOUTING = Shouting()


def again(second_pass, question, history="[]"):
    with open_memory() as connection:
        connection.execute("CREATE TABLE kept AS SELECT $1 AS question, $2 AS history", [question, history])
        scrub_again(connection, "kept", ["question", "history"], key=KEY, policy=ScrubPolicy(second_pass=second_pass))
        return connection.execute("SELECT * FROM kept").fetchone()


@pytest.fixture
def own_scrubber(monkeypatch):
    monkeypatch.setitem(sys.modules, "our_scrubber", SimpleNamespace(shouting=SHOUTING, nothing=3))


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_sites_own_scrubber_reads_texts_and_what_is_in_json(own_scrubber, separators):
    history = json.dumps([{"role": "user", "content": 'a\n"Bob"'}, {"role": "tool", "content": ["Bob"]}], separators=separators)
    question, made = again("our_scrubber:shouting", "I am Bob", history)
    assert question == "I am X"
    assert json.loads(made) == [{"role": "user", "content": 'a\n"X"'}, {"role": "tool", "content": ["X"]}]


def test_none_is_the_default():
    assert again("", "I am Bob") == ("I am Bob", "[]")


@pytest.mark.parametrize("name", ["our_scrubber:nothing", "our_scrubber:gone", "no_such_module:x"])
def test_what_is_no_scrubber_is_refused_in_plain_words(own_scrubber, name):
    with pytest.raises(ConfigError, match="second_pass"):
        again(name, "I am Bob")


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    with pytest.raises(ConfigError, match="not installed") as caught:
        again("phonenumbers", "0912345678")
    assert "nightschool[phonenumbers]" in str(caught.value)


@pytest.mark.parametrize("written", ["０９１２ ３４５ ６７８", "0912–345–678", "0912/345/678", "+84 912 - 345 - 678"])
def test_numbers_that_only_the_library_knows_become_the_first_passs_surrogates(written):
    first = Scrubber(KEY, ScrubPolicy())
    assert first.scrub([f"Call {written}!"])[0] == [f"Call {written}!"]
    [own] = first.scrub(["0912 345 678"])[0]
    made, _ = again("phonenumbers", f"Call {written}!")
    assert re.sub(r"^84|\D", "", made.replace("+84", "0")) == own.replace(" ", "")
    assert again("phonenumbers", made)[0] == made


@pytest.mark.parametrize("text", ["21.11.2026 10:30", "hotline 1900 1234", "99.000.000 đ, 10.762622, 106.660172", "0642 081 979"])
def test_what_is_no_number_of_a_person_stays_in_the_second_pass_too(text):
    assert again("phonenumbers", text)[0] == text


def test_what_many_system_messages_hold_is_public_and_what_one_users_holds_is_not():
    with open_memory() as connection:
        connection.execute("CREATE TABLE turns (system_message VARCHAR, user_id VARCHAR, session_id VARCHAR)")
        messages = [f"Hotline 0909 123 123, help@shop.vn. The user {i} has 09123456{i:02}." for i in range(20)]
        connection.executemany(
            "INSERT INTO turns VALUES (?, ?, ?)", [[text, f"u{i}", f"s{i}"] for i, text in enumerate(messages)]
        )
        assert public_values(connection, "turns") == ["0909 123 123", "help@shop.vn"]
