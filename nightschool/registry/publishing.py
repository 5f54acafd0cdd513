"""Publishing: the incumbents that promotions still owe to the agents are written where `load_prompt` reads them."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path

from nightschool.errors import PromotionError
from nightschool.registry.entries import Incumbent
from nightschool.registry.store import Registry

SERVED_SCHEMA_VERSION = 1


def publish_pending(registry: Registry, home: Path) -> tuple[Path, ...]:
    """Write `served/<target>.json` for each target whose promotion was not published yet; again is harmless.

    A target that can't be written does not keep the others from being published, and stays pending.

    Args:
        registry: whose outbox is drained.
        home: nightschool's home folder, under which `served/` lies.

    Returns:
        The files that were written.

    Raises:
        PromotionError: naming the targets that could not be published.
    """
    written: list[Path] = []
    failed: list[str] = []
    for track, target in dict.fromkeys((item.track, item.target) for item in registry.pending("publish")):
        path = home / "served" / f"{target}.json"
        try:
            registry.publish(track, target, functools.partial(write_served, path=path))
        except OSError as error:
            failed.append(f"{target} ({error})")
        else:
            written.append(path)
    if failed:
        raise PromotionError(
            f"Promoted, but not published: {', '.join(failed)}. Agents still get the prompt before.",
            next_step="Make the folder writable, then run `nightschool history` or the night again: both publish what is owed.",
        )
    return tuple(written)


def write_served(incumbent: Incumbent, path: Path) -> None:
    """Put the incumbent into a file in one step: a reader sees the old file or the new one, never half of one."""
    content = {
        "schema_version": SERVED_SCHEMA_VERSION,
        "target": incumbent.target,
        "version": incumbent.prompt.version,
        "text": incumbent.prompt.text,
        "promoted_at": incumbent.moved_at.isoformat(),
    }
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
