"""The demo's calendar: a night, the next night, and nights that were interrupted or had no data."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from demo import night
from demo.day import Answered
from demo.desks import Desk
from tests.unit.report.nights import a_report


@pytest.fixture
def lived(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What happened, in order; the day is answered at once and the night ends with what `codes` says."""
    happened: list[str] = []

    def answer_day(build_agent: Any, sessions: Any, database: Path, day: date, tell: Any) -> list[Answered]:
        happened.append(f"day {day}")
        return []

    def retrain(base_url: str, day: date, home: Path) -> int:
        happened.append(f"night {day}")
        return codes.pop(0)

    codes = [0, 4, 0]
    monkeypatch.setattr(night, "answer_day", answer_day)
    monkeypatch.setattr(night, "_retrain", retrain)
    monkeypatch.setenv("URL_OF_THE_FAKE", "")
    return happened


@contextlib.contextmanager
def no_model(log: Path) -> Iterator[str]:
    yield "http://127.0.0.1:9/v1"


def a_desk(**fields: Any) -> Desk:
    known = {
        "name": "fake",
        "first_line": "A fake desk.",
        "factory": "demo.simulated:build_agent",
        "seed_prompt": "Be kind.",
        "url_variable": "URL_OF_THE_FAKE",
        "settings": 'target = "support"\n',
        "start_model": no_model,
        "people": lambda day: ((), None),
        "truth": len,
    }
    return Desk(**(known | fields))


def test_the_next_demo_is_the_next_night_and_a_failed_night_goes_on(lived: list[str], tmp_path: Path) -> None:
    assert [night.run_demo(a_desk(), tmp_path) for _ in range(3)] == [0, 4, 0]

    # The second day is not answered again; its night is tried again.
    assert lived == ["day 2026-10-01", "night 2026-10-01", "day 2026-10-02", "night 2026-10-02", "night 2026-10-02"]
    assert night.last_day(tmp_path) == date(2026, 10, 2)


def test_a_night_without_data_is_no_error_of_the_demo(lived: list[str], tmp_path: Path) -> None:
    assert night.run_demo(a_desk(), tmp_path) == 0
    assert night.night_report(date(2026, 10, 1), tmp_path) is None


def test_the_ground_truth_is_that_of_both_prompts() -> None:
    report = a_report()
    assert night.true_qualities(len, report) == (len(report.incumbent_text), len(report.challenger_text))
