"""Extraction against a bare scan of the same rows, and against Agno's own `get_runs`.

Both ways of reading with Agno are shown: its runs alone, which is less than extraction gives, and the same table made of them.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measuring import Measured, claim, counted, measured

_RUN_BYTES = 4_000
_REPEATS = 3
_HISTORY_RUNS = 10
_AGNO_PAGE = 1_000
_COLUMNS = (
    "run_id, session_id, run_type, agent_id, team_id, workflow_id, user_id, parent_run_id, status, run_index, run_data,"
    " created_at, updated_at"
)
_FIGURES: dict[str, Any] = {"input_tokens": 120, "output_tokens": 33, "total_tokens": 153}
_WORDS = (
    "where is my order",
    "parcel",
    "refund",
    "address",
    "đơn hàng",
    "của tôi",
    "giao",
    "tiền",
    "máy tính",
    "please",
    "change",
    "number",
)


def claims(quick: bool) -> list[dict[str, Any]]:
    """What extraction costs beside a scan (10⁶ runs; the median of three) and beside Agno (10⁵ runs); quick: 2·10⁴ for both."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            *_beside_a_scan(Path(folder), 20_000 if quick else 1_000_000),
            *_beside_agno(Path(folder), 20_000 if quick else 100_000),
        ]


def _beside_a_scan(folder: Path, runs: int) -> list[dict[str, Any]]:
    path = folder / "scanned.db"
    make_database(path, runs)
    # One after the other, again and again: whatever else this machine does is then in both.
    beside = [(_cold(scan, path), _cold(extract_all, path)) for _ in range(_REPEATS)]
    path.unlink()
    assert all(bare.value == ours.value == runs for bare, ours in beside)
    bare, ours = sorted(beside, key=lambda pair: pair[1].cpu_s / pair[0].cpu_s)[_REPEATS // 2]
    ratio, peak_mb = ours.cpu_s / bare.cpu_s, max(pair[1].peak_mb for pair in beside)
    named = f"extract {runs:,} runs of 4 KB"
    return [
        claim(
            f"{named}, on disk: CPU-s, beside a bare scan",
            ours=ours.cpu_s,
            peer=bare.cpu_s,
            ratio=ratio,
            goal="≤ 4.5 ×",
            met=ratio <= 4.5,
        ),
        claim(f"{named}: peak MB", ours=peak_mb, goal="≤ 1,000", met=peak_mb <= 1_000),
    ]


def _beside_agno(folder: Path, runs: int) -> list[dict[str, Any]]:
    path = folder / "agno.db"
    make_database(path, runs)
    ours = measured(extract_all, str(path))
    peers = {
        "Agno's get_runs, a thousand a page": measured(agno_pages, str(path)),
        "Agno's get_runs, a session at a time, and the same table of them": measured(agno_table, str(path)),
    }
    assert all(peer.value == ours.value == runs for peer in peers.values())
    return [
        claim(
            f"extract {runs:,} runs: CPU-s, beside {name}",
            ours=ours.cpu_s,
            peer=peer.cpu_s,
            ratio=peer.cpu_s / ours.cpu_s,
            goal="≥ 15 ×",
            met=peer.cpu_s / ours.cpu_s >= 15,
        )
        for name, peer in peers.items()
    ]


def _cold(work: Callable[[str], tuple[int, float]], path: Path) -> Measured:
    """Measure work on a file that is on the disk alone, as a night finds yesterday's conversations."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return measured(work, str(path))


def scan(path: str) -> tuple[int, float]:
    """Fetch the columns that extraction needs of every run, and drop them."""
    from nightschool.sources.run_sql import RUN_COLUMNS

    with closing(sqlite3.connect(path)) as connection:
        query = f"SELECT {', '.join(RUN_COLUMNS)} FROM agno_runs"
        return counted(lambda: sum(1 for _ in connection.execute(query)))


def extract_all(path: str) -> tuple[int, float]:
    """Extract every run into turns.parquet; counts its rows."""
    import duckdb  # noqa: F401 - imports are not what is measured
    import numpy as np  # noqa: F401
    import pandas as pd  # noqa: F401

    from nightschool.artifacts import FolderStore
    from nightschool.dataset import extract
    from nightschool.feedback import FeedbackBook
    from nightschool.records import DataPolicy, Window
    from nightschool.sources import open_source

    window = Window(start=datetime(2020, 1, 1, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder:
        feedback = FeedbackBook(f"sqlite:///{folder}/feedback.db")
        feedback.latest(as_of=datetime.now(UTC))
        options: dict[str, Any] = {"as_of": datetime.now(UTC), "salt": "x" * 64, "policy": DataPolicy()}
        store = FolderStore(Path(folder))
        return counted(lambda: extract(open_source(path), feedback, window, store=store, **options).turns.rows)


def agno_pages(path: str) -> tuple[int, float]:
    """Let Agno give all runs in the way that is cheapest for it, and drop them: no histories, no table."""
    from agno.db.sqlite import SqliteDb

    db = SqliteDb(db_file=path)

    def pages() -> Iterator[int]:
        page = 1
        while runs := db.get_runs(limit=_AGNO_PAGE, page=page, sort_by="created_at", sort_order="asc"):
            yield len(runs)
            page += 1

    try:
        return counted(lambda: sum(pages()))
    finally:
        db.close()


def agno_table(path: str) -> tuple[int, float]:
    """What has to be written to get our table with Agno: its runs a session at a time, each with its history, into Parquet."""
    import duckdb
    import pandas as pd
    from agno.db.sqlite import SqliteDb

    db = SqliteDb(db_file=path)
    with closing(sqlite3.connect(path)) as connection:
        sessions = [session for (session,) in connection.execute("SELECT DISTINCT session_id FROM agno_runs")]

    def written() -> int:
        table = pd.DataFrame([row for session in sessions for row in _rows_of(db.get_runs(session_id=session))])
        with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as connection:
            connection.register("table", table)
            connection.execute(f"COPY (FROM \"table\" ORDER BY run_id) TO '{folder}/turns.parquet' (COMPRESSION snappy)")
        return len(table)

    try:
        return counted(written)
    finally:
        db.close()


def _rows_of(runs: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """The main columns of our table, from the runs of one session in their order."""
    said: list[dict[str, str]] = []
    for run in runs:
        question = run.input.input_content
        yield {
            "run_id": run.run_id,
            "session_id": run.session_id,
            "created_at": datetime.fromtimestamp(run.created_at, UTC),
            "question": question,
            "answer": run.content,
            "user_id": run.user_id,
            "agent_id": run.agent_id,
            "status": str(run.status),
            "history": json.dumps(said[-2 * _HISTORY_RUNS :], ensure_ascii=False),
            "tool_calls": json.dumps([(tool.tool_name, tool.tool_args, tool.result) for tool in run.tools or ()]),
            "system_message": run.messages[0].content,
            "session_state": json.dumps(run.session_state),
            "model": run.model,
            "input_tokens": run.metrics.input_tokens,
            "output_tokens": run.metrics.output_tokens,
            "latency_s": run.metrics.duration,
        }
        said += [{"role": "user", "content": question}, {"role": "assistant", "content": run.content}]


def make_database(path: Path, runs: int) -> None:
    """An Agno 3 database, its tables made by Agno, its runs as an agent leaves them: four to a session, a tool in every sixth."""
    from agno.agent import Agent
    from agno.db.sqlite import SqliteDb

    db = SqliteDb(db_file=str(path))
    db.upsert_session(_session(Agent(id="support")))
    db._get_table(table_type="runs", create_table_if_not_found=True)
    db.close()
    draws = random.Random(20261123)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        holders = ", ".join("?" * len(_COLUMNS.split(",")))
        connection.executemany(
            f"INSERT INTO agno_runs ({_COLUMNS}) VALUES ({holders})", (_run(draws, number) for number in range(runs))
        )
        connection.commit()


def _session(agent: Any) -> Any:
    from agno.session import AgentSession

    return AgentSession(session_id="s0", agent_id=agent.id, created_at=1, updated_at=1)


def _run(draws: random.Random, number: int) -> tuple[Any, ...]:
    run_id, session, user = f"run-{draws.getrandbits(64):016x}{number}", f"session-{number // 4}", f"user{number % 9_973}"
    question, answer = _text(draws, 15) + f" {number}?", _text(draws, 40)
    moment = 1_760_000_000 + number
    run = {
        "run_id": run_id,
        "agent_id": "support",
        "session_id": session,
        "user_id": user,
        "content": answer,
        "content_type": "str",
        "model_provider_data": {"id": "c"},
        "model": "gpt-4o-mini",
        "model_provider": "OpenAI",
        "session_state": {"language": "vi"},
        "created_at": moment,
        "status": "COMPLETED",
        "metrics": _FIGURES | {"duration": draws.random(), "details": {"model": [_FIGURES | {"id": "gpt-4o-mini"}]}},
        "messages": _messages(question, answer, moment),
        "tools": [_tool(draws, number, moment)] if number % 6 == 0 else [],
        "input": {"input_content": question},
    }
    missing = _RUN_BYTES - len(json.dumps(run))
    run["references"] = [{"query": question, "references": [{"content": "x" * max(missing, 0)}]}]
    owner = (session, "agent", "support", None, None, user, None, "COMPLETED", number % 4)
    return (run_id, *owner, json.dumps(run), moment, moment)


def _messages(question: str, answer: str, moment: int) -> list[dict[str, Any]]:
    """As Agno 3 keeps them."""
    said = (("system", "You are the desk. " + "Be kind and exact. " * 40), ("user", question), ("assistant", answer))
    always: dict[str, Any] = {"from_history": False, "stop_after_tool_call": False, "created_at": moment}
    messages: list[dict[str, Any]] = [
        {"id": f"{moment}-{role}", "content": content, "role": role} | always for role, content in said
    ]
    messages[-1].update(provider_data={"id": "c"}, metrics=_FIGURES | {"duration": 0.09})
    return messages


def _tool(draws: random.Random, number: int, moment: int) -> dict[str, Any]:
    """A tool's call as Agno 3 keeps it."""
    call: dict[str, Any] = {"tool_call_id": f"call_{number}", "tool_name": "find_order", "tool_args": {"number": f"A-{number}"}}
    told: dict[str, Any] = {
        "result": _text(draws, 30),
        "metrics": {"start_time": moment, "end_time": moment + 1, "duration": 1.0},
    }
    return call | told | {"tool_call_error": False, "stop_after_tool_call": False, "created_at": moment}


def _text(draws: random.Random, words: int) -> str:
    return " ".join(draws.choices(_WORDS, k=words))
