"""What a night is started with: precedence, the window, and how steps of a search reach the settings."""

from datetime import date, datetime

import pytest
from pydantic import ValidationError

from nightschool.errors import ConfigError
from nightschool.registry import Registry
from tasks.parameters import AdvancedParameters, DecideParameters, RetrainParameters

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
        ({"days": 3}, "2026-11-18", "2026-11-21"),
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


def test_advanced_parameters_may_stand_beside_the_others_and_win():
    flat = RetrainParameters(track="trial", model="m", advanced={"model": "n", "agent_db": "x.db"})
    assert flat.advanced == AdvancedParameters(track="trial", model="m", agent_db="x.db")
    assert (flat.settings().track, flat.settings().models.model, flat.settings().agent_db) == ("trial", "m", "x.db")
    assert RetrainParameters.model_validate(flat.model_dump()) == flat


def test_the_budget_of_one_night_is_bounded_and_wins(monkeypatch):
    monkeypatch.setenv("NIGHTSCHOOL_BUDGET__MAX_COST_USD", "3")
    assert RetrainParameters(budget_usd=0.5).settings().budget.max_cost_usd == 0.5
    assert RetrainParameters().settings().budget.max_cost_usd == 3
    for beyond in (0, -1, 10_001):
        with pytest.raises(ValidationError):
            RetrainParameters(budget_usd=beyond)


def form_of(model):
    return {name: field for schema in [model.model_json_schema()] for name, field in schema["properties"].items()}


@pytest.mark.parametrize("model", [RetrainParameters, AdvancedParameters, DecideParameters])
def test_each_field_of_a_form_says_what_it_is(model):
    assert all(field.get("title") and field.get("description") for field in form_of(model).values())


def test_the_form_has_choices_and_date_pickers(folder, monkeypatch):
    monkeypatch.setenv("NIGHTSCHOOL_TARGET", "support")
    with Registry(f"sqlite:///{folder / '.nightschool' / 'registry.db'}") as registry:
        registry.by_hand.adopt("production", "support/math", "Count.", reason="new")
        registry.by_hand.adopt("trial", "support/code", "Write.", reason="new")
    form = form_of(RetrainParameters)
    assert (form["target"]["enum"], form["target"]["default"]) == (["support", "support/math"], "support")
    assert (form["run_date"]["type"], form["run_date"]["format"]) == ("string", "date")
    assert (form["budget_usd"]["exclusiveMinimum"], form["budget_usd"]["maximum"]) == (0, 10_000)
    assert form["strategy"]["enum"] == ["single", "per_domain", "progressive"]
    assert (form["strategy"]["default"], form["iterations"]["default"]) == ("single", 3)
    assert "default" not in form["days"], "it would contradict a first day"
    assert form_of(DecideParameters)["decision"]["enum"] == ["approve", "decline"]


def test_making_a_form_makes_no_files_and_bears_wrong_settings(folder):
    assert form_of(RetrainParameters)["target"]["enum"] == ["default"]
    (folder / "nightschool.toml").write_text("no_such_setting = 1\n")
    assert "enum" not in form_of(RetrainParameters)["target"]
    assert [file.name for file in folder.iterdir()] == ["nightschool.toml"]
