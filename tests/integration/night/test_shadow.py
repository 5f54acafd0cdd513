"""A promotion that turns out to be a loss: the prompt before it is run beside it on the next day's sessions, and comes back."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from nightschool import load_prompt
from nightschool.records import Lineage, Night, Verdict
from tests.integration.night.conftest import FIRST_DAY, SECOND_DAY, TARGET, Home
from tests.unit.registry.nights import pairs_of

WORSE = "Trả lời thật ngắn, đừng giải thích gì."


@pytest.fixture(scope="module")
def regretted(first_night, tmp_path_factory):
    """A home in which a worse prompt was promoted on the first day; then the second night."""
    path = tmp_path_factory.mktemp("regretted") / "home"
    shutil.copytree(first_night.home.path, path, ignore=shutil.ignore_patterns("registry.db*", "served", "reports"))
    desk, good = first_night.home.desk, first_night.home.report().challenger_text
    home = Home(path, replace(desk, environment=desk.environment | {"NIGHTSCHOOL_SHADOW__UNITS_A_NIGHT": "60"}))
    night = Night(target=TARGET, run_date=FIRST_DAY)
    with home.registry() as registry:
        start = registry.begin(night, good)
        worse = registry.add_version(WORSE, Lineage(parent=start.incumbent)).version
        verdict = Verdict(decision="promote", reason="Promote: by mistake.", gain=0.2)
        name = registry.record_verdict(night, worse, start.incumbent, verdict, pairs_of("s1"))
        registry.promote(night, worse, start.incumbent, name, verdict.reason)
    return home, good, home.run_night(SECOND_DAY)


def test_the_prompt_before_is_served_again(regretted):
    home, good, ended = regretted
    assert (ended.name, ended.is_completed()) == ("RolledBack", True), ended.message
    assert ended.message.startswith("Rolled back: The new prompt ")
    assert home.incumbent() == load_prompt(TARGET, home=home.path).text == good
    with home.registry() as registry:
        *_, back = registry.history("production", TARGET)
    assert (back.kind, back.run_date, back.reason[:10]) == ("rollback", SECOND_DAY.isoformat(), "By itself:")


def test_the_report_tells_what_was_promised_and_what_came_of_it(regretted):
    home, _, _ = regretted
    shadow = home.report(SECOND_DAY).shadow
    assert shadow.promised == 0.2
    assert shadow.realised < 0
    assert shadow.n_units >= 20
    page = next((home.path / "reports").glob(f"*{SECOND_DAY}.md")).read_text()
    assert "## Since the last promotion" in page


def test_the_same_night_again_is_the_same_night_and_costs_nothing(regretted):
    home, good, ended = regretted
    asked = home.desk.counts()
    again = home.run_night(SECOND_DAY)
    assert (again.name, again.message) == (ended.name, ended.message)
    assert home.desk.counts() == asked
    assert home.incumbent() == good
    with home.registry() as registry:
        assert [move.kind for move in registry.history("production", TARGET)] == ["seed", "promotion", "rollback"]
