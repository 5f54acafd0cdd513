"""Where a served prompt lies: a file under nightschool's home, or the same file at an http(s) address."""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nightschool.errors import ConfigError
from nightschool.serving.prompts import Content

HOME_VARIABLE = "NIGHTSCHOOL_HOME"
DEFAULT_HOME = ".nightschool"
SETTINGS_FILE = "nightschool.toml"

_TARGET = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)?")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_log = logging.getLogger(__name__)


class Place(Protocol):
    """Somewhere that a served prompt is read from; it can be compared, and its text says where it is."""

    @property
    def ttl_s(self) -> float:
        """Seconds for which what was read is good enough where the caller does not say."""

    def read(self, etag: str) -> Content | None:
        """Its content; None where it is still what had that mark.

        Raises:
            FileNotFoundError: nothing was promoted yet.
            OSError: it can't be read right now.
        """

    def kept(self) -> Content | None:
        """What an earlier process read here, where the place keeps that; None where it does not."""

    def keep(self, content: Content) -> None:
        """Note a good copy for later processes, where that helps."""


@dataclass(frozen=True)
class FilePlace:
    """A file on this machine, which costs next to nothing to read."""

    path: Path
    ttl_s: float = 0.0

    def __str__(self) -> str:
        return str(self.path)

    def read(self, etag: str) -> Content | None:
        """Its content."""
        return Content(self.path.read_bytes())

    def kept(self) -> Content | None:
        """Nothing: the file itself outlives processes."""
        return None

    def keep(self, content: Content) -> None:
        """Nothing to note, either."""


def place_of(target: str, home: str | Path | None) -> Place:
    """Where a target's prompt is read.

    Raises:
        ConfigError: for a target that can't be one, or an address that is not http(s).
    """
    base = str(home or os.environ.get(HOME_VARIABLE) or "")
    if scheme := _SCHEME.match(base):
        if scheme[1].lower() not in ("http", "https"):
            raise ConfigError(f"{base!r} is no home.", next_step="A home is a folder, or an http:// or https:// address.")
        from nightschool.serving.remote import Address

        return Address(f"{base.rstrip('/')}/served/{_checked(target)}.json")
    return FilePlace(served_path(target, home))


def served_path(target: str, home: str | Path | None = None) -> Path:
    """Where the promoted prompt of a target lies on this machine, as an absolute path.

    Raises:
        ConfigError: for a target that can't be one.
    """
    folder = Path(home or os.environ.get(HOME_VARIABLE) or _home_in_settings() or DEFAULT_HOME)
    return folder.absolute() / "served" / f"{_checked(target)}.json"


def _checked(target: str) -> str:
    if not _TARGET.fullmatch(target):
        raise ConfigError(
            f"{target!r} can't be a target.",
            next_step="A target is lower-case letters, digits, - and _, with at most one / in it, like support/math.",
        )
    return target


def _home_in_settings() -> str:
    """What the settings file says, which nights that run in this folder go by; empty where it does not."""
    import tomllib

    try:
        return str(tomllib.loads(Path(SETTINGS_FILE).read_text(encoding="utf-8")).get("home", ""))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as problem:
        _log.warning("%s can't be read (%s); looking for prompts in %s.", SETTINGS_FILE, problem, DEFAULT_HOME)
        return ""
