"""Every error that nightschool raises on purpose, and the exit code that each one ends a command with.

::

    NightschoolError            1
    ├── Busy                    0   another run is at work on the same target: nothing was done
    ├── ConfigError             2   a setting, an option or the agent factory is wrong
    ├── DataError               3   the conversations, a file or a database can't be used
    │   ├── NoData              0   a normal night without enough new questions
    │   └── PromptNotFound      3   an agent asked for a prompt, and none was promoted yet
    ├── LLMError                4   a model endpoint answered in a way that can't be used
    │   ├── EndpointRefused     4   a wrong key, model or address: no call will succeed
    │   ├── ContextExceeded     4   the chat is longer than the model's context: a shorter one may succeed
    │   ├── TransientError      4   an outage, a rate limit: worth another try, and the only error that gets one
    │   └── BudgetExhausted     4   the night's purse is empty
    └── PromotionError          5   the registry could not move or publish the incumbent
        └── IncumbentMoved      5   somebody else moved the incumbent meanwhile

A verdict `invalid` ends a command with 6, an interrupt with 130, wrong usage with 2, success with 0.

A message says what was found and where; `next_step` says what to type or change next.
"""

from __future__ import annotations

INVALID_VERDICT_EXIT_CODE = 6
INTERRUPTED_EXIT_CODE = 130


class NightschoolError(Exception):
    """The root: something that nightschool knows how to explain.

    Args:
        message: what was found, and where; one or two sentences.
        next_step: what the reader can type or change now; empty where nothing can be done.
    """

    exit_code = 1

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}\n{self.next_step}" if self.next_step else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders (Prefect, workers) by pickle, which forgets keyword arguments.
        return (_rebuild, (type(self), self.message, self.next_step))


def _rebuild(kind: type[NightschoolError], message: str, next_step: str) -> NightschoolError:
    return kind(message, next_step=next_step)


class Busy(NightschoolError):
    """Another run is at work on the same target, and this one was told to end then."""

    exit_code = 0


class ConfigError(NightschoolError):
    """A setting, an option or the agent factory is wrong; nothing was started."""

    exit_code = 2


class DataError(NightschoolError):
    """The conversations, a file or a database can't be used as they are."""

    exit_code = 3


class NoData(DataError):
    """There are not enough new questions for a night: a normal end, not a failure."""

    exit_code = 0


class PromptNotFound(DataError, LookupError):
    """An agent asked for the prompt of a target for which none was promoted yet, and gave no default."""


class LLMError(NightschoolError):
    """A model endpoint answered in a way that can't be used."""

    exit_code = 4


class EndpointRefused(LLMError):
    """A model endpoint refused the key, the model or the address (401, 403, 404): no other call will fare better."""


class ContextExceeded(LLMError):
    """A chat is longer than the model's context: the same chat fails again, a shorter one may not."""


class TransientError(LLMError):
    """An outage, a rate limit, a dropped connection: the only error that is tried again."""


class BudgetExhausted(LLMError):
    """The night's purse is empty: the search ends in order with what it has."""


class PromotionError(NightschoolError):
    """The registry could not move or publish the incumbent; the old one is still served."""

    exit_code = 5


class IncumbentMoved(PromotionError):
    """Another promotion moved the incumbent between the exam and the move."""
