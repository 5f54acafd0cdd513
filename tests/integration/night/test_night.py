"""A night from end to end in the simulated world, and what the next commands make of it."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta

import pytest
from typer.testing import CliRunner

import nightschool
from demo.simulated import SEED_PROMPT
from nightschool.cli.app import app
from nightschool.records import Night, version_of
from nightschool.serving import load_prompt
from nightschool.simulator import true_quality
from tests.integration.night.conftest import FIRST_DAY, SECOND_DAY, TARGET, Home


def test_a_night_promotes_a_prompt_that_is_truly_better(first_night):
    assert first_night.state.name == "Promoted"
    served = load_prompt(TARGET, home=first_night.home.path).text
    assert served == first_night.home.incumbent() != SEED_PROMPT
    assert true_quality(served) - true_quality(SEED_PROMPT) >= 0.2


def test_nothing_is_written_to_the_agents_database(first_night):
    assert first_night.database_after == first_night.database_before


def test_the_promoted_version_knows_where_it_came_from(first_night):
    home = first_night.home
    with home.registry() as registry:
        kept = registry.incumbent("production", TARGET)
    lineage = kept.lineage
    assert lineage.parent == version_of(SEED_PROMPT)
    assert (lineage.target, lineage.run_date) == (TARGET, FIRST_DAY.isoformat())
    assert lineage.run_id
    assert lineage.edits
    assert len(lineage.data_digest) == len(lineage.code_digest) == 64


def test_the_same_night_again_asks_nothing_and_changes_nothing(home):
    asked, before, history = home.desk.counts()["total"], home.report(), transitions(home)
    state = home.run_night()
    assert state.name == "Promoted"
    assert home.desk.counts()["total"] == asked
    assert home.report() == before
    assert transitions(home) == history


def test_another_setting_of_the_gate_decides_anew_on_the_pairs_that_were_bought(home, monkeypatch):
    asked, first = home.desk.counts()["total"], home.report()
    monkeypatch.setenv("NIGHTSCHOOL_GATE__MIN_SESSIONS", str(first.verdict.n_sessions - 1))
    assert home.run_night().name == "Promoted"
    assert home.desk.counts()["total"] == asked, "known pairs were bought again"
    assert home.report().search == first.search


def test_a_stricter_gate_buys_only_the_pairs_that_are_missing(home, monkeypatch):
    first, asked = home.report(), home.desk.counts()
    monkeypatch.setenv("NIGHTSCHOOL_GATE__MIN_SESSIONS", str(first.verdict.n_sessions + 25))
    home.run_night()
    second, bought = home.report(), home.desk.counts()
    assert second.verdict.n_pairs > first.verdict.n_pairs
    assert second.pairs[: len(first.pairs)] == first.pairs
    assert 0 < bought["judge"] - asked["judge"] <= 2 * (len(second.pairs) - len(first.pairs))


def test_another_setting_of_the_search_searches_anew(home):
    first, asked, served, files = home.report(), home.desk.counts()["total"], home.incumbent(), artifacts(home)
    state = home.run_night(iterations=1)
    made = {name.split("/")[0] for name in artifacts(home) - files}
    assert made == {"search"}, "an exam was paid for against a prompt that is no longer served"
    assert home.desk.counts()["total"] - asked < first.total_calls / 2, "what was known was asked again"
    # The night has moved the incumbent once, and began with what was served before that.
    assert "IncumbentMoved" in state.message
    assert home.incumbent() == served


@pytest.fixture(scope="module")
def two_nights(first_night, tmp_path_factory):
    """A home after the second day's night, too."""
    path = tmp_path_factory.mktemp("two") / "home"
    shutil.copytree(first_night.home.path, path)
    home = Home(path, first_night.home.desk)
    home.run_night(SECOND_DAY, iterations=1)
    return home


def test_the_next_night_starts_from_the_promoted_prompt_and_examines_fresh_sessions(two_nights, first_night):
    home = two_nights
    promoted, examined = first_night.home.incumbent(), {pair.session_id for pair in home.report().pairs}
    second = home.report(SECOND_DAY)
    assert second.counts["turns"] > 0
    assert second.incumbent_text == promoted
    assert second.search.seed.text == promoted
    assert not {pair.session_id for pair in second.pairs} & examined
    with home.registry() as registry:
        assert registry.examined_sessions(Night(target=TARGET, run_date=SECOND_DAY)) == examined


def test_an_old_night_again_leaves_the_newer_nights_split_ledger(two_nights, first_night):
    ledger = ledger_of(two_nights)
    assert ledger != ledger_of(first_night.home)
    assert two_nights.run_night().name == "Promoted"
    assert ledger_of(two_nights) == ledger


def test_a_night_without_conversations_is_a_normal_night(home):
    quiet = FIRST_DAY - timedelta(days=30)
    asked, served = home.desk.counts()["total"], home.incumbent()
    state = home.run_night(quiet)
    assert (state.name, state.is_completed()) == ("NoData", True)
    with home.registry() as registry:
        assert registry.night(Night(target=TARGET, run_date=quiet)) is None, "run again, it would not read anew"
    assert home.desk.counts()["total"] == asked
    assert home.incumbent() == served


def test_a_night_with_too_few_examples_says_how_many_there_are(home, monkeypatch):
    monkeypatch.setenv("NIGHTSCHOOL_DATA__MIN_TRAIN", "5000")
    state = home.run_night()
    assert state.name == "NoData"
    assert "5000" in state.message


def test_results_gives_a_notebook_the_night_as_frames(first_night):
    found = nightschool.results(FIRST_DAY, target=TARGET, home=first_night.home.path)
    assert len(found.pairs) == found.report.verdict.n_pairs
    assert found.pairs["gain"].mean() == pytest.approx(found.report.challenger.reward - found.report.incumbent.reward, abs=1e-9)
    assert set(found.slices["kind"]) >= {"domain", "language"}
    assert len(found.candidates) == len(found.report.search.candidates)


def test_the_nights_data_is_found_again(home, monkeypatch, tmp_path):
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    exported = dataset("export", tmp_path / "sets.jsonl")
    examples = [json.loads(line) for line in (tmp_path / "sets.jsonl").read_text(encoding="utf-8").splitlines()]
    assert f"the night of {FIRST_DAY} ({TARGET} on production)" in exported
    assert f"an example of the {examples[0]['set'].replace('_', '-')} set" in dataset("explain", examples[0]["run_id"])
    told = dataset("export", "--sft", tmp_path / "chats.jsonl")
    chats = [json.loads(line)["messages"] for line in (tmp_path / "chats.jsonl").read_text(encoding="utf-8").splitlines()]
    held_out = {one["question"] for one in examples if one["set"] == "held_out"}
    assert chats
    assert "on held-out examples, which are never trained on" in told
    assert held_out.isdisjoint(message["content"] for messages in chats for message in messages)
    assert {messages[-1]["role"] for messages in chats} == {"assistant"}


def dataset(*arguments):
    done = CliRunner().invoke(app, ["dataset", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_the_report_says_that_the_model_was_simulated(first_night):
    assert first_night.home.report().simulated
    page = next((first_night.home.path / "reports").glob("*.md")).read_text()
    assert "Simulated model" in page


def artifacts(home):
    folder = home.path / "artifacts"
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*.*")}


def transitions(home):
    with home.registry() as registry:
        return registry.history("production", TARGET)


def ledger_of(home):
    with home.registry() as registry:
        return registry.ledger("production", TARGET)
