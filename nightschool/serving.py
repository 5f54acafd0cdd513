"""The prompt that a production agent is served with: standard library only, one small file read at each call.

    from nightschool import load_prompt

    agent = build_agent(load_prompt("support", default="You are our support desk.").text)

The file `served/<target>.json` under nightschool's home is written in one step when a prompt is promoted. An agent that
calls `load_prompt` for each conversation follows promotions by itself; one that calls it at its start follows at a restart.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nightschool.errors import ConfigError, PromptNotFound

HOME_VARIABLE = "NIGHTSCHOOL_HOME"
DEFAULT_HOME = ".nightschool"
SETTINGS_FILE = "nightschool.toml"

_TARGET = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)?")
_log = logging.getLogger(__name__)
_last_good: dict[Path, ServedPrompt] = {}


@dataclass(frozen=True)
class ServedPrompt:
    """A prompt to build an agent with.

    `version` names its text (12 hexadecimal digits); `promoted_at` is aware and in UTC, None for a default.
    """

    text: str
    version: str
    target: str
    promoted_at: datetime | None = None
    is_default: bool = False

    @property
    def prompt_text(self) -> str:
        """The text, under the name that `PromptManager` users know."""
        return self.text


def load_prompt(target: str = "default", *, default: str | None = None, home: str | Path | None = None) -> ServedPrompt:
    """The promoted prompt of a target.

    A file that can't be read right now (a broken disk, a hand that slipped) is logged, and the last good copy that this
    process has seen is served instead; without one, the default.

    Args:
        target: as in nightschool's settings, like `support` or `support/math`.
        default: what to serve while nothing was promoted yet.
        home: nightschool's home folder; None: the variable NIGHTSCHOOL_HOME, else `home` in the working folder's
            `nightschool.toml`, else `.nightschool` there.

    Raises:
        PromptNotFound: nothing was promoted yet and there is no default; it is a LookupError, too.
        ConfigError: for a target that can't be one.
    """
    path = served_path(target, home)
    try:
        served = _read(path, target)
    except FileNotFoundError:
        return _without_file(target, default, path)
    except (OSError, ValueError) as problem:
        return _despite(problem, target, default, path)
    _last_good[path] = served
    return served


def served_path(target: str, home: str | Path | None = None) -> Path:
    """Where the promoted prompt of a target lies, as an absolute path."""
    if not _TARGET.fullmatch(target):
        raise ConfigError(
            f"{target!r} can't be a target.",
            next_step="A target is lower-case letters, digits, - and _, with at most one / in it, like support/math.",
        )
    folder = Path(home or os.environ.get(HOME_VARIABLE) or _home_in_settings() or DEFAULT_HOME)
    return folder.absolute() / "served" / f"{target}.json"


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


def _read(path: Path, target: str) -> ServedPrompt:
    content = json.loads(path.read_text(encoding="utf-8"))
    try:
        text, version = content["text"], content["version"]
        promoted_at = datetime.fromisoformat(content["promoted_at"])
    except (KeyError, TypeError) as problem:
        raise ValueError(f"it lacks what a served prompt has: {problem}") from problem
    if not isinstance(text, str) or version != _version_of(text):
        raise ValueError("its text is not the one that its version names")
    return ServedPrompt(text=text, version=version, target=target, promoted_at=promoted_at)


def _without_file(target: str, default: str | None, path: Path) -> ServedPrompt:
    if default is None:
        raise PromptNotFound(
            f"No prompt was promoted yet for the target {target!r}: there is no {path}.",
            next_step=f"Give load_prompt a default, or check that {HOME_VARIABLE} names nightschool's home folder.",
        )
    return ServedPrompt(text=default, version=_version_of(default), target=target, is_default=True)


def _despite(problem: Exception, target: str, default: str | None, path: Path) -> ServedPrompt:
    last_good = _last_good.get(path)
    instead = "the last good copy" if last_good else "the default"
    _log.warning("%s can't be read (%s); serving %s.", path, problem, instead)
    return last_good or _without_file(target, default, path)


def _version_of(text: str) -> str:
    # The same name that the registry gives: the start of the SHA-256 of the text.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
