"""A night's sets as files for other programs, and its passing rollouts as chats to fine-tune a model on."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from nightschool.dataset.connection import open_memory, parquet, quoted
from nightschool.dataset.scrubbing import Scrubber
from nightschool.errors import ConfigError, DataError
from nightschool.records import ExampleSet, Record, Rollout

ExportFormat = Literal["json", "jsonl", "csv", "parquet"]
_COPY_OPTIONS: dict[ExportFormat, str] = {
    "json": "FORMAT json, ARRAY true",
    "jsonl": "FORMAT json",
    "csv": "FORMAT csv, HEADER true",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}


class Chats(Record):
    """What became of a night's rollouts: `written` are in the file, the other numbers say why the rest is not."""

    written: int
    rollouts: int
    failed: int
    held_out: int
    unknown: int
    weaker: int


def format_of(path: Path, wanted: str = "") -> ExportFormat:
    """The format that is wanted, else the one that the file's ending names.

    Raises:
        ConfigError: where neither is one of ours.
    """
    name = (wanted or path.suffix.removeprefix(".")).lower()
    for known in _COPY_OPTIONS:
        if name == known:
            return known
    raise ConfigError(f"{name or path.name!r} names no format.", next_step=f"Take one of {', '.join(_COPY_OPTIONS)}.")


def export_sets(examples: Path, sets: Sequence[ExampleSet], path: Path, form: ExportFormat) -> int:
    """Write the examples of some sets, in the order of set and id; returns how many.

    Times are ISO texts in UTC. What is nested (history, tool calls) is nested in JSON, and JSON as text elsewhere.

    Raises:
        DataError: the file can't be written.
    """
    nested = "JSON" if form in ("json", "jsonl") else "VARCHAR"
    steps = "to_json(reasoning_steps)::VARCHAR" if form == "csv" else "reasoning_steps"
    query = f"""
        SELECT * REPLACE (history::{nested} AS history, tool_calls::{nested} AS tool_calls, {steps} AS reasoning_steps,
            strftime("timestamp", '%Y-%m-%dT%H:%M:%SZ') AS "timestamp")
        FROM {parquet(examples)} WHERE "set" IN ({", ".join(map(quoted, sets))}) ORDER BY "set", example_id
    """

    def copy(place: Path) -> int:
        with open_memory() as connection:
            row = connection.execute(f"COPY ({query}) TO {quoted(str(place))} ({_COPY_OPTIONS[form]})").fetchone()
            assert row is not None
            return int(row[0])

    return _whole(path, copy)


def export_chats(rollouts: Iterable[Rollout], examples: Path, path: Path, *, min_reward: float, scrubber: Scrubber) -> Chats:
    """Write the best passing rollout of each train and validation example as one chat a line: `{"messages": […]}`.

    Held-out rollouts are never written: a model that was trained on the exam's questions can't be examined on them, and what
    is held out is so for life.

    Args:
        rollouts: of one night.
        examples: that night's `examples.parquet`.
        path: the JSONL file.
        min_reward: a rollout passes with this reward or a better one.
        scrubber: replaces personal data and secrets, as preparation does: what a tool looked up meanwhile was never scrubbed.

    Raises:
        DataError: the file can't be written.
    """
    sets = _sets_of(examples)
    best: dict[str, Rollout] = {}
    seen = Counter[str]()
    for rollout in rollouts:
        why = _why_not(rollout, sets.get(rollout.example_id), min_reward)
        seen[why or "passing"] += 1
        known = best.get(rollout.example_id)
        if not why and (known is None or _rank(rollout) < _rank(known)):
            best[rollout.example_id] = rollout
    lines = [_line(best[name], scrubber) for name in sorted(best)]
    _whole(path, lambda place: place.write_text("".join(lines), encoding="utf-8"))
    reasons = {name: seen[name] for name in ("failed", "held_out", "unknown")}
    return Chats(written=len(best), rollouts=seen.total(), weaker=seen["passing"] - len(best), **reasons)


def _why_not(rollout: Rollout, known_set: str | None, min_reward: float) -> str:
    """Why a rollout is not written, whatever the others are; empty where it may be."""
    if known_set is None:
        return "unknown"
    if known_set == "held_out":
        return "held_out"
    passed = rollout.fault is None and rollout.reward is not None and rollout.reward >= min_reward
    return "" if passed and rollout.messages else "failed"


def _rank(rollout: Rollout) -> tuple[float, int, str]:
    """The better rollout is the smaller: by reward, then the shorter one, then by the prompt's name."""
    return (-(rollout.reward or 0.0), rollout.output_tokens, rollout.prompt_version)


def _line(rollout: Rollout, scrubber: Scrubber) -> str:
    system = [{"role": "system", "content": rollout.system_message}] if rollout.system_message else []
    messages: list[dict[str, Any]] = [*system, *rollout.messages]
    (text,), _ = scrubber.scrub([json.dumps(messages, ensure_ascii=False)])
    return json.dumps({"messages": json.loads(text)}, ensure_ascii=False) + "\n"


def _sets_of(examples: Path) -> dict[str, str]:
    with open_memory() as connection:
        return dict(connection.execute(f'SELECT example_id, "set" FROM {parquet(examples)}').fetchall())


def _whole(path: Path, write: Callable[[Path], int]) -> int:
    """Write beside the file's place, then move there: a file that is there is whole."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        written = write(unfinished)
        unfinished.replace(path)
    except OSError as error:
        raise DataError(f"{path} can't be written: {error}", next_step="Name another file.") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return written
