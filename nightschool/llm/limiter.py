"""How fast one endpoint is asked: so many calls at once, so many calls and tokens a minute, and not at all while it is down.

All callers of an endpoint share one limiter, so that a wait which the endpoint asked of one is kept by all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from nightschool.llm.faults import is_outage, retry_after_s
from nightschool.records import RatePolicy

MINUTE_S = 60.0
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0


class Bucket:
    """A token bucket: a minute's amount, refilled evenly; what is taken in advance is waited for.

    Args:
        per_minute: what a minute gives; 0: no limit.
        clock: seconds that only grow.
    """

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._level = per_minute
        self._seen = clock()

    def take(self, amount: float) -> float:
        """Take an amount now; returns the seconds to wait until it is there (0: at once).

        Who takes more than a minute gives waits as if it were a minute's: it would never be there at once.
        """
        if not self._per_minute:
            return 0.0
        now = self._clock()
        self._level = min(self._per_minute, self._level + (now - self._seen) * self._per_minute / MINUTE_S)
        self._seen = now
        self._level -= min(amount, self._per_minute)
        return max(0.0, -self._level * MINUTE_S / self._per_minute)


class Limiter:
    """One endpoint's. Belongs to one event loop.

    Args:
        policy: the limits.
        clock: seconds that only grow.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        policy: RatePolicy = RatePolicy(),  # noqa: B008 - a frozen record
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._sleep = sleep
        self._calls = Bucket(policy.share * policy.requests_per_minute, clock)
        self._tokens = Bucket(policy.share * policy.tokens_per_minute, clock)
        at_once = max(1, int(policy.share * policy.max_concurrent)) if policy.max_concurrent else 0
        self._slots = asyncio.Semaphore(at_once) if at_once else contextlib.nullcontext()
        self._not_before = 0.0
        self._failures = 0
        self._probe = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def turn(self, tokens: int = 0) -> AsyncIterator[None]:
        """Wait until one more call may be made, and hold its place while it is.

        While the endpoint is down one call at a time tries it, after a pause that doubles each time.

        Args:
            tokens: that the call takes, in and out, by an estimate.
        """
        async with contextlib.AsyncExitStack() as held:
            await held.enter_async_context(self._slots)
            if self.is_down:
                probing = await held.enter_async_context(contextlib.AsyncExitStack())
                await probing.enter_async_context(self._probe)
                if not self.is_down:  # who tried before found it back: those who waited need not queue
                    await probing.aclose()
            await self._wait(max(self._calls.take(1), self._tokens.take(tokens)))
            while (left := self._not_before - self._clock()) > 0:
                await self._wait(left)
            yield

    @property
    def is_down(self) -> bool:
        """Whether so many calls in a row met an outage that it is not this one call's bad luck."""
        return bool(self._policy.breaker_failures) and self._failures >= self._policy.breaker_failures

    def succeeded(self) -> None:
        """Note a call that was answered, be it with a refusal: the endpoint is there."""
        self._failures = 0

    def failed(self, retry_after_s: float | None = None) -> None:
        """Note a call that met an outage; everybody waits as long as the endpoint asked."""
        self._failures += 1
        if retry_after_s is not None:
            self._pause(min(retry_after_s, LONGEST_PAUSE_S))
        elif self.is_down:
            doublings = self._failures - self._policy.breaker_failures
            self._pause(min(FIRST_PAUSE_S * 2.0 ** min(doublings, 10), LONGEST_PAUSE_S) * random.uniform(0.5, 1.0))

    def _pause(self, seconds: float) -> None:
        self._not_before = max(self._not_before, self._clock() + seconds)

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            await self._sleep(seconds)


@contextlib.asynccontextmanager
async def watched(limiter: Limiter, is_outage: Callable[[BaseException], bool] = is_outage) -> AsyncIterator[None]:
    """Tell a limiter how the call inside ended.

    Args:
        limiter: the endpoint's.
        is_outage: whether an exception means that the endpoint is not there.
    """
    try:
        yield
    except Exception as error:
        if is_outage(error):
            limiter.failed(retry_after_s(error))
        else:
            limiter.succeeded()
        raise
    limiter.succeeded()


class Limiters:
    """The limiters of all endpoints that a night talks to; who has the same address shares one.

    Args:
        policy: the limits of each.
    """

    def __init__(self, policy: RatePolicy) -> None:
        self._policy = policy
        self._by_address: dict[str, Limiter] = {}

    def of(self, base_url: str | None) -> Limiter:
        """The limiter of an address; empty or None is OpenAI's own."""
        return self._by_address.setdefault(str(base_url or "").rstrip("/"), Limiter(self._policy))
