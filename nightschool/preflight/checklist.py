"""The checklist of the user's report, and what else would stop a night."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path

from nightschool.agent import host_of
from nightschool.artifacts import ArtifactRef, artifacts_of
from nightschool.dataset import load_curated, load_or_create_salt, prepare_into, require_enough
from nightschool.dataset.examples_table import read_splits
from nightschool.dataset.night_data import EXAMPLES_FILE
from nightschool.errors import ConfigError, NightschoolError
from nightschool.feedback import FeedbackBook
from nightschool.grading import gradable, load_anchors
from nightschool.preflight.endpoints import look_for_key, look_for_models, require_answer, trace_endpoints
from nightschool.preflight.estimate import Estimate, budget_warning, upper_bound
from nightschool.records import Night, Record, Splits, Window
from nightschool.registry import Registry
from nightschool.settings import SETTINGS_FILE, Settings
from nightschool.sources import open_source
from nightschool.training import pool

PACKAGES = ("agentlightning", "agno", "duckdb", "openai", "opentelemetry.sdk", "pandas", "prefect")


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
    warning: str = ""

    @property
    def exit_code(self) -> int:
        """0 where a run could start, else the first failed check's."""
        return next((check.exit_code or 1 for check in self.checks if not check.passed), 0)


def check_everything(settings: Settings, night: Night, window: Window) -> Checklist:
    """Try all that costs nothing: no LLM call, no write to the agent's database, none to the live split ledger."""
    rehearsed: list[tuple[Splits, Collection[str]]] = []
    reward = _check("Reward configured", lambda: _reward(settings))
    checks = [
        _check("API key set", lambda: look_for_key(settings)),
        _check("Dependencies installed", _dependencies),
        _check("Model endpoint has the models", lambda: look_for_models(settings)),
        _check("Agent factory builds an agent", lambda: _agent(settings)),
        _check("Initial prompt written", lambda: _prompt(settings, night)),
        _check("Conversations can be read", lambda: _conversations(settings, window)),
        _check(
            f"At least {settings.data.min_train} training and {settings.data.min_validation} validation examples",
            lambda: _sets(settings, night, window, rehearsed),
        ),
        reward,
        _check("Settings reviewed", lambda: _reviewed(settings)),
        *_trace_endpoints(settings),
    ]
    if not rehearsed or not reward.passed:
        return Checklist(checks=tuple(checks))
    splits, examined = rehearsed[0]
    warning = budget_warning(settings.budget, settings.search, settings.grading, settings.models, splits)
    return Checklist(checks=tuple(checks), estimate=_estimate(settings, splits, examined), warning=warning)


def require_what_is_quick(settings: Settings, night: Night) -> None:
    """What a real run checks while its server starts: database, agent, curated files, first prompt, key and, last, the models.

    Raises:
        NightschoolError: the first thing that is wrong.
    """
    open_source(_database(settings), agent_id=settings.agent_id, policy=settings.source)
    load_curated(_curated(settings))
    _agent(settings)
    _prompt(settings, night)
    look_for_key(settings)
    look_for_models(settings)


def _check(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name=name, passed=True, found=look())
    except NightschoolError as error:
        return Check(name=name, passed=False, found=error.message, next_step=error.next_step, exit_code=error.exit_code)


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


def _agent(settings: Settings) -> str:
    if not settings.agent:
        raise ConfigError("no agent is set", next_step="Give its factory with --agent package.module:function.")
    host = host_of(settings.agent, settings.agent_python)
    traits = host.traits("You are a helpful assistant.", settings.rollouts.safe_tools)
    found = f"{settings.agent} → {traits.kind}"
    recorded = ", ".join(traits.unsafe_tools)
    return f"{found}; from recordings only (rollouts.safe_tools lets tools run): {recorded}" if recorded else found


