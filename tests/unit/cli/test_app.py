"""The frame around the commands: errors, exit codes, help, start-up."""

import os
import subprocess
import sys

import pytest

from nightschool.cli.epilogs import exit_codes
from nightschool.errors import BudgetExhausted, ConfigError, DataError, NightschoolError, NoData, PromotionError

HEAVY = ["agno", "duckdb", "numpy", "openai", "pandas", "prefect", "pydantic", "scipy", "sqlalchemy"]


def test_an_error_is_one_screen_without_a_traceback(cli):
    refused = cli("history")
    assert refused.stdout == ""
    assert "Traceback" not in refused.stderr
    assert refused.stderr.startswith("Error: ")
    assert "\nNext:  " in refused.stderr


def test_debug_lets_the_traceback_through(cli):
    assert isinstance(cli("--debug", "history").exception, ConfigError)


@pytest.mark.parametrize("error", [NightschoolError, ConfigError, DataError, NoData, BudgetExhausted, PromotionError])
def test_each_error_ends_a_command_with_its_own_exit_code(cli, monkeypatch, error):
    def fail(**_):
        raise error("It broke.")

    monkeypatch.setattr("nightschool.settings.load_settings", fail)
    ended = cli("history")
    assert ended.exit_code == error.exit_code
    assert ended.stderr == "Error: It broke.\n"


def test_an_interrupt_is_no_error(cli, monkeypatch):
    def interrupt(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr("nightschool.settings.load_settings", interrupt)
    assert cli("history").exit_code == 130


def test_help_ends_with_the_table_of_exit_codes(cli):
    lines = " ".join(cli("--help").output.split())
    for code, meaning in exit_codes().items():
        assert f"{code} {meaning}" in lines
    assert list(exit_codes()) == [0, 1, 2, 3, 4, 5, 6, 130]


@pytest.mark.parametrize("command", ["history", "show", "diff", "rate", "doctor"])
def test_each_command_explains_itself_with_examples(cli, command):
    shown = cli(command, "--help")
    assert shown.exit_code == 0
    assert f"$ nightschool {command}" in shown.output or "doctor --json" in shown.output


@pytest.mark.parametrize("command", ["prepare", "explain", "new", "add", "validate", "stats", "export"])
def test_each_command_about_data_explains_itself_with_examples(cli, command):
    shown = cli("dataset", command, "--help")
    assert shown.exit_code == 0
    assert f"$ nightschool dataset {command}" in shown.output


def test_wrong_usage_is_2(cli):
    assert cli("no-such-command").exit_code == 2
    assert cli("rate", "run-1", "9").exit_code == 2
    assert cli("rate", "run-1").exit_code == 2


def test_the_version_is_shown(cli):
    assert cli("--version").output.startswith("nightschool 0.")


def test_help_starts_fast():
    script = f"""
import sys
sys.argv = ["nightschool", "--help"]
from nightschool.cli import main
try:
    main()
finally:
    print("IMPORTED", [name for name in {HEAVY!r} if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "IMPORTED []"


def test_the_shell_completes_commands():
    environment = {**os.environ, "_NIGHTSCHOOL_COMPLETE": "complete_bash", "COMP_WORDS": "nightschool hi", "COMP_CWORD": "1"}
    script = "import sys; sys.argv = ['nightschool']; from nightschool.cli import main; main()"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False)
    assert "history" in run.stdout
