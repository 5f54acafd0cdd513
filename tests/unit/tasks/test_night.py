"""Where a night begins: what it starts from is recorded once, and what an earlier one owes is published."""

from datetime import date

import pytest

from nightschool.artifacts import ArtifactRef
from nightschool.errors import ConfigError
from nightschool.records import Candidate, Lineage, Night, NightStart, SearchResult, version_of
from nightschool.registry import Registry
from nightschool.serving import load_prompt
from nightschool.settings import load_settings
from tasks.night import begin_night, forget_night, lineage_of
from tests.unit.registry.nights import prepare

FIRST, SECOND = (Night(target="support", run_date=date(2026, 11, day)) for day in (21, 22))


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return load_settings(home=tmp_path / "home", target="support", seed_prompt="Answer.")


@pytest.fixture
def book(settings):
    with Registry(settings.database_url("registry")) as registry:
        yield registry


def ledger(rows):
    return ArtifactRef(kind="ledger", digest=f"{rows:064x}", rows=rows, suffix=".parquet")


def test_a_night_that_begins_twice_began_once(settings):
    assert begin_night(settings, FIRST) == begin_night(settings, FIRST)


def test_without_any_first_prompt_a_night_does_not_begin(settings, monkeypatch):
    (settings.home.parent / "desk.py").write_text("def build(prompt): ...\n")
    bare = settings.model_copy(update={"seed_prompt": "", "agent": "desk:build"})
    with pytest.raises(ConfigError, match="no prompt to start from"):
        begin_night(bare, FIRST)


def test_what_an_earlier_night_promoted_and_could_not_publish_is_published_first(settings, book):
    challenger, incumbent, verdict = prepare(book, FIRST, "Answer briefly.")
    book.promote(FIRST, challenger, incumbent, verdict, "It won.")
    begin_night(settings, SECOND)
    assert load_prompt("support", home=settings.home).text == "Answer briefly."


def test_a_night_without_data_reads_anew_when_it_is_run_again(settings):
    start = begin_night(settings, FIRST)
    forget_night(settings, start)
    assert begin_night(settings, FIRST).started_at > start.started_at


def test_a_challengers_lineage_tells_the_edits_that_led_to_it():
    chain = [("seed", ""), ("one", "seed"), ("two", "one")]
    seed, one, two = (
        Candidate(version=version_of(text), text=text, parent=version_of(parent) if parent else "", edit=f"edit {text}")
        for text, parent in chain
    )
    start = NightStart(night=FIRST, started_at="2026-11-22T00:00:00Z", incumbent=seed.version)
    found = SearchResult(seed=seed, challenger=two, candidates=(seed, one, two))
    lineage = lineage_of(start, found, ledger(1), "who answers")
    assert isinstance(lineage, Lineage)
    assert lineage.edits == ("edit one", "edit two")
    assert (lineage.parent, lineage.run_date, lineage.data_digest) == (seed.version, "2026-11-21", ledger(1).digest)
    assert lineage_of(start, found, ledger(1), "somebody else").code_digest != lineage.code_digest
