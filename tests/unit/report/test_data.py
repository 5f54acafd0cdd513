"""The report's data: computed once, from what the stages made."""

import pytest

from nightschool.evaluation import BoughtExam
from nightschool.records import version_of
from tests.unit.report.nights import NEW, OLD, a_pair, a_quiet_report, a_report


def test_means_are_over_what_has_a_score():
    report = a_report()
    assert report.incumbent.reward == pytest.approx(0.5)
    assert report.challenger.reward == pytest.approx(0.5)
    assert (report.incumbent.strict, report.incumbent.lenient) == (0.0, 1.0)
    assert (report.challenger.strict, report.challenger.lenient) == (1.0, 1.0)


def test_a_night_without_pairs_has_no_means():
    report = a_quiet_report()
    assert report.incumbent.model_dump() == {"reward": None, "strict": None, "lenient": None}
    assert (report.challenger_version, report.diff, report.pairs) == ("", "", ())


def test_the_diff_names_both_versions_and_every_changed_line():
    lines = a_report().diff.splitlines()
    assert lines[:2] == [f"--- incumbent {version_of(OLD)}", f"+++ challenger {version_of(NEW)}"]
    assert [line for line in lines[2:] if line[0] in "+-"] == ["+End with ```json", "+{}", "+``` and <b>stop</b>."]


def test_an_example_that_is_gone_leaves_its_pair():
    report = a_report(examples=())
    assert [pair.question for pair in report.pairs] == [""] * 4
    assert report.incumbent.strict is None


def test_pairs_without_their_rollouts_are_a_mistake():
    with pytest.raises(ValueError, match="zip"):
        a_report(exam=BoughtExam(pairs=[a_pair(0)]))


@pytest.mark.parametrize(("models", "simulated"), [(("gpt-4o-mini",), False), (("simulated-1",), True), ((), False)])
def test_a_night_is_simulated_where_any_of_its_models_is(models, simulated):
    assert a_report(models=models).simulated is simulated


def test_the_agents_models_are_read_from_its_rollouts():
    assert a_report(models=("judge-1",)).models == ("gpt-x", "judge-1")
