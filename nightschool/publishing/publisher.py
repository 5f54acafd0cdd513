"""What a place that agents read their prompt from must be able to do, and the owner's own one by its name."""

from __future__ import annotations

import importlib
from typing import Protocol

from nightschool.errors import ConfigError
from nightschool.registry import Incumbent

_NEXT = 'Name an object with a method publish(incumbent), like NIGHTSCHOOL_PUBLISHERS=["file", "package.module:object"].'


class Publisher(Protocol):
    """A place that agents read their prompt from."""

    def publish(self, incumbent: Incumbent) -> None:
        """Put `incumbent.prompt.text` there. The same incumbent twice must be the same as once.

        Called while nobody else can move an incumbent, so that an older prompt never comes after a newer one: give a slow
        place a time-out of some seconds. Whatever it raises, the prompt stays owed and is published by the next command.
        """


def own_publisher(name: str) -> Publisher:
    """The object that is named `package.module:object`.

    Raises:
        ConfigError: where there is none, or it can't publish.
    """
    module, _, attribute = name.partition(":")
    try:
        found: Publisher = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"publishers: {name!r} can't be imported: {error}", next_step=_NEXT) from error
    if not callable(getattr(found, "publish", None)):
        raise ConfigError(f"publishers: {name} has no method publish.", next_step=_NEXT)
    return found
