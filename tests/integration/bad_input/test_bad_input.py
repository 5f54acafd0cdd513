"""What a person sees who gives `python -m flows retrain` something that can't be used: one screen, and what to type next."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from flows.command import main
from nightschool.children import free_port
from nightschool.records import Lineage, Night
from nightschool.registry import Registry
from nightschool.simulator import start_in_thread
from tests.agno_memory import converse
from tests.processes import typed

ONE_SCREEN = 24
FACTORIES = """
from agno.agent import Agent

INSTRUCTIONS = "Answer."

def build(prompt: str = "You are our desk.") -> Agent:
    return Agent(name="Desk", system_message=prompt, telemetry=False)

def takes_nothing() -> Agent:
    return build("x")

def returns_a_text(prompt: str) -> str:
    return prompt

def breaks(prompt: str = "You are our desk.") -> Agent:
    raise KeyError("DESK_TOKEN")

def without_a_first_prompt(prompt: str) -> Agent:
    return build(prompt)
"""


@pytest.fixture(scope="module")
def endpoint():
    with start_in_thread() as address:
        yield f"{address}/v1"


@pytest.fixture(scope="module")
def agno_db(tmp_path_factory):
    path = tmp_path_factory.mktemp("agno") / "agno.db"
    converse(path, [("s1", "u1", ["Where is my order?"])])
    return path


class Desk:
    """A folder with an agent's module; `retrain` types the command there."""

    def __init__(self, folder: Path, endpoint: str, agno_db: Path) -> None:
        self.folder = folder
        (folder / "desk.py").write_text(FACTORIES)
        self.options = {"agent": "desk:build", "agent-db": str(agno_db), "base-url": endpoint, "model": "simulated-1"}
        self.environment = {"OPENAI_API_KEY": "any"}

    def retrain(self, *more: str, **options: str | None) -> CompletedProcess[str]:
        given = self.options | {name.replace("_", "-"): value for name, value in options.items()}
        words = [word for name, value in given.items() if value is not None for word in (f"--{name}", value)]
        line = ["flows", "retrain", "--target", "support", *words, *more]
        environment = {**os.environ, "COLUMNS": "100", **self.environment}
        return typed(main, line, folder=self.folder, environment=environment, said=self.folder)


@pytest.fixture
def desk(tmp_path, endpoint, agno_db):
    return Desk(tmp_path, endpoint, agno_db)


def assert_refused(done: CompletedProcess[str], code: int, *words: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert len(said.splitlines()) <= ONE_SCREEN, said
    assert "Traceback" not in said
    flat = " ".join(said.split())
    for word in words:
        assert word in flat, said


def test_a_missing_database(desk):
    assert_refused(desk.retrain(agent_db="nowhere.db"), 3, "There is no file nowhere.db", "--agent-db")


def test_a_file_that_is_no_database(desk):
    assert_refused(desk.retrain(agent_db="desk.py"), 3, "desk.py is not a SQLite database", "--agent-db")


def test_a_database_that_is_not_agnos(desk):
    with contextlib.closing(sqlite3.connect(desk.folder / "shop.db")) as shop:
        shop.execute("CREATE TABLE customers (name TEXT)")
    assert_refused(desk.retrain(agent_db="shop.db"), 3, "not an Agno database", "customers", "--agent-db")


def test_a_damaged_database(desk, agno_db):
    whole = agno_db.read_bytes()
    (desk.folder / "damaged.db").write_bytes(whole[:100] + b"\0" * 8000 + whole[8100:])
    assert_refused(desk.retrain(agent_db="damaged.db"), 3, "damaged.db is damaged", ".recover")


def test_a_database_that_another_process_has_locked(desk, agno_db):
    path = desk.folder / "busy.db"
    path.write_bytes(agno_db.read_bytes())
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        assert_refused(desk.retrain(agent_db="busy.db"), 3, "busy.db is locked", "Run again")


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("no_such_module:build", ["can't be imported", "Run from the folder"]),
        ("desk:takes_nothing", ["does not take one prompt", "def build(prompt: str)"]),
        ("desk:returns_a_text", ["returned a str, not an Agno Agent or Team"]),
        ("desk:breaks", ["raised KeyError", "DESK_TOKEN"]),
        ("desk:without_a_first_prompt", ["no prompt to start from", "seed_prompt"]),
    ],
)
def test_a_factory_that_can_not_be_used(desk, agent, words):
    assert_refused(desk.retrain(agent=agent), 2, *words)


def test_no_api_key(desk):
    desk.environment = {}
    done = desk.retrain(base_url="http://models.example.invalid/v1")
    assert_refused(done, 2, "OPENAI_API_KEY is not set", ".env")


def test_a_model_that_the_endpoint_does_not_have(desk):
    assert_refused(desk.retrain(model="gpt-9"), 2, "has no model gpt-9", "simulated-1", "--model")


def test_an_endpoint_that_is_down(desk):
    address = f"http://127.0.0.1:{free_port()}/v1"
    assert_refused(desk.retrain(base_url=address), 4, address, "--base-url")


def test_an_unknown_setting(desk):
    (desk.folder / "nightschool.toml").write_text("[search]\nmax_iteration = 3\n")
    assert_refused(desk.retrain(), 2, "search.max_iteration", "there is no such setting", "search.max_iterations")


def test_a_settings_file_that_is_no_toml(desk):
    (desk.folder / "nightschool.toml").write_text("[search\n")
    assert_refused(desk.retrain(), 2, "nightschool.toml is not valid TOML")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--days", "0"], ["--days"]),
        (["--end", "2026-10-01"], ["a last day needs a first day (--start)"]),
        (["--start", "2026-10-02", "--end", "2026-10-01"], ["2026-10-01 lies before the first day 2026-10-02"]),
        (["--start", "2026-10-02", "--run-date", "2026-10-01"], ["2026-10-02 lies after the run date 2026-10-01", "--run-date"]),
        (["--start", "2026-10-02", "--days", "3"], ["either --days or --start"]),
        (["--run-date", "yesterday"], ["--run-date", "%Y-%m-%d"]),
        (["--algorithm", "grpo"], ["algorithm", "apo"]),
        (["--iterations", "0"], ["--iterations"]),
        (["--target", "Support Desk"], ["target", "lower-case"]),
        (["--bogus"], ["No such option: --bogus"]),
    ],
    ids=lambda value: "_".join(value).strip("-") if isinstance(value, list) else "",
)
def test_wrong_options(desk, options, words):
    assert_refused(desk.retrain(*options), 2, *words)


def test_a_curated_file_that_is_not_there(desk):
    desk.environment["NIGHTSCHOOL_DATA__CURATED_FILES"] = '["questions.json"]'
    assert_refused(desk.retrain(), 3, "questions.json")


def test_debug_shows_where_it_happened_and_ends_with_the_same_code(desk):
    done = desk.retrain("--debug", agent="desk:breaks")
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert "KeyError: 'DESK_TOKEN'" in done.stderr
    assert "Call it by hand" in done.stderr


def test_the_incumbent_stays_what_it_was(desk):
    with Registry(f"sqlite:///{desk.folder / '.nightschool' / 'registry.db'}") as registry:
        registry.begin(Night(target="support", run_date="2026-09-01"), "As it was.", lineage=Lineage())
    assert desk.retrain(model="gpt-9").returncode == 2
    with Registry(f"sqlite:///{desk.folder / '.nightschool' / 'registry.db'}") as registry:
        assert registry.incumbent("production", "support").text == "As it was."
