"""What operating costs beside the models: `python -m benchmarks.operations [--quick]`. The last line is `{"claims": […]}`.

A night of the simulated desk is held once, then again with nothing to do; a backfill of thirty days likewise. All figures
are CPU seconds of the process alone, after its imports, but for the one of a whole command, which is wall-clock time; what its
two processes took of the processors is printed below. What the first run of a kind has imported, the second one imports before
its clock starts. Python keeps its bytecode in these processes, as it does unless `PYTHONDONTWRITEBYTECODE` forbids it: without
it every import is compiled anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # `python benchmarks/operations.py` finds its neighbours too; the folder itself must not: it would hide other packages' names.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.measuring import claim, counted, measured

DAY = date(2026, 10, 1)
QUIET_RANGE = date(2026, 8, 1)
DATES = 30
SESSIONS, QUICK_SESSIONS = 300, 80
NIGHT_OF_CALLS_S = 300.0
SETTINGS = {
    "OPENAI_API_KEY": "simulated",
    "AGNO_TELEMETRY": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "NIGHTSCHOOL_TARGET": "support",
    "NIGHTSCHOOL_AGENT": "demo.simulated:build_agent",
    "NIGHTSCHOOL_ROLLOUTS__SAFE_TOOLS": '["calculator", "order_status"]',
    "NIGHTSCHOOL_MODELS__MODEL": "simulated-1",
    "NIGHTSCHOOL_SEARCH__MAX_ITERATIONS": "1",
    "NIGHTSCHOOL_SEARCH__BEAM_WIDTH": "1",
    "NIGHTSCHOOL_SEARCH__BRANCH_FACTOR": "1",
    "NIGHTSCHOOL_SEARCH__RACES": "[8]",
    "NIGHTSCHOOL_DATA__MIN_TRAIN": "10",
    "NIGHTSCHOOL_DATA__MIN_VALIDATION": "4",
    "NIGHTSCHOOL_DATA__MIN_HELD_OUT": "4",
    "NIGHTSCHOOL_DATA__PLAUSIBLE_GAIN": "1.0",
}


def main() -> int:
    """Measure, print a table, and the claims as one line; exit status 1 where one was missed."""
    quick = "--quick" in sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, _desk(Path(folder), QUICK_SESSIONS if quick else SESSIONS) as home:
        found = _claims(home)
    for one in found:
        print(f"{'yes' if one['met'] else 'NO ':4}{one['claim']}: {one['ours']} (goal {one['goal']})")
    print(json.dumps({"claims": found}))
    return int(any(not one["met"] for one in found))


def _claims(home: Path) -> list[dict[str, Any]]:
    from flows.embedded import prefect_server

    with prefect_server(home):
        first, again = measured(hold_night), measured(hold_night_again)
        dates, done = measured(go_through), measured(go_through_again)
    _command()  # what only the command imports is compiled here
    command_s, command_cpu_s = _command()
    print(f"The whole command took {command_s:.1f} s, and of the processors {command_cpu_s:.1f} s.")
    return [
        _at_most("cached night on a running server, CPU s after imports", again.cpu_s, 2.0),
        _at_most("cached night with a private server on a migrated database, s in all", command_s, 12.0),
        _at_most("orchestration of a night whose calls take 5 minutes, share", again.cpu_s / NIGHT_OF_CALLS_S, 0.03),
        _at_most("backfill of 30 cached dates, CPU s a date", done.cpu_s / DATES, 0.2),
        _at_most("memory of a flow process, MB", max(one.peak_mb for one in (first, again, dates)), 500.0),
        _at_most("a date without data, CPU s", dates.cpu_s / DATES, 1.0),
    ]


def hold_night() -> tuple[str, float]:
    """The night of the desk's day; the name of its end, and its CPU seconds."""
    from flows.retrain import retrain
    from tasks.parameters import RetrainParameters

    parameters = RetrainParameters(run_date=DAY, days=1)
    state, cpu_s = counted(lambda: asyncio.run(retrain(parameters, return_state=True)))  # type: ignore[arg-type]  # a coroutine
    _note_imports("night")
    return state.name, cpu_s


def hold_night_again() -> tuple[str, float]:
    """The same, with nothing to do and nothing to import."""
    _import_what_was("night")
    return hold_night()


def go_through() -> tuple[str, float]:
    """Thirty days on which nothing was said; the name of the backfill's end, and its CPU seconds."""
    from flows.backfill import backfill
    from tasks.backfill_parameters import BackfillParameters

    parameters = BackfillParameters(start=QUIET_RANGE, end=QUIET_RANGE + timedelta(days=DATES - 1), days=1)
    state, cpu_s = counted(lambda: asyncio.run(backfill(parameters, return_state=True)))  # type: ignore[arg-type]  # a coroutine
    _note_imports("backfill")
    return state.name, cpu_s


def go_through_again() -> tuple[str, float]:
    """The same, with nothing to do and nothing to import."""
    _import_what_was("backfill")
    return go_through()


def _note_imports(of: str) -> None:
    names = [name for name, module in sys.modules.items() if getattr(module, "__spec__", None) is not None]
    _noted(of).write_text("\n".join(names), encoding="utf-8")


def _import_what_was(of: str) -> None:
    for name in _noted(of).read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ImportError, AttributeError):  # some stand in for others, and can't be imported by name
            importlib.import_module(name)


def _noted(of: str) -> Path:
    return Path(os.environ["NIGHTSCHOOL_HOME"]) / f"imports-of-{of}.txt"


def _command() -> tuple[float, float]:
    """Wall-clock and CPU seconds of the whole command, imports and private server included."""
    line = [sys.executable, "-m", "flows", "retrain", "--run-date", DAY.isoformat(), "--days", "1"]
    begun, before = time.perf_counter(), os.times()
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
    wall_s, after = time.perf_counter() - begun, os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return wall_s, cpu_s


def _at_most(name: str, ours: float, goal: float) -> dict[str, Any]:
    return claim(name, ours=ours, goal=f"≤ {goal:g}", met=ours <= goal)


@contextlib.contextmanager
def _desk(home: Path, sessions: int) -> Iterator[Path]:
    """A day of conversations and a simulated model, named by the environment of this process and its children."""
    from nightschool.simulator import SimulatorSettings, start_in_thread
    from tests.simulated_desk import write_day

    write_day(home / "agno.db", f"sqlite:///{home / 'feedback.db'}", DAY, sessions=sessions)
    with start_in_thread(SimulatorSettings(seed=1)) as endpoint:
        address = {"NIGHTSCHOOL_DEMO_MODEL_URL": f"{endpoint}/v1", "NIGHTSCHOOL_MODELS__BASE_URL": f"{endpoint}/v1"}
        places = {"NIGHTSCHOOL_HOME": str(home), "NIGHTSCHOOL_AGENT_DB": str(home / "agno.db")}
        os.environ.update(SETTINGS | address | places)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(home / "bytecode")
        yield home


if __name__ == "__main__":
    raise SystemExit(main())
