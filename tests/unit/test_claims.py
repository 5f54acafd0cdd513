"""A claim has one holder, and what a dead holder left is free."""

import subprocess
import sys
import time

import pytest

from nightschool.claims import Claims
from nightschool.databases import open_engine

TAKE_AND_DIE = """
import os, sys
from nightschool.claims import Claims
from nightschool.databases import open_engine

assert Claims(open_engine(sys.argv[1]), "claims").take("k")
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'claims.db'}"


@pytest.fixture
def claims(url):
    opened = []

    def one(**settings):
        engine = open_engine(url)
        opened.append((engine, Claims(engine, "claims", **settings)))
        return opened[-1][1]

    yield one
    for engine, made in opened:
        made.close()
        engine.dispose()


def test_a_claim_has_one_holder_until_it_is_given_up(claims):
    ours, theirs = claims(), claims()
    assert ours.take("k")
    assert not theirs.take("k")
    assert theirs.take("another")
    theirs.give_up("k")
    assert not theirs.take("k"), "somebody gave up what was not theirs"
    ours.give_up("k")
    assert theirs.take("k")


def test_the_holder_is_named(claims):
    ours = claims()
    assert ours.holder("k") == ""
    ours.take("k")
    assert claims().holder("k").startswith("process ")


def test_what_a_killed_process_held_is_free_at_once(claims, url):
    ours = claims()
    killed = subprocess.run([sys.executable, "-c", TAKE_AND_DIE, url], check=False)
    assert killed.returncode == -9
    assert ours.holder("k") == ""
    assert ours.take("k")


def test_what_another_machine_held_is_free_when_it_lapses(claims):
    theirs, ours = claims(lapse_s=3600.0), claims()
    theirs._me = "elsewhere/1/x"
    assert theirs.take("k")
    assert not ours.take("k")
    theirs.close()
    theirs._lapse_s = -1.0
    with theirs._engine.begin() as connection:
        connection.execute(theirs._table.update().values(until=theirs._until()))
    assert ours.holder("k") == ""
    assert ours.take("k")


def test_a_claim_is_renewed_while_its_holder_is_busy(claims):
    ours = claims(lapse_s=0.4)
    ours._me = "elsewhere/1/x"
    assert ours.take("k")
    first, deadline = _until(ours), time.monotonic() + 30
    while _until(ours) == first:  # this thread is busy: the claim is not renewed by it
        assert time.monotonic() < deadline


def _until(claims):
    with claims._engine.connect() as connection:
        return connection.execute(claims._table.select()).one().until
