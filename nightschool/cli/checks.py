"""What `doctor` looks at. Nothing is changed: what is not there yet is reported as such and not made."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nightschool.errors import ConfigError, NightschoolError
from nightschool.records import Record

if TYPE_CHECKING:
    from nightschool.settings import Settings


class Check(Record):
    """One thing that was looked at. `exit_code` is that of the error which was found."""

    name: str
    state: Literal["ok", "failed", "skipped"]
    detail: str
    next_step: str = ""
    exit_code: int = 0


class Skipped(Exception):
    """There is nothing to look at, for the reason that the message says."""


def run_checks(settings: Settings) -> list[Check]:
    """All checks, in the order in which a night would need what they look at."""
    return [_run(name, check, settings) for name, check in CHECKS.items()]


def failed_check(name: str, error: NightschoolError) -> Check:
    """The check that an error ended."""
    return Check(name=name, state="failed", detail=error.message, next_step=error.next_step, exit_code=error.exit_code)


def _run(name: str, check: Callable[[Settings], str], settings: Settings) -> Check:
    try:
        return Check(name=name, state="ok", detail=check(settings))
    except Skipped as reason:
        return Check(name=name, state="skipped", detail=str(reason))
    except NightschoolError as error:
        return failed_check(name, error)
    except ModuleNotFoundError as error:
        return Check(name=name, state="skipped", detail=f"needs {error.name}: pip install 'nightschool[night]'")


def _home(settings: Settings) -> str:
    folder = settings.home.absolute()
    existing = folder
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise ConfigError(
            f"{existing} is not a folder that this user can write to.",
            next_step="Make it writable, or name another home with --home or NIGHTSCHOOL_HOME.",
        )
    return f"{folder} is writable" if existing == folder else f"{folder} will be made"


def _registry(settings: Settings) -> str:
    from nightschool.registry import Registry

    _require_file("registry", settings)
    with Registry(settings.database_url("registry")) as registry:
        standing = registry.incumbent(settings.track, settings.target)
        owed = len(registry.pending("publish"))
    served = f"incumbent of {settings.target}: {standing.version}" if standing else f"no incumbent of {settings.target} yet"
    return f"{served}; {owed} to be published" if owed else served


def _feedback(settings: Settings) -> str:
    from datetime import UTC, datetime

    from nightschool.feedback import FeedbackBook

    _require_file("feedback", settings)
    found = FeedbackBook(settings.database_url("feedback")).latest(as_of=datetime.now(UTC))
    return f"rated runs: {len(found)}"


def _agent(settings: Settings) -> str:
    from nightschool.agent import host_of

    if not settings.agent:
        raise Skipped("no agent is set")
    host_of(settings.agent, settings.agent_python).default_prompt()
    return f"{settings.agent} imports and takes a prompt"


def _agent_database(settings: Settings) -> str:
    from nightschool.sources import open_source

    if not settings.agent_db:
        raise Skipped("no agent_db is set")
    source = open_source(settings.agent_db, agent_id=settings.agent_id, policy=settings.source)
    holdings = source.holdings()
    span = f", {holdings.first:%Y-%m-%d} to {holdings.last:%Y-%m-%d}" if holdings.first and holdings.last else ""
    return f"{holdings.turns:,} turns{span}"


def _endpoint(settings: Settings) -> str:
    from nightschool.preflight.endpoints import look_for_models, models_in_use

    if not models_in_use(settings):
        raise Skipped("no critic, editor or judge is asked")
    if not settings.openai_api_key.get_secret_value() and not settings.models.base_url:
        raise Skipped("neither OPENAI_API_KEY nor models.base_url is set")
    return look_for_models(settings)


def _trace_endpoints(settings: Settings) -> str:
    from nightschool.preflight.endpoints import require_answer, trace_endpoints

    urls = trace_endpoints(settings)
    if not urls:
        raise Skipped("neither tracing.otlp_endpoint nor store_url is set")
    return ", ".join(f"{name} answers at {require_answer(url)}" for name, url in urls.items())


def _require_file(name: str, settings: Settings) -> None:
    """A SQLite file in `home` is made by the first night; until then there is nothing to look at."""
    file: Path = settings.home / f"{name}.db"
    if not getattr(settings, f"{name}_url") and not file.exists():
        raise Skipped(f"{file} is not there yet; the first night makes it")


CHECKS: dict[str, Callable[[Settings], str]] = {
    "home": _home,
    "registry": _registry,
    "feedback": _feedback,
    "agent": _agent,
    "agent database": _agent_database,
    "model endpoint": _endpoint,
    "trace endpoints": _trace_endpoints,
}
