"""The HTML page: the same figures as the Markdown page, with pictures, and nothing of a conversation can become markup."""

from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.records import ArmRatio, SearchResult, Verdict
from nightschool.report.html import as_html
from nightschool.report.pictures import HEIGHT, LEFT, WIDTH, evidence_chart, search_chart
from tests.unit.report.nights import NASTY, a_quiet_report, a_report, a_verdict


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, tuple(name for name, _ in attrs)))


def test_a_hostile_conversation_changes_nothing_about_the_page():
    plain, hostile = as_html(a_report(answer="12 days")), as_html(a_report(answer=NASTY))
    assert Tags(hostile).found == Tags(plain).found
    assert "script" not in {tag for tag, _ in Tags(hostile).found}
    assert "&lt;script&gt;alert(1)" in hostile


def test_nothing_is_fetched_from_anywhere():
    page = as_html(a_report())
    assert not {name for _, names in Tags(page).found for name in names} & {"src", "href", "onload", "onclick"}
    assert "default-src 'none'" in page


def test_the_page_tells_the_figures_and_draws_the_evidence():
    path = (0.5, 1.5, 3.0, 7.0)
    page = as_html(a_report(answer="12").model_copy(update={"verdict": a_verdict(path=path, evidence=1097.0)}))
    assert "365 : 1 needed" in page
    assert page.count("<polyline") == 2
    assert "Evidence 1097.0 : 1 of the 365 : 1 needed" in page
    drawing = page[page.index("<svg") : page.index("</svg>") + 6]
    assert ElementTree.fromstring(drawing).get("role") == "img"  # well-formed


def test_the_page_tells_of_budget_traffic_anchors_and_ratios():
    figures = {
        "nights": 3,
        "budget_spent": 0.25,
        "calls_saved": 40,
        "traffic_share": 0.5,
        "complete_share": 1.0,
        "anchors_good": 0.9,
        "anchors_bad": 0.1,
        "cost_usd": ArmRatio(incumbent=0.001, challenger=0.002),
    }
    report = a_report()
    page = as_html(report.model_copy(update={"verdict": report.verdict.model_copy(update=figures)}))
    for said in (
        "Night 3 of the test. This year's tests have spent 25.0 % of the false promotions that are allowed",
        "stopping early saved 40 LLM calls tonight",
        "stand for 50.0 % of the window's; 100.0 % of the pairs have two scores",
        "known good answers 0.90",
        "An answer: 0.0010 → 0.0020 USD (× 2.00)",
    ):
        assert said in page


def test_a_night_that_found_nothing_and_one_on_a_simulated_model_say_so():
    assert "The search found no prompt that beats the incumbent" in as_html(a_quiet_report())
    assert "<b>Simulated model.</b>" in as_html(a_report(models=("simulated-1",)))


def test_without_an_exam_or_an_iteration_there_is_no_picture():
    assert evidence_chart(Verdict(decision="reject", reason="")) is None
    assert search_chart(SearchResult(seed=a_report().search.seed)) is None


@given(st.lists(st.floats(-30, 700), min_size=1, max_size=400), st.floats(1.1, 1e6))
def test_the_evidence_stays_inside_of_its_frame_and_rises_when_the_wealth_does(path, needed):
    chart = evidence_chart(Verdict(decision="undecided", reason="", path=path, needed=needed))
    assert chart is not None
    places = [*chart.line, *((chart.left, tick.at) for tick in (*chart.y_ticks, chart.limit))]
    assert all(LEFT <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    assert len(chart.x_ticks) <= 8
    assert len(chart.y_ticks) <= 12
    for before, after, low, high in zip(chart.line[1:], chart.line[2:], path, path[1:], strict=False):
        assert (after[1] <= before[1]) == (high >= low) or abs(high - low) < 1e-6


@pytest.mark.parametrize(("rewards", "is_loss"), [((1.0, 0.0), True), ((0.0, 1.0), False)])
def test_losing_slices_are_drawn_to_the_left(rewards, is_loss):
    assert ('class="loss"' in as_html(a_report(rewards=(rewards, rewards)))) == is_loss
