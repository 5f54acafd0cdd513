"""The report on the terminal."""

import pytest

from nightschool.report.terminal import MOST_DIFF_LINES, show_night
from tests.unit.report.nights import a_quiet_report, a_report


@pytest.fixture
def shown(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")

    def show(report):
        show_night(report, tmp_path)
        return capsys.readouterr().out

    return show


def test_verdict_means_diff_and_where_the_page_lies(shown, tmp_path):
    said = shown(a_report())
    for words in (
        "Promoted  support/math, 2026-11-21",
        "evidence 400 : 1",
        "strict grading",
        "lenient grading",
        "+End with ```json",
    ):
        assert words in said
    assert "58 LLM calls (agent 50, judge 8), $0.2500" in said
    assert str(tmp_path / "reports" / "production-support.math-2026-11-21.md") in said


def test_a_simulated_model_is_named_first(shown):
    assert shown(a_report(models=("simulated-1",))).startswith("A simulated model answered")
    assert "simulated model" not in shown(a_report())


def test_a_night_that_found_nothing(shown):
    said = shown(a_quiet_report())
    assert said.splitlines()[1].startswith("Rejected")
    assert "–" in said
    assert "0 LLM calls (none)" in said


def test_a_long_diff_is_cut_and_says_so(shown):
    report = a_report()
    wordy = report.search.challenger.model_copy(update={"text": "\n".join(f"line {n}" for n in range(200))})
    long = report.model_copy(update={"search": report.search.model_copy(update={"challenger": wordy})})
    said = shown(long)
    assert "more lines in the report" in said
    assert len(said.splitlines()) < MOST_DIFF_LINES + 20


def test_what_a_verdict_quotes_is_not_taken_for_markup(shown):
    report = a_report()
    quoting = report.verdict.model_copy(update={"reason": "Reject: [red]they[/] said [/bold]."})
    assert "[red]they[/] said [/bold]." in shown(report.model_copy(update={"verdict": quoting}))
