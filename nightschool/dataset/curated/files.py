"""Curated files written: whole or not at all, as UTF-8 that people can read."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nightschool.dataset.curated.questions import TEMPLATES
from nightschool.errors import ConfigError, DataError

_BASE: dict[str, Any] = {
    "task": "",
    "expected_answer": "",
    "context": "",
    "difficulty": "medium",
    "category": "",
    "requires_reasoning": False,
}
_MORE: dict[str, dict[str, Any]] = {
    "qa": {},
    "problem": {"requires_reasoning": True, "reasoning_steps": [""]},
    "reasoning": {"requires_reasoning": True, "reasoning_type": ""},
}


def empty_entry(template: str) -> dict[str, Any]:
    """An entry with all fields of a template, to be filled in; left as it is, no night accepts it.

    Raises:
        ConfigError: there is no such template.
    """
    if template not in TEMPLATES:
        raise ConfigError(f"There is no template {template!r}.", next_step=f"Take one of {', '.join(TEMPLATES)}.")
    return _BASE | _MORE[template]


def is_untouched(entry: Any) -> bool:
    """Whether an entry is one of `empty_entry` that nobody has filled in yet."""
    return isinstance(entry, dict) and not entry.get("task") and not entry.get("expected_answer")


def write_entries(path: Path, entries: Sequence[Any]) -> None:
    """Write a curated file: beside its place first, then moved there.

    Raises:
        DataError: where it can't be written.
    """
    text = json.dumps(list(entries), ensure_ascii=False, indent=2) + "\n"
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except (OSError, UnicodeEncodeError) as error:
        raise DataError(f"{path} can't be written: {error}", next_step="Name another file.") from None
    finally:
        unfinished.unlink(missing_ok=True)
