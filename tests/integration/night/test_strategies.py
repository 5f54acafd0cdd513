"""Nights of other strategies than the single search, whole."""

import pytest

from nightschool.records import Night
from nightschool.report import read_report
from tests.integration.night.conftest import FIRST_DAY, TARGET

pytestmark = pytest.mark.drill


def test_each_domain_has_a_night_an_incumbent_and_an_exam_of_its_own(new_home, prefect_harness):
    home = new_home()
    ended = home.run_night(strategy="per_domain", iterations=1)
    lines = dict(line.split(": ", 1) for line in ended.message.splitlines())
    assert len(lines) > 1
    for target, told in lines.items():
        assert target.startswith(f"{TARGET}/")
        if told.startswith("NoData"):
            continue
        report = read_report(Night(target=target, run_date=FIRST_DAY), home.path)
        assert {pair.slices["domain"] for pair in report.pairs} <= {target.split("/")[1]}
        assert report.counts["other_domains"] > 0


def test_progressive_goes_from_easy_to_hard(new_home, prefect_harness):
    home = new_home()
    ended = home.run_night(strategy="progressive", iterations=3)
    assert ended.name in ("Promoted", "Rejected", "Undecided", "Held"), ended.message
    search = home.report().search
    assert "medium: " in search.stopped or "easy: " in search.stopped
    assert search.challenger.mean_reward > search.seed.mean_reward


def test_gepa_searches_behind_the_same_door(new_home, prefect_harness):
    pytest.importorskip("gepa")
    home = new_home()
    ended = home.run_night(algorithm="gepa", iterations=1)
    assert ended.name in ("Promoted", "Rejected", "Undecided", "Held"), ended.message
    assert home.report().search.candidates[-1].edit == "gepa"
