"""What a night is started with: precedence, the window, and how steps of a search reach the settings."""

from datetime import date, datetime

import pytest
from pydantic import ValidationError

from nightschool.errors import ConfigError
from tasks.parameters import RetrainParameters

RUN_DATE = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_line_wins_over_environment_and_file(folder, monkeypatch):
    (folder / "nightschool.toml").write_text('target = "filed"\n[search]\nmax_iterations = 2\nbeam_width = 5\n')
    monkeypatch.setenv("NIGHTSCHOOL_SEARCH__MAX_ITERATIONS", "4")
    monkeypatch.setenv("NIGHTSCHOOL_MODELS__MODEL", "from-the-environment")
    settings = RetrainParameters(iterations=7, model="given").settings()
    assert (settings.target, settings.search.max_iterations, settings.search.beam_width) == ("filed", 7, 5)
    assert settings.models.model == "given"
    assert RetrainParameters().settings().search.max_iterations == 4


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        ({}, "2026-10-22", "2026-11-21"),
        ({"days": 1}, "2026-11-20", "2026-11-21"),
        ({"start": date(2026, 11, 20)}, "2026-11-19", "2026-11-21"),
        ({"start": date(2026, 11, 1), "end": date(2026, 11, 2)}, "2026-10-31", "2026-11-02"),
    ],
)
def test_a_window_is_whole_local_days_in_utc(given, start, end, monkeypatch):
    monkeypatch.setenv("NIGHTSCHOOL_TIMEZONE", "Asia/Ho_Chi_Minh")
    parameters = RetrainParameters(**given)
    window = parameters.window(parameters.settings(), RUN_DATE)
    midnights = [datetime.fromisoformat(f"{day}T17:00:00Z") for day in (start, end)]
    assert [window.start, window.end] == midnights


def test_a_first_day_after_the_run_date_is_a_wrong_option():
    parameters = RetrainParameters(start=date(2026, 11, 22))
    with pytest.raises(ConfigError, match="2026-11-22 lies after the run date 2026-11-21"):
        parameters.window(parameters.settings(), RUN_DATE)


@pytest.mark.parametrize(
    "given",
    [
        {"days": 0},
        {"days": 10**6},
        {"end": RUN_DATE},
        {"start": RUN_DATE, "days": 2},
        {"start": RUN_DATE, "end": date(2026, 1, 1)},
        {"iterations": 0},
        {"algorithm": "grpo"},
        {"iteration": 3},
    ],
    ids=str,
)
def test_what_can_not_be_meant_is_refused(given):
    with pytest.raises(ValidationError):
        RetrainParameters(**given)
