"""`python -m flows backfill`: what is refused, what the dry run says, and how it ends."""

from datetime import UTC, date, datetime

import pytest
from prefect.states import Completed, Failed
from typer.testing import CliRunner

from flows import backfill_command
from flows.command import app
from nightschool.records import BackfillDate, Night
from nightschool.report.backfill import BackfillSummary, write_summary
from nightschool.settings import load_settings
from tasks.backfill_parameters import BackfillParameters
from tasks.backfilling import plan_backfill
from tests.small_desk import move_in

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RANGE = ("--start", "2026-10-01", "--end", "2026-10-03", "--days", "1")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Type the command in a folder with two days of questions."""
    move_in(tmp_path, monkeypatch, [date(2026, 10, 1), date(2026, 10, 2)])
    monkeypatch.setenv("COLUMNS", "160")
    return lambda *words: CliRunner().invoke(app, ["backfill", *words])


def test_the_dry_run_shows_every_date_with_its_turns_and_upper_bounds_and_does_nothing(run, tmp_path):
    done = run(*RANGE, "--dry-run")
    assert done.exit_code == 0, done.output
    rows = [line.split() for line in done.output.splitlines() if line.startswith("2026-10")]
    assert [row[:3] for row in rows] == [["2026-10-01", "1", "1"], ["2026-10-02", "1", "1"], ["2026-10-03", "0", "0"]]
    assert "NoData: its window has no turn" in done.output
    assert "3 dates to do, 0 done: at most" in done.output
    assert "Nothing was done." in done.output
    assert not any((tmp_path / name).exists() for name in ("artifacts", "journal.db", "prefect", "reports", "served"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--start", "2026-10-03", "--end", "2026-10-01"), "lies before the first"),
        (("--start", "2026-10-01", "--end", "2999-01-01"), "more than 3660 days"),
        (("--start", "2999-01-01", "--end", "2999-01-02"), "is not over yet"),
        ((*RANGE, "--every", "2 weeks"), "every"),
        ((*RANGE, "--reprocess", "some"), "reprocess"),
        ((*RANGE, "--target", "Support!"), "is no target"),
        ((*RANGE, "--from-incumbent", "zzz", "--dry-run"), "No prompt version begins with"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_sense_is_refused_in_one_sentence(run, words, said):
    done = run(*words)
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(("state", "code", "exit_code"), [("Rejected", 0, 0), ("Failed", 4, 4)])
def test_the_command_ends_as_its_first_failed_date_did(run, monkeypatch, state, code, exit_code):
    def pretend(parameters: BackfillParameters):
        settings = load_settings()
        plan = plan_backfill(parameters, None, NOW)
        nights = [Night(track=plan.track, target="support", run_date=planned.run_date) for planned in plan.dates]
        dates = tuple(BackfillDate(night=night, state=state, exit_code=code, begun_at=NOW) for night in nights)
        told = {"track": plan.track, "target": "support", "begins_with": "a", "because": "b", "dates": dates}
        write_summary(BackfillSummary(wanted=tuple(night.run_date for night in nights), **told), settings.home)
        return Completed(name="Done") if not code else Failed(name="SomeFailed")

    monkeypatch.setattr(backfill_command, "_run", pretend)
    monkeypatch.setattr(backfill_command, "_require_what_is_quick", lambda *_: None)
    done = run(*RANGE)
    assert done.exit_code == exit_code, done.output
    assert f"support: 3 dates, 3 {state}" in done.output
