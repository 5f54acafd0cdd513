"""`doctor` says what is set, by whom, and what is missing; and touches nothing."""

import json

import pytest

from nightschool.settings import Settings
from nightschool.simulator import SimulatorSettings, start_in_thread


@pytest.fixture
def examine(cli):
    def run(*arguments):
        ended = cli(*arguments, "doctor", "--json")
        content = json.loads(ended.stdout)
        settings = {row["name"]: row for row in content["settings"]}
        return ended.exit_code, settings, {row["name"]: row for row in content["checks"]}

    return run


def test_every_setting_is_listed_with_its_source(examine, folder, monkeypatch):
    (folder / "nightschool.toml").write_text('target = "from-toml"\ntimezone = "Asia/Ho_Chi_Minh"\n[search]\nbeam_width = 4\n')
    (folder / ".env").write_text("NIGHTSCHOOL_TARGET=from-dotenv\nNIGHTSCHOOL_SEARCH__BRANCH_FACTOR=5\n")
    monkeypatch.setenv("NIGHTSCHOOL_SEARCH__N_RUNNERS", "3")
    _, settings, _ = examine("--home", folder / "elsewhere")
    found = {name: (row["value"], row["source"]) for name, row in settings.items()}
    assert found["home"] == (str(folder / "elsewhere"), "command line")
    assert found["search.n_runners"] == ("3", "environment")
    assert found["target"] == ("from-dotenv", ".env")
    assert found["search.branch_factor"] == ("5", ".env")
    assert found["timezone"] == ("Asia/Ho_Chi_Minh", "nightschool.toml")
    assert found["search.beam_width"] == ("4", "nightschool.toml")
    assert found["search.max_iterations"] == ("3", "default")
    sections = {"data", "models", "grading", "search", "gate", "budget", "tracing"}
    assert {name.split(".")[0] for name in settings} == set(Settings.model_fields)
    assert sections <= {name.split(".")[0] for name in settings if "." in name}


def test_an_alias_is_the_setting(examine, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("NIGHTSCHOOL_MODELS__BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("NIGHTSCHOOL_AGENT_DB", "agent.db")
    _, settings, _ = examine()
    assert settings["openai_api_key"]["source"] == settings["agent_db"]["source"] == "environment"


def test_no_secret_is_shown(cli, folder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("NIGHTSCHOOL_JOURNAL_URL", "postgresql+psycopg://ana:very-secret@db.example/night?sslmode=require")
    monkeypatch.setenv("NIGHTSCHOOL_MODELS__BASE_URL", "http://127.0.0.1:9/v1")
    for arguments in (["doctor"], ["doctor", "--json"]):
        shown = cli(*arguments).output
        assert "very-secret" not in shown
        assert "ana:********@db.example" in shown


def test_a_new_folder_is_healthy_and_stays_empty(examine, folder):
    code, _, checks = examine()
    assert code == 0
    assert {name: check["state"] for name, check in checks.items()} == {
        "settings": "ok",
        "home": "ok",
        "registry": "skipped",
        "feedback": "skipped",
        "agent": "skipped",
        "agent database": "skipped",
        "model endpoint": "skipped",
        "trace endpoints": "skipped",
    }
    assert list(folder.iterdir()) == []


def test_a_home_in_use_tells_what_it_holds(cli, examine, versions):
    cli("rate", "run-1", "5")
    _, _, checks = examine()
    assert checks["registry"]["detail"] == f"incumbent of default: {versions[2]}; 2 to be published"
    assert checks["feedback"]["detail"] == "rated runs: 1"


@pytest.mark.parametrize(
    ("name", "value", "check", "code"),
    [
        ("NIGHTSCHOOL_HOME", "/dev/null/home", "home", 2),
        ("NIGHTSCHOOL_REGISTRY_URL", "sqlite:////dev/null/registry.db", "registry", 2),
        ("NIGHTSCHOOL_AGENT", "no.such:factory", "agent", 2),
        ("NIGHTSCHOOL_AGENT_DB", "no-such.db", "agent database", 3),
        ("NIGHTSCHOOL_MODELS__BASE_URL", "http://127.0.0.1:9/v1", "model endpoint", 4),
        ("NIGHTSCHOOL_STORE_URL", "http://127.0.0.1:9", "trace endpoints", 2),
        ("NIGHTSCHOOL_TRACING__OTLP_ENDPOINT", "http://127.0.0.1:9/v1/traces", "trace endpoints", 2),
    ],
)
def test_what_is_broken_is_found_and_sets_the_exit_code(examine, monkeypatch, name, value, check, code):
    monkeypatch.setenv(name, value)
    ended, _, checks = examine()
    assert checks[check]["state"] == "failed"
    assert checks[check]["next_step"]
    assert ended == code


def test_a_wrong_setting_is_shown_with_its_source(examine, folder):
    (folder / "nightschool.toml").write_text("tyop = 1\n[search]\nbeam_width = 99\nbeam_widht = 2\n")
    code, settings, checks = examine()
    assert code == 2
    assert "tyop: there is no such setting" in checks["settings"]["detail"]
    assert settings["search.beam_width"]["value"] == "99"
    for unknown in ("tyop", "search.beam_widht"):
        assert (settings[unknown]["value"], settings[unknown]["source"]) == ("(no such setting)", "nightschool.toml")


def test_a_settings_file_that_is_no_toml_is_named(examine, folder):
    (folder / "nightschool.toml").write_text("[[[")
    code, settings, checks = examine()
    assert code == 2
    assert "not valid TOML" in checks["settings"]["detail"]
    assert settings["target"]["source"] == "default"


def test_the_tables_are_for_people(cli, folder):
    shown = cli("doctor").output
    assert "✓  settings" in shown
    assert "search.beam_width" in shown


def test_every_model_in_use_is_looked_for(examine, monkeypatch):
    with start_in_thread(SimulatorSettings(models=("large", "small"))) as url:
        monkeypatch.setenv("NIGHTSCHOOL_MODELS__BASE_URL", f"{url}/v1")
        monkeypatch.setenv("NIGHTSCHOOL_MODELS__MODEL", "large")
        _, _, healthy = examine()
        monkeypatch.setenv("NIGHTSCHOOL_MODELS__JUDGE_MODEL", "medium")
        code, _, checks = examine()
    assert healthy["model endpoint"]["detail"] == f"{url}/v1: large"
    assert (code, checks["model endpoint"]["state"]) == (2, "failed")
    assert "has no model medium" in checks["model endpoint"]["detail"]
