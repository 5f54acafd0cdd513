"""Whose fault a failed run is: the prompt's (reward 0), the infrastructure's (unscored), or nobody's (divergent, unscored).

=======================================================  ==============
what happened                                            fault
=======================================================  ==============
model: connection refused, dropped, timed out            infrastructure
model: 408, 409, 425, 429, 5xx, a body that is no JSON   infrastructure
model: 401, 403, 404 (wrong key, no such model)          infrastructure
a team's member met one of these, and the team went on   infrastructure
model: context window exceeded, other 4xx                agent
the agent's own code or a guardrail raised               agent
the rollout took longer than its time-out                agent
the rollout made more model calls than it may            agent
the run ended without an answer                          agent
a tool that may not run was called, not as recorded      divergent
=======================================================  ==============

Agno does not raise when a model fails: it answers with the error's text and the status ERROR. So what a model raises is
noted where it is raised.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from nightschool.agent.patience import Patience
from nightschool.agent.sizes import tokens_asked, tokens_told
from nightschool.errors import NightschoolError
from nightschool.llm import Limiter, watched
from nightschool.llm.faults import OUTAGE_STATUSES, WRONG_ADDRESS_STATUSES, is_outage
from nightschool.records import Fault
from nightschool.tracing import chat_span

LOST_CONNECTIONS = frozenset({
    "APIConnectionError", "ClientConnectionError", "ConnectionError", "HTTPClientError", "NetworkError", "RemoteProtocolError",
    "TimeoutError", "TimeoutException", "TransportError",
})  # fmt: skip
"""What HTTP clients, and Python itself, call an endpoint that is not there; Agno lets some through."""


class TooManyCallsError(Exception):
    """A model is asked once more than a rollout may; Agno makes an answer of it."""


@dataclass
class Usage:
    """Calls and tokens of a model."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add_tokens(self, input_tokens: int, output_tokens: int) -> None:
        """Add a call's tokens; an endpoint may count less than nothing."""
        self.input_tokens += max(0, input_tokens)
        self.output_tokens += max(0, output_tokens)


@dataclass
class ModelCalls:
    """What the models of one run did: how many calls, whether the last one failed and how, whether any met an outage.

    Args:
        sample: which of several runs of one prompt on one question it is.
        most: so many calls; each further one fails before it is made.
    """

    sample: int = 0
    most: int | None = None
    count: int = 0
    last_error: BaseException | None = None
    met_outage: bool = False
    patience: Patience | None = None
    used: Usage = field(default_factory=Usage)
    """What all answered calls took, for a run that Agno says nothing of."""
    singly: Usage = field(default_factory=Usage)
    """The part of it that was paid call by call."""
    replayed_s: float = 0.0
    """How long the calls took that were answered from the journal."""
    too_many: bool = False
    """Whether one more was wanted than there may be."""
    stopped: NightschoolError | None = None
    """What ends more than this run, like an empty purse."""
    _begun: int = 0
    _asked: Counter[str] = field(default_factory=Counter)

    def next_sample(self, asked: str) -> tuple[int, int]:
        """The sample number of a call: the run's, and how often the run asked just this before."""
        self._asked[asked] += 1
        return self.sample, self._asked[asked] - 1

    def waiting(self) -> AbstractContextManager[None]:
        """The time inside is a wait for the endpoint's rate and not the run's."""
        return self.patience.paused() if self.patience else contextlib.nullcontext()

    def begin(self) -> None:
        """Note a call that is about to be made.

        Raises:
            TooManyCallsError: where there may be no more; an agent that loops on its tools would go on until its time-out.
        """
        self.too_many = self.too_many or self._begun == self.most
        if self.too_many:
            raise TooManyCallsError(f"more than {self.most} model calls in one rollout (rollouts.max_llm_calls)")
        self._begun += 1

    def succeeded(self, input_tokens: int = 0, output_tokens: int = 0) -> None:
        """Note a call that was answered."""
        self.count += 1
        self.used.add_tokens(input_tokens, output_tokens)
        self.last_error = None

    def failed(self, error: BaseException) -> None:
        """Note a call that raised."""
        self.count += 1
        self.last_error = error
        self.met_outage = self.met_outage or is_infrastructure(error)

    @property
    def fault(self) -> Fault:
        """Whose fault it is that the run failed."""
        return "infrastructure" if self.last_error is not None and is_infrastructure(self.last_error) else "agent"


