"""The page: every text of a conversation stays where it belongs."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nightschool.report import as_markdown
from nightschool.report.html import as_html
from nightschool.report.markdown import _cell, _fenced
from tests.unit.report.nights import NASTY, a_quiet_report, a_report

texts = st.text(st.characters(codec="utf-8"), max_size=60) | st.lists(st.sampled_from("|`\\<>[]()*_\n#-~ x")).map("".join)


@given(texts)
def test_a_cell_stays_one_cell_of_plain_text(text):
    cell = _cell(text)
    assert len(cell.splitlines()) <= 1
    assert not re.search(r"(?<!\\)(?:\\\\)*\|", cell), "an unescaped pipe ends the cell"
    assert "<" not in cell
    assert "`" not in cell
    assert not re.search(r"(?<!\\)(?:\\\\)*\[", cell), "an unescaped bracket may begin a link"


@given(texts)
@example("```\n+ closed?\n`````\n~~~")
def test_a_code_block_is_closed_by_its_own_fence_only(text):
    first, *inside, last = _fenced(text, "diff").split("\n")
    fence = first.removesuffix("diff")
    assert last == fence == "`" * len(fence)
    assert "\n".join(inside) == text
    assert not any(line.strip().startswith(fence) for line in inside)


def test_a_hostile_conversation_changes_nothing_about_the_page():
    plain, hostile = as_markdown(a_report(answer="12 days")), as_markdown(a_report(answer=NASTY))
    assert headings(hostile) == headings(plain)
    assert columns(hostile) == columns(plain)
    assert "<script>" not in hostile.split("## The prompt")[0] + hostile.split("## The search")[1]


def test_losses_come_first_and_unscored_pairs_are_not_examples_of_anything():
    table = as_markdown(a_report()).split("## Answers to look at")[1]
    assert re.findall(r"(\d\.\d\d) → (\d\.\d\d)", table) == [("1.00", "0.00"), ("0.00", "1.00")]


def test_the_page_says_so_where_the_model_was_simulated():
    assert "> **Simulated model.**" in as_markdown(a_report(models=("simulated-1",)))
    assert "Simulated" not in as_markdown(a_report(answer="12"))


def test_slices_that_nobody_scored_have_no_figures():
    page = as_markdown(a_report(rewards=((None, None), (None, None))))
    assert "| domain | math | 1 | – | – | – |" in page


def test_the_page_of_a_night_that_found_nothing():
    page = as_markdown(a_quiet_report())
    assert page.startswith("# Rejected: support/math, 2026-11-21")
    assert "The search found no prompt that beats the incumbent on validation." in page
    assert "None" not in page


def test_what_no_guard_could_compare_is_said_where_something_was_examined():
    report = a_report()
    verdict = report.verdict.model_copy(update={"n_sessions": 2, "not_compared": ("cost", "anchors")})
    said = "Not compared, because nothing is known of it: cost, anchors."
    for page in (as_markdown, as_html):
        assert said in page(report.model_copy(update={"verdict": verdict}))
        assert "Not compared" not in page(report.model_copy(update={"verdict": verdict.model_copy(update={"n_sessions": 0})}))


def test_what_models_refused_stands_where_the_search_is_told():
    report = a_report()
    refused = report.search.model_copy(update={"warnings": ("iteration 2 lacks 3 candidates: too long | by far", NASTY)})
    page = as_markdown(report.model_copy(update={"search": refused}))
    told = page.split("## The search")[1].split("| iteration |")[0]
    assert "\n\n- Warning: iteration 2 lacks 3 candidates: too long \\| by far\n- Warning: a" in told
    assert (headings(page), columns(page)) == (headings(as_markdown(report)), columns(as_markdown(report)))


@pytest.mark.parametrize(
    "figure",
    [
        "| held-out reward | 0.500 | 0.500 |",
        "agent 50, judge 8",
        "$0.2500",
        "0.40 → 0.70",
        "- turns: 40",
        "| domain | orders | 2 | 0.500 | 0.500 | 0.000 |",
    ],
)
def test_the_pages_figures(figure):
    assert figure in as_markdown(a_report())


def headings(page):
    outside = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", page, flags=re.MULTILINE | re.DOTALL)
    return [line for line in outside.splitlines() if line.startswith("#")]


def columns(page):
    return [len(re.findall(r"(?<!\\)\|", line)) for line in page.splitlines() if line.startswith("|")]
