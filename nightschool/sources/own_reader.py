"""A site's own source, named in the settings as `package.module:object`."""

from __future__ import annotations

import importlib

from nightschool.errors import ConfigError
from nightschool.sources.base import ColumnarSource, ConversationSource

_NEXT = 'Name a class or function of (agent_db, agent_id): NIGHTSCHOOL_SOURCE__READER="package.module:object"'
_NEEDED = ("description", "count", "holdings")


def open_own_reader(name: str, agent_db: str, agent_id: str) -> ColumnarSource | ConversationSource:
    """Call `object(agent_db, agent_id)`: it gives a `ConversationSource` or a `ColumnarSource`.

    Raises:
        ConfigError: where there is no such object, or what it gives is no source.
    """
    module, _, attribute = name.partition(":")
    try:
        make = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"source.reader: {name!r} can't be imported: {error}", next_step=_NEXT) from error
    source: ColumnarSource | ConversationSource = make(agent_db, agent_id)
    missing = [part for part in _NEEDED if not hasattr(source, part)]
    missing += [] if hasattr(source, "turns") or hasattr(source, "load") else ["turns (or load)"]
    if missing:
        raise ConfigError(f"source.reader: what {name} gives has no {', '.join(missing)}.", next_step=_NEXT)
    return source
