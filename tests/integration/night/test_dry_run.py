"""`--dry-run`: the user's checklist, before a cent is spent and without a trace in what is served."""

from __future__ import annotations

import hashlib
import re

import pytest
from typer.testing import CliRunner

from flows.command import app
from tests.integration.night.conftest import FIRST_DAY, SECOND_DAY, TARGET

CHECKLIST = (
    "API key set",
    "Dependencies installed",
    "At least 50 training and 20 validation examples",
    "Initial prompt written",
    "Reward configured",
    "Settings reviewed",
)


@pytest.fixture
def dry_run(monkeypatch, tmp_path):
    """Type the command with `--dry-run` in a home; what it prints, and its exit code."""

    def run(home, *options, **environment):
        monkeypatch.chdir(tmp_path)
        for name, value in (home.environment | {"COLUMNS": "300"} | environment).items():
            monkeypatch.setenv(name, value)
        words = ["retrain", "--dry-run", "--days", "1", *options]
        return CliRunner().invoke(app, words if "--run-date" in options else [*words, "--run-date", FIRST_DAY.isoformat()])

    return run


def test_the_users_checklist_is_ticked_and_a_run_could_start(dry_run, new_home):
    home = new_home()
    done = dry_run(home)
    assert done.exit_code == 0, done.output
    lines = {line[2:].split("  ")[0].strip(): line[0] for line in done.output.splitlines() if line[:1] in "✓✗"}
    assert {lines[name] for name in CHECKLIST} == {"✓"}
    assert "turns from 2026-09-29" in done.output  # a short night also reads the two days before it
    assert "A run could start." in done.output
    assert "At most " in done.output


def test_a_night_takes_no_more_than_was_said_of_it(dry_run, new_home, first_night):
    said = re.search(r"At most (\d+) rollouts, (\d+) LLM calls, \$([\d.]+);", dry_run(new_home()).output)
    calls, cost_usd = int(said[2]), float(said[3])
    took = first_night.home.report()
    assert took.judge.graded > 0, "the judge's trial is a part of what it took"
    assert took.total_calls <= calls
    assert took.cost_usd <= cost_usd


def test_nothing_is_asked_and_nothing_is_written(dry_run, new_home):
    home = new_home()
    asked, database = home.desk.counts()["total"], home.desk.digest()
    dry_run(home)
    assert home.desk.counts()["total"] == asked
    assert home.desk.digest() == database
    assert home.incumbent() == ""
    assert not any((home.path / name).exists() for name in ("artifacts", "served", "reports", "prefect", "journal.db"))


def test_the_live_registry_and_ledger_stay_as_they_are(dry_run, home):
    before, served = registry_digest(home), home.incumbent()
    done = dry_run(home, "--run-date", SECOND_DAY.isoformat())
    assert done.exit_code == 0, done.output
    assert "incumbent " in done.output
    assert (registry_digest(home), home.incumbent()) == (before, served)


@pytest.mark.parametrize(
    ("options", "environment", "code", "crossed"),
    [
        ([], {"NIGHTSCHOOL_DATA__MIN_TRAIN": "5000"}, 1, "At least 5000 training"),
        (["--agent-db", "nowhere.db"], {}, 3, "Conversations can be read"),
        (["--agent", "nowhere:build"], {}, 2, "Agent factory builds an agent"),
        (["--model", "gpt-9"], {}, 2, "Model endpoint has the models"),
        ([], {"NIGHTSCHOOL_TRACING__OTLP_ENDPOINT": "http://127.0.0.1:9/v1/traces"}, 2, "OTLP endpoint answers"),
        (["--store-url", "http://127.0.0.1:9"], {}, 2, "Trace store answers"),
        ([], {"NIGHTSCHOOL_DATA__CURATED_FILES": '["nowhere.json"]'}, 3, "At least 50 training"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_stop_a_run_is_crossed_with_the_next_step(dry_run, new_home, options, environment, code, crossed):
    done = dry_run(new_home(), *options, **environment)
    assert done.exit_code == code, done.output
    assert [line for line in done.output.splitlines() if line.startswith("✗") and line[1:].strip().startswith(crossed)], (
        done.output
    )
    assert "A run could not start." in done.output
    assert "Traceback" not in done.output
    assert len(done.output.splitlines()) <= 24, done.output


def registry_digest(home):
    """What the registry holds, row by row."""
    with home.registry() as registry:
        held = [
            registry.history("production", TARGET),
            registry.verdicts("production", TARGET),
            registry.ledger("production", TARGET),
        ]
    return hashlib.sha256(repr(held).encode()).hexdigest()
