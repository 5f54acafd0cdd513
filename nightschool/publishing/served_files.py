"""`served/<target>.json`, where `load_prompt` reads."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from nightschool.registry import Incumbent

SERVED_SCHEMA_VERSION = 1


@dataclass(frozen=True)
class ServedFiles:
    """The served files under nightschool's home."""

    home: Path

    def publish(self, incumbent: Incumbent) -> None:
        """Put the incumbent into its file in one step: a reader sees the old file or the new one, never half of one."""
        content = {
            "schema_version": SERVED_SCHEMA_VERSION,
            "target": incumbent.target,
            "version": incumbent.prompt.version,
            "text": incumbent.prompt.text,
            "promoted_at": incumbent.moved_at.isoformat(),
        }
        path = self.home / "served" / f"{incumbent.target}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.tmp")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=True, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