def _prompt(settings: Settings, night: Night) -> str:
    with Registry(settings.database_url("registry")) as registry:
        incumbent = registry.incumbent(night.track, night.target)
    text = (
        incumbent.text if incumbent else settings.seed_prompt or host_of(settings.agent, settings.agent_python).default_prompt()
    )
    if not text.strip():
        raise ConfigError(
            "there is no prompt to start from", next_step="Set seed_prompt, or give the factory's prompt a default."
        )
    return ("incumbent " + incumbent.version if incumbent else "first prompt") + f": {text.strip().splitlines()[0][:80]}"


def _conversations(settings: Settings, window: Window) -> str:
    source = open_source(_database(settings), agent_id=settings.agent_id, policy=settings.source)
    period = f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"
    return f"{source.description}: {source.count(window)} turns from {period}"


def _database(settings: Settings) -> str:
    if not settings.agent_db:
        raise ConfigError("no agent database is set", next_step="Give it with --agent-db PATH.")
    return settings.agent_db


def _sets(settings: Settings, night: Night, window: Window, rehearsed: list[tuple[Splits, Collection[str]]]) -> str:
    """The sizes of the sets; what they were counted on, with the sessions already examined, is added to `rehearsed`."""
    with tempfile.TemporaryDirectory() as folder, Registry(settings.database_url("registry")) as registry:
        kept = registry.ledger(night.track, night.target)
        ledger = ArtifactRef.model_validate_json(kept) if kept else None
        examined = registry.examined_sessions(night)
        splits = _rehearse(settings, window, ledger, Path(folder))
    rehearsed.append((splits, examined))
    require_enough(splits, settings.data, gate=settings.gate, examined=examined)
    fresh = {example.session_id for example in splits.held_out} - examined
    return f"{len(splits.train)} training, {len(splits.validation)} validation, {len(fresh)} fresh held-out sessions"


def _rehearse(settings: Settings, window: Window, ledger: ArtifactRef | None, folder: Path) -> Splits:
    """Extract and prepare into a folder that is thrown away; the live ledger is copied, never written."""
    from datetime import UTC, datetime

    made = prepare_into(
        folder,
        open_source(_database(settings), agent_id=settings.agent_id, policy=settings.source),
        FeedbackBook(settings.database_url("feedback")),
        window,
        policy=settings.data,
        salt=load_or_create_salt(settings.home),
        as_of=datetime.now(UTC),
        ledger=None if ledger is None else artifacts_of(settings).path(ledger),
        curated=_curated(settings),
        reading=settings.source,
    )
    splits = read_splits(folder / EXAMPLES_FILE)
    usable = {name: tuple(e for e in getattr(splits, name) if gradable(e, settings.grading)) for name in Splits.model_fields}
    return pool(Splits(**usable), settings.search) if made.is_small else Splits(**usable)


def _curated(settings: Settings) -> list[Path]:
    return [Path(path) for path in settings.data.all_curated_files]


def _reward(settings: Settings) -> str:
    policy = settings.grading
    load_anchors(Path(name) for name in settings.gate.anchor_files)
    if not policy.use_llm_grader:
        return f"accuracy alone, match {policy.match}"
    weight = policy.accuracy_weight
    return f"{weight:g} × accuracy (match {policy.match}) + {1 - weight:g} × judge"


def _reviewed(settings: Settings) -> str:
    place = SETTINGS_FILE if Path(SETTINGS_FILE).is_file() else f"no {SETTINGS_FILE}"
    changed = sorted(settings.model_fields_set - {"openai_api_key"})
    return f"{place}; not the defaults: {', '.join(changed) or 'nothing'}"


def _trace_endpoints(settings: Settings) -> Iterator[Check]:
    for name, url in trace_endpoints(settings).items():
        yield _check(f"{name} answers", partial(require_answer, url))


def _estimate(settings: Settings, splits: Splits, examined: Collection[str]) -> Estimate:
    return upper_bound(
        settings.search, settings.gate, settings.grading, settings.models, splits, examined=examined, shadow=settings.shadow
    )
