"""Prompt versions: a text is kept once, under the name that its content gives it, and never changed."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import TYPE_CHECKING

from nightschool.errors import ConfigError, PromotionError
from nightschool.records import Lineage, PromptVersion, version_of
from nightschool.registry.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row


def add(connection: Connection, text: str, lineage: Lineage, at: datetime) -> PromptVersion:
    """Keep a text; the same text twice is the same version, with the lineage that it had first."""
    name = version_of(text)
    if (known := find(connection, name)) is not None:
        return known
    row = {"version": name, "text": text, "created_at": at.isoformat(), "lineage": lineage.model_dump_json()}
    connection.execute(tables().versions.insert(), row)
    return PromptVersion(version=name, text=text, created_at=at, lineage=lineage)


def find(connection: Connection, version: str) -> PromptVersion | None:
    """The version with exactly this name."""
    versions = tables().versions
    row = connection.execute(versions.select().where(versions.c.version == version)).one_or_none()
    return None if row is None else _read(row)


def get(connection: Connection, version: str) -> PromptVersion:
    """The version with exactly this name, which must be there.

    Raises:
        PromotionError: where it is not.
    """
    found = find(connection, version)
    if found is None:
        raise PromotionError(f"The registry has no prompt version {version!r}.", next_step="Add the version first.")
    return found


def by_prefix(connection: Connection, prefix: str) -> PromptVersion:
    """The one version whose name begins so.

    Raises:
        ConfigError: where none or several do; it names the ones that are meant, perhaps.
    """
    import sqlalchemy as sa

    versions = tables().versions
    names = list(connection.execute(sa.select(versions.c.version).order_by(versions.c.created_at.desc())).scalars())
    matching = [name for name in names if prefix and name.startswith(prefix.lower())]
    if len(matching) == 1:
        return get(connection, matching[0])
    if matching:
        raise ConfigError(
            f"{len(matching)} prompt versions begin with {prefix!r}: {', '.join(matching[:5])}.",
            next_step="Type one more letter of the one that you mean.",
        )
    close = difflib.get_close_matches(prefix, names, n=3, cutoff=0.4) or names[:3]
    raise ConfigError(
        f"No prompt version begins with {prefix!r}.",
        next_step=f"Did you mean {' or '.join(close)}? `nightschool history` lists them." if close else "None was stored yet.",
    )


def _read(row: Row[tuple[str, ...]]) -> PromptVersion:
    return PromptVersion(
        version=row.version,
        text=row.text,
        created_at=datetime.fromisoformat(row.created_at),
        lineage=Lineage.model_validate_json(row.lineage),
    )
