"""What makes a function a stage of the night: a Prefect task that is retried when that can help, and never does work twice.

A stage's result is found again by a name made from everything that it depends on: the stage, its own source, the source
of the domain modules that it runs, and its arguments. Prefect's own `TASK_SOURCE` policy sees the decorated function
alone, so that a thin task over changed library code would return the old result.
How results are kept: `tasks.results`.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from prefect import Task, task
from prefect.cache_policies import CachePolicy
from prefect.context import TaskRunContext
from prefect.tasks import exponential_backoff
from pydantic import BaseModel

from nightschool.errors import ConfigError, TransientError
from nightschool.records import canonical_json, digest_of
from tasks.results import keep_results_under, record_serializer

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State, TaskRun

__all__ = ["code_digest", "is_worth_another_try", "keep_results_under", "stage", "stage_cache_policy"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

RETRIES = 3
FIRST_DELAY_S = 5.0


def stage(
    name: str,
    modules: Sequence[str],
    *,
    where: Sequence[str] = (),
    retries: int = RETRIES,
    first_delay_s: float = FIRST_DELAY_S,
) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Make a function a stage: cached by content, kept on disk, tried again after a `TransientError` only.

    Args:
        name: the stage's name, like `extract`; also the task's in Prefect.
        modules: the domain modules and packages whose code decides the result, like `nightschool.sources`.
        where: arguments that say where things are (home folder, database URL, keys) and not what is wanted;
            they are left out of the cache key.
        retries: further tries after a `TransientError`.
        first_delay_s: seconds before the first of them; doubled each time, and jittered.

    Returns:
        A decorator for a function, plain or async, that takes records and plain values and returns a record (or a string,
        a number, None).
    """

    def decorate(function: Callable[P, R]) -> Task[P, R]:
        return task(
            name=name,
            cache_policy=stage_cache_policy(name, *modules, where=where),
            persist_result=True,
            result_serializer=record_serializer(),
            retries=retries,
            retry_delay_seconds=exponential_backoff(backoff_factor=first_delay_s),
            retry_jitter_factor=0.5,
            retry_condition_fn=is_worth_another_try,
        )(_checked(function, name, where))

    return decorate


def stage_cache_policy(stage: str, *modules: str, where: Sequence[str] = ()) -> CachePolicy:
    """A cache key of everything that the stage's result depends on; the same in every process and on every machine.

    Args:
        stage: the stage's name; stages with equal arguments don't share results.
        modules: see `code_digest`.
        where: names of arguments that are left out.

    Returns:
        A policy with keys like `extract-3f9a…` (the name and 64 hexadecimal digits).
    """

    def key(context: TaskRunContext, arguments: dict[str, Any]) -> str:
        canonical = _canonical_arguments(stage, arguments, where)
        return f"{stage}-{digest_of([stage, code_digest(*modules), context.task.source_code, canonical])}"

    return CachePolicy.from_cache_key_fn(key)


@functools.cache
def code_digest(*modules: str) -> str:
    """The SHA-256 of the source of some modules; of a package, all the `.py` files below it.

    Read once in a process, when it is first needed: the code that runs is the code that was there then.

    Raises:
        ConfigError: there is no such module.
    """
    return digest_of({module: _sources(module) for module in modules})


async def is_worth_another_try(task: Task[Any, Any], task_run: TaskRun, state: State[Any]) -> bool:
    """Whether a failed stage is tried again (Prefect's `retry_condition_fn`): only after a `TransientError`.

    A coroutine, because Prefect asks it from async stages too, where the plain `state.result()` would be one, and true.
    """
    return isinstance(await state.aresult(raise_on_failure=False), TransientError)


def _checked(function: Callable[P, R], stage: str, where: Sequence[str]) -> Callable[P, R]:
    """Fail where Prefect would log a line and go on uncached: an argument without a key, a result that can't be kept."""
    signature = inspect.signature(function)

    def check_arguments(*args: P.args, **kwargs: P.kwargs) -> None:
        _canonical_arguments(stage, signature.bind(*args, **kwargs).arguments, where)

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        check_arguments(*args, **kwargs)
        return _kept(function(*args, **kwargs), stage)

    @functools.wraps(function)
    async def run_async(*args: P.args, **kwargs: P.kwargs) -> Any:
        check_arguments(*args, **kwargs)
        return _kept(await function(*args, **kwargs), stage)  # type: ignore[misc]  # R is a coroutine's type here

    return run_async if inspect.iscoroutinefunction(function) else run  # type: ignore[return-value]  # as above


def _kept(result: T, stage: str) -> T:
    if not isinstance(result, BaseModel | str | int | float | None):
        raise TypeError(f"the stage {stage!r} returned a {type(result).__name__}; only a record comes back as it was")
    return result


def _canonical_arguments(stage: str, arguments: dict[str, Any], where: Sequence[str]) -> str:
    wanted = {name: value for name, value in arguments.items() if name not in where}
    try:
        return canonical_json(wanted)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"The stage {stage!r} can't be cached by its arguments {', '.join(wanted)}: {error}",
            next_step="Give it records and plain values, or list the argument in `where` if it only says where things are.",
        ) from error


def _sources(module: str) -> dict[str, str]:
    """Source texts by path relative to the module, sorted by it."""
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        spec = None
    if spec is None or spec.origin is None or not spec.has_location:
        raise ConfigError(f"There is no module {module!r} with source code, whose digest a cache key needs")
    origin = Path(spec.origin)
    if not spec.submodule_search_locations:
        return {origin.name: origin.read_text(encoding="utf-8")}
    return {
        path.relative_to(origin.parent).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(origin.parent.rglob("*.py"))
    }