_calls: ContextVar[ModelCalls | None] = ContextVar("model_calls_of_this_run", default=None)


def note_model_calls(sample: int = 0, most: int | None = None) -> ModelCalls:
    """Start the notes that the models of this run (this context and the tasks started from it) write into."""
    calls = ModelCalls(sample, most)
    _calls.set(calls)
    return calls


def calls_of_this_run() -> ModelCalls:
    """The notes of this run; new ones outside of any."""
    return _calls.get() or ModelCalls()


def watch_model(model: Any, limiter: Limiter | None) -> None:
    """Make an Agno model note its calls, and wait for its turn at the endpoint; watching twice is watching once.

    Args:
        model: any of Agno's.
        limiter: the endpoint's; None: the model's client keeps to it itself.
    """
    if not getattr(model, "_nightschool_watches", False):
        model.ainvoke = _noting(model, model.ainvoke, limiter)
        model._nightschool_watches = True


def is_infrastructure(error: BaseException) -> bool:
    """Whether an exception of an Agno model is an outage or a wrong address, and not an answer to the prompt."""
    from agno.exceptions import ContextWindowExceededError, ModelAuthenticationError, ModelProviderError

    if isinstance(error, ModelAuthenticationError):
        return True
    if not isinstance(error, ModelProviderError):
        return is_down(error) or _status_of(error) in WRONG_ADDRESS_STATUSES
    if isinstance(ModelProviderError.classify(error), ContextWindowExceededError):
        return False
    return is_down(error) or error.status_code in WRONG_ADDRESS_STATUSES


def is_down(error: BaseException) -> bool:
    """Whether an exception of an Agno model says that the endpoint is not there or is asked too often."""
    from agno.exceptions import ModelProviderError

    status = _status_of(error)
    if status in OUTAGE_STATUSES or status >= 500:
        return True
    return not isinstance(error, ModelProviderError) and (is_outage(error) or _lost(error))


def _lost(error: BaseException) -> bool:
    """Whether a model's own client lost the connection, or never had one; by name, so that no client need be installed."""
    return any(kind.__name__ in LOST_CONNECTIONS for kind in type(error).__mro__)


def _status_of(error: BaseException) -> int:
    """The HTTP status that an exception names; 0 where it names none."""
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else 0


def _noting(model: Any, call: Callable[..., Awaitable[Any]], limiter: Limiter | None) -> Callable[..., Awaitable[Any]]:
    async def noting(*args: Any, **kwargs: Any) -> Any:
        notes = calls_of_this_run()
        notes.begin()
        try:
            async with contextlib.nullcontext() if limiter is None else _turn(notes, limiter, tokens_asked(*args, **kwargs)):
                with chat_span("agent", str(model.id), lambda: _as_chat(*args, **kwargs)) as told:
                    answer = await call(*args, **kwargs)
                    tokens = tokens_told(answer)
                    told(str(answer.content or ""), *tokens)
        except Exception as error:
            notes.failed(error)
            raise
        notes.succeeded(*tokens)
        return answer

    return noting


@contextlib.asynccontextmanager
async def _turn(notes: ModelCalls, limiter: Limiter, tokens: int) -> AsyncIterator[None]:
    """One call's turn at the endpoint, and the limiter told how it ended."""
    async with contextlib.AsyncExitStack() as turn:
        with notes.waiting():
            await turn.enter_async_context(limiter.turn(tokens))
        async with watched(limiter, is_down):
            yield


def _as_chat(messages: Sequence[Any] = (), *_: Any, **__: Any) -> list[dict[str, Any]]:
    """The chat of a call of an Agno model."""
    return [{"role": one.role, "content": one.get_content_string() if one.content is not None else ""} for one in messages]
