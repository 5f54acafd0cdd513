"""Whose fault a failed run is: the prompt's (reward 0) or the infrastructure's (unscored).

====================================================  =================
what happened                                         fault
====================================================  =================
model: connection refused, dropped, timed out         infrastructure
model: 408, 409, 425, 429, 5xx, a body that is no JSON  infrastructure
model: 401, 403, 404 (wrong key, no such model)       infrastructure
model: context window exceeded, other 4xx             agent
the agent's own code or a guardrail raised            agent
the rollout took longer than its time-out             agent
the run ended without an answer                       agent
====================================================  =================

Agno does not raise when a model fails: it answers with the error's text and the status ERROR. So what the model raised is
noted where it is raised.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from nightschool.llm.faults import OUTAGE_STATUSES, WRONG_ADDRESS_STATUSES, is_outage
from nightschool.records import Fault

_raised: ContextVar[list[BaseException] | None] = ContextVar("raised_by_the_model", default=None)


def note_what_a_run_raises() -> list[BaseException]:
    """Start an empty list that the models of this run (this context) append their exceptions to."""
    noted: list[BaseException] = []
    _raised.set(noted)
    return noted


def watch_model(model: Any) -> None:
    """Make an Agno model note what its calls raise; watching twice is watching once."""
    if not getattr(model, "_nightschool_watches", False):
        model.ainvoke = _noting(model.ainvoke)
        model._nightschool_watches = True


def fault_of(raised: list[BaseException]) -> Fault:
    """Whose fault a failed run is, from what its models raised (the last counts)."""
    return "infrastructure" if raised and is_infrastructure(raised[-1]) else "agent"


def is_infrastructure(error: BaseException) -> bool:
    """Whether an exception of an Agno model is an outage or a wrong address, and not an answer to the prompt."""
    from agno.exceptions import ContextWindowExceededError, ModelAuthenticationError, ModelProviderError

    if isinstance(error, ModelAuthenticationError):
        return True
    if not isinstance(error, ModelProviderError):
        return is_outage(error)
    if isinstance(ModelProviderError.classify(error), ContextWindowExceededError):
        return False
    return error.status_code in OUTAGE_STATUSES | WRONG_ADDRESS_STATUSES or error.status_code >= 500


def _noting(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def noting(*args: Any, **kwargs: Any) -> Any:
        try:
            return await call(*args, **kwargs)
        except Exception as error:
            noted = _raised.get()
            if noted is not None:
                noted.append(error)
            raise

    return noting
