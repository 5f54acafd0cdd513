"""The checklist of the user's report, and what else would stop a night."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from nightschool.agent import Target, default_prompt, load_factory
from nightschool.artifacts import ArtifactRef, FolderStore
from nightschool.dataset import extract, load_curated, load_or_create_salt, load_splits, prepare, require_enough
from nightschool.errors import ConfigError, LLMError, NightschoolError
from nightschool.feedback import FeedbackBook
from nightschool.grading import gradable
from nightschool.llm import list_models
from nightschool.preflight.estimate import Estimate, upper_bound
from nightschool.records import ModelPolicy, Night, Record, Splits, Window
from nightschool.registry import Registry
from nightschool.settings import SETTINGS_FILE, Settings
from nightschool.sources import open_source

PACKAGES = ("agentlightning", "agno", "duckdb", "openai", "opentelemetry.sdk", "pandas", "prefect")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
CONNECT_TIMEOUT_S = 5.0


class Check(Record):
    """One line of the checklist."""

    name: str
    passed: bool
    found: str
    next_step: str = ""
    exit_code: int = 0


class Checklist(Record):
    """All lines, and the most that the night can take where that is known."""

    checks: tuple[Check, ...]
    estimate: Estimate | None = None

    @property
    def exit_code(self) -> int:
        """0 where a run could start, else the first failed check's."""
        return next((check.exit_code or 1 for check in self.checks if not check.passed), 0)


def check_everything(settings: Settings, night: Night, window: Window) -> Checklist:
    """Try all that costs nothing: no LLM call, no write to the agent's database, none to the live split ledger."""
    sizes: dict[str, int] = {}
    checks = [
        _check("API key set", lambda: _key(settings)),
        _check("Dependencies installed", _dependencies),
        _check("Model endpoint has the models", lambda: _models(settings)),
        _check("Agent factory builds an agent", lambda: _agent(settings)),
        _check("Initial prompt written", lambda: _prompt(settings, night)),
        _check("Conversations can be read", lambda: _conversations(settings, window)),
        _check(
            f"At least {settings.data.min_train} training and {settings.data.min_validation} validation examples",
            lambda: _sets(settings, night, window, sizes),
        ),
        _check("Reward configured", lambda: _reward(settings)),
        _check("Settings reviewed", lambda: _reviewed(settings)),
        *_trace_endpoints(settings),
    ]
    return Checklist(checks=tuple(checks), estimate=_estimate(settings, sizes))


def require_what_is_quick(settings: Settings, night: Night) -> None:
    """What a real run checks before it starts a server: database, agent, curated files, first prompt, key and, last, the models.

    Raises:
        NightschoolError: the first thing that is wrong.
    """
    open_source(_database(settings), agent_id=settings.agent_id)
    load_curated(_curated(settings))
    _agent(settings)
    _prompt(settings, night)
    _key(settings)
    _models(settings)


def _check(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name=name, passed=True, found=look())
    except NightschoolError as error:
        return Check(name=name, passed=False, found=error.message, next_step=error.next_step, exit_code=error.exit_code)


def _key(settings: Settings) -> str:
    if settings.openai_api_key.get_secret_value():
        return "yes"
    if urlsplit(settings.models.base_url).hostname in LOOPBACK:
        return "not needed: the endpoint is on this machine"
    raise ConfigError("OPENAI_API_KEY is not set", next_step="Set it in the environment or in a file .env in this folder.")


def _dependencies() -> str:
    missing = [name for name in PACKAGES if not _is_installed(name)]
    if missing:
        raise ConfigError(f"missing: {', '.join(missing)}", next_step='pip install "nightschool[night]"')
    return ", ".join(PACKAGES)


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _models(settings: Settings) -> str:
    policy = settings.models
    roles = ["critic", "editor", *(["judge"] if settings.grading.use_llm_grader else [])]
    wanted = {role: getattr(policy, f"{role}_model") or policy.model for role in roles}
    there = _listed(policy, settings.openai_api_key.get_secret_value())
    absent = sorted(set(wanted.values()) - set(there))
    where = policy.base_url or "OpenAI's endpoint"
    if absent:
        raise ConfigError(
            f"{where} has no model {', '.join(absent)}; it has: {', '.join(there[:8]) or 'none'}",
            next_step="Choose one with --model.",
        )
    return f"{where}: " + ", ".join(sorted(set(wanted.values())))


def _listed(policy: ModelPolicy, api_key: str) -> list[str]:
    try:
        return list_models(policy, api_key)
    except LLMError as error:
        raise type(error)(
            error.message, next_step="Start the endpoint or name another with --base-url, and look at OPENAI_API_KEY."
        ) from error


