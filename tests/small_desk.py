"""A desk without a model: an agent that is never asked, and a file with one turn for each moment."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

FIRST_PROMPT = "Answer."


def move_in(folder: Path, monkeypatch: pytest.MonkeyPatch, days: Iterable[date]) -> None:
    """Work in the folder from now on, with the desk's settings in the environment and a turn at ten o'clock of each day."""
    module = types.ModuleType("a_desk")
    module.build = lambda prompt: None  # type: ignore[attr-defined]  # that is what makes it a desk
    monkeypatch.setitem(sys.modules, "a_desk", module)
    monkeypatch.chdir(folder)
    say(folder, days)
    settings = {"HOME": str(folder), "TARGET": "support", "AGENT": "a_desk:build", "AGENT_DB": "said.jsonl"}
    for name, value in {**settings, "SEED_PROMPT": FIRST_PROMPT}.items():
        monkeypatch.setenv(f"NIGHTSCHOOL_{name}", value)


def say(folder: Path, days: Iterable[date]) -> None:
    """Replace what was said."""
    moments = [datetime.combine(day, time(10), UTC).isoformat() for day in days]
    rows = [{"user_message": f"Why {moment}?", "agent_response": "So.", "timestamp": moment} for moment in moments]
    (folder / "said.jsonl").write_text("\n".join(map(json.dumps, rows)))
