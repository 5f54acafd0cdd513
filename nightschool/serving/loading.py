"""`load_prompt`: what an agent calls, as often as it likes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nightschool.errors import PromptNotFound
from nightschool.serving.places import HOME_VARIABLE, Place, place_of
from nightschool.serving.prompts import ServedPrompt, default_of, read_served

_log = logging.getLogger(__name__)


@dataclass
class _Copy:
    """The last good copy that this process has of a place, and when it last looked there."""

    served: ServedPrompt | None = None
    default: ServedPrompt | None = None
    """What a caller was given while there was no good copy."""
    etag: str = ""
    looked_at: float | None = None
    looking: threading.Lock = field(default_factory=threading.Lock)

    @property
    def given(self) -> ServedPrompt | None:
        """What callers get, as far as they have called."""
        return self.served or self.default

    def is_fresh(self, ttl_s: float) -> bool:
        return self.looked_at is not None and time.monotonic() - self.looked_at < ttl_s


_copies: dict[Place, _Copy] = {}


def load_prompt(
    target: str = "default",
    *,
    default: str | None = None,
    home: str | Path | None = None,
    ttl_s: float | None = None,
    on_change: Callable[[ServedPrompt], None] | None = None,
) -> ServedPrompt:
    """The promoted prompt of a target.

    What can't be read right now (a broken disk, a hand that slipped, a server that is down) is logged, and the last good
    copy is served instead; without one, the default. Safe to call from several threads: one looks, the others go on.

    Args:
        target: as in nightschool's settings, like `support` or `support/math`.
        default: what to serve while nothing was promoted yet.
        home: nightschool's home folder, or the http(s) address that offers it; None: the variable NIGHTSCHOOL_HOME, else
            `home` in the working folder's `nightschool.toml`, else `.nightschool` there.
        ttl_s: seconds for which the last look is good enough; None: 0 for a file, 60 for an address.
        on_change: called with the new prompt by the call that finds another one than this process was served with before,
            be that a default.

    Raises:
        PromptNotFound: nothing was promoted yet and there is no default; it is a LookupError, too.
        ConfigError: for a target that can't be one, or an address that is not http(s).
    """
    place = place_of(target, home)
    copy = _copies.setdefault(place, _Copy())
    changed = False
    if not copy.is_fresh(place.ttl_s if ttl_s is None else ttl_s) and copy.looking.acquire(blocking=copy.served is None):
        try:
            changed = _look(place, copy, target)
        finally:
            copy.looking.release()
    served = copy.served
    if served is None:
        served = copy.default = _default(target, default, place)
    if on_change and changed:
        on_change(served)
    return served


class PromptManager:
    """`load_prompt` under the names of nightschool's first users: `PromptManager().load_best_prompt().prompt_text`."""

    def __init__(self, target: str = "default", home: str | Path | None = None) -> None:
        self.target = target
        self.home = home

    def load_best_prompt(self) -> ServedPrompt:
        """The promoted prompt.

        Raises:
            PromptNotFound: where nothing was promoted yet.
        """
        return load_prompt(self.target, home=self.home)


def _look(place: Place, copy: _Copy, target: str) -> bool:
    """Bring the copy up to date, where the place lets us; whether another prompt came in the place of one."""
    before = copy.given
    try:
        found = place.read(copy.etag if copy.served else "")
        if found is not None:
            copy.served, copy.etag = read_served(found.body, target), found.etag
            place.keep(found)
    except FileNotFoundError:
        copy.served = copy.served or _kept_by(place, target)
        if copy.served:
            _log.warning("%s is gone; serving the last good copy.", place)
    except (OSError, ValueError) as problem:
        copy.served = copy.served or _kept_by(place, target)
        _log.warning("%s can't be read (%s); serving %s.", place, problem, "the last good copy" if copy.served else "the default")
    copy.looked_at = time.monotonic()
    return before is not None and copy.served is not None and copy.served.version != before.version


def _kept_by(place: Place, target: str) -> ServedPrompt | None:
    kept = place.kept()
    try:
        return read_served(kept.body, target) if kept else None
    except ValueError:
        return None


def _default(target: str, default: str | None, place: Place) -> ServedPrompt:
    if default is None:
        raise PromptNotFound(
            f"No prompt was promoted yet for the target {target!r}: there is no {place}.",
            next_step=f"Give load_prompt a default, or check that {HOME_VARIABLE} names nightschool's home folder.",
        )
    return default_of(default, target)