def _agent(settings: Settings) -> str:
    if not settings.agent:
        raise ConfigError("no agent is set", next_step="Give its factory with --agent package.module:function.")
    built = Target(load_factory(settings.agent)).build("You are a helpful assistant.")
    return f"{settings.agent} → {type(built).__name__} {built.name or built.id or ''}".rstrip()


def _prompt(settings: Settings, night: Night) -> str:
    with Registry(settings.database_url("registry")) as registry:
        incumbent = registry.incumbent(night.track, night.target)
    text = incumbent.text if incumbent else settings.seed_prompt or default_prompt(load_factory(settings.agent))
    if not text.strip():
        raise ConfigError(
            "there is no prompt to start from", next_step="Set seed_prompt, or give the factory's prompt a default."
        )
    return ("incumbent " + incumbent.version if incumbent else "first prompt") + f": {text.strip().splitlines()[0][:80]}"


def _conversations(settings: Settings, window: Window) -> str:
    source = open_source(_database(settings), agent_id=settings.agent_id)
    period = f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"
    return f"{source.description}: {source.count(window)} turns from {period}"


def _database(settings: Settings) -> str:
    if not settings.agent_db:
        raise ConfigError("no agent database is set", next_step="Give it with --agent-db PATH-or-URL.")
    return settings.agent_db


def _sets(settings: Settings, night: Night, window: Window, sizes: dict[str, int]) -> str:
    with tempfile.TemporaryDirectory() as folder, Registry(settings.database_url("registry")) as registry:
        kept = registry.ledger(night.track, night.target)
        ledger = ArtifactRef.model_validate_json(kept) if kept else None
        examined = registry.examined_sessions(night.track, night.target, night)
        splits = _rehearse(settings, window, ledger, Path(folder))
    sizes |= {"validation": len(splits.validation), "held_out": len({e.session_id for e in splits.held_out} - examined)}
    require_enough(splits, settings.data, examined=examined)
    return f"{len(splits.train)} training, {len(splits.validation)} validation, {sizes['held_out']} fresh held-out sessions"


def _rehearse(settings: Settings, window: Window, ledger: ArtifactRef | None, folder: Path) -> Splits:
    """Extract and prepare into a folder that is thrown away; the live ledger is copied, never written."""
    from datetime import UTC, datetime

    live, trial = FolderStore(settings.home / "artifacts"), FolderStore(folder)
    if ledger is not None:
        trial.write(ledger.kind, ledger.suffix, lambda path: path.write_bytes(live.path(ledger).read_bytes()) and ledger.rows)
    turns = extract(
        open_source(_database(settings), agent_id=settings.agent_id),
        FeedbackBook(settings.database_url("feedback")),
        window,
        as_of=datetime.now(UTC),
        salt=load_or_create_salt(settings.home),
        policy=settings.data,
        store=trial,
    )
    made = prepare(turns.turns, ledger=ledger, policy=settings.data, store=trial, curated=_curated(settings))
    splits = load_splits(trial, made.examples)
    usable = {name: tuple(e for e in getattr(splits, name) if gradable(e, settings.grading)) for name in Splits.model_fields}
    return Splits(**usable)


def _curated(settings: Settings) -> list[Path]:
    return [Path(path) for path in settings.data.curated_files]


def _reward(settings: Settings) -> str:
    policy = settings.grading
    if not policy.use_llm_grader:
        return f"accuracy alone, match {policy.match}"
    weight = policy.accuracy_weight
    return f"{weight:g} × accuracy (match {policy.match}) + {1 - weight:g} × judge"


def _reviewed(settings: Settings) -> str:
    place = SETTINGS_FILE if Path(SETTINGS_FILE).is_file() else f"no {SETTINGS_FILE}"
    changed = sorted(settings.model_fields_set - {"openai_api_key"})
    return f"{place}; not the defaults: {', '.join(changed) or 'nothing'}"


def _trace_endpoints(settings: Settings) -> Iterator[Check]:
    for name, url in (("OTLP endpoint answers", settings.tracing.otlp_endpoint), ("Trace store answers", settings.store_url)):
        if url:
            yield _check(name, lambda url=url: _answers(url))  # type: ignore[misc]  # mypy can't infer a lambda with a default


def _answers(url: str) -> str:
    import socket

    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=CONNECT_TIMEOUT_S).close()
    except OSError as error:
        raise ConfigError(f"nothing answers at {url}: {error}", next_step="Start it, or leave the setting empty.") from error
    return url


def _estimate(settings: Settings, sizes: dict[str, int]) -> Estimate | None:
    if not sizes:
        return None
    return upper_bound(settings.search, settings.gate, settings.grading, settings.models, **sizes)
