"""A backfill's summary: every date in every medium, whatever became of it."""

import io
import re
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from rich.console import Console

from nightschool.errors import DataError
from nightschool.records import BackfillDate, EndState, Night
from nightschool.report.backfill import BackfillSummary, as_markdown, as_picture, read_summary, write_summary
from nightschool.report.backfill.terminal import show_summary

FIRST = date(2026, 10, 1)
TRACK = "backfill/ab12"
STATES = ["Promoted", "Rejected", "NoData", "Failed", "Running"]


def a_date(day, state):
    examined = state in ("Promoted", "Rejected")
    return BackfillDate(
        night=Night(track=TRACK, target="support/math", run_date=FIRST + timedelta(days=day)),
        state=state,
        message="It <b>broke</b> | here.",
        exit_code=4 if state == "Failed" else 0,
        incumbent="old",
        challenger="new" if examined else "",
        served_after="new" if state == "Promoted" else "",
        incumbent_reward=0.5 if examined else None,
        challenger_reward=0.7 if examined else None,
        llm_calls=10,
        cost_usd=0.25,
        begun_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


@pytest.fixture
def summary():
    """Five dates, one of each kind, of six that were wanted."""
    wanted = tuple(FIRST + timedelta(days=n) for n in range(6))
    dates = tuple(a_date(day, state) for day, state in enumerate(STATES))
    return BackfillSummary(
        target="support/math",
        track=TRACK,
        begins_with="old",
        because="asked for",
        wanted=wanted,
        dates=dates,
        notes=("Stopped.",),
    )


def test_one_sentence_says_how_it_went(summary):
    assert summary.sentence == "support/math: 6 dates, 1 Promoted, 1 Rejected, 1 NoData, 1 Failed, 2 not run; $1.25"
    assert (summary.exit_code, summary.llm_calls, len(summary.not_run)) == (4, 50, 2)
    assert summary.model_copy(update={"dates": summary.dates[:1]}).last_prompt == "new"
    assert summary.model_copy(update={"dates": ()}).sentence == "support/math: 6 dates, 6 not run; $0.00"


def test_the_page_has_a_row_for_every_date_and_keeps_messages_in_their_cells(summary):
    page = as_markdown(summary, "picture.svg")
    rows = [line for line in page.splitlines() if line.startswith("| 2026-10")]
    assert len(rows) == 6
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert "<b>" not in page
    assert "![Rewards, verdicts and cost of each date](picture.svg)" in page


def test_the_picture_is_svg_with_a_mark_and_a_bar_for_every_date(summary):
    drawn = ElementTree.fromstring(as_picture(summary))
    shapes = [element.tag.rpartition("}")[2] for element in drawn.iter()]
    assert shapes.count("circle") - len({state for state in STATES if state in (*EndState, "Failed")}) == len(STATES)
    assert shapes.count("rect") - 1 == len(STATES)


def test_a_picture_of_nothing_can_be_drawn(summary):
    ElementTree.fromstring(as_picture(summary.model_copy(update={"dates": ()})))


def test_what_was_written_is_read_again(summary, tmp_path):
    page = write_summary(summary, tmp_path)
    assert page.name == "backfill.ab12-support.math.md"
    assert read_summary(TRACK, "support/math", tmp_path) == summary
    with pytest.raises(DataError, match="no summary of sales"):
        read_summary(TRACK, "sales", tmp_path)


def test_the_terminal_says_what_was_interrupted_what_failed_and_where_the_page_lies(summary, tmp_path):
    told = io.StringIO()
    show_summary(summary, tmp_path, Console(file=told, width=200))
    said = told.getvalue()
    for words in ("interrupted", "not run", "2026-10-04 Failed: It <b>broke</b>", "Stopped.", summary.sentence, "▅▅····"):
        assert words in said, said
