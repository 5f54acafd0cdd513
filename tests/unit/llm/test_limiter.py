"""An endpoint is asked no faster than its owner allows, and hardly at all while it is down."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.llm import Limiter, Limiters, watched
from nightschool.llm.limiter import Bucket
from nightschool.records import RatePolicy


class Time:
    """A clock that sleeping moves on."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Time()


def a_limiter(clock, **policy):
    return Limiter(RatePolicy(**policy), clock=clock, sleep=clock.sleep)


async def seconds_of(limiter, clock, calls, tokens=0):
    before = clock.now
    for _ in range(calls):
        async with limiter.turn(tokens):
            pass
    return clock.now - before


async def test_without_limits_nobody_waits(clock):
    assert await seconds_of(a_limiter(clock), clock, 10_000, tokens=10**6) == 0


async def test_calls_a_minute(clock):
    assert await seconds_of(a_limiter(clock, requests_per_minute=60), clock, 180) == pytest.approx(120)


async def test_tokens_a_minute_whichever_is_slower(clock):
    limiter = a_limiter(clock, requests_per_minute=600, tokens_per_minute=6000)
    assert await seconds_of(limiter, clock, 90, tokens=100) == pytest.approx(30)


async def test_a_call_larger_than_a_minute_waits_a_minute_and_not_for_ever(clock):
    limiter = a_limiter(clock, tokens_per_minute=100)
    assert await seconds_of(limiter, clock, 2, tokens=10**6) == pytest.approx(60)


async def test_a_part_is_left_to_others(clock):
    assert await seconds_of(a_limiter(clock, requests_per_minute=60, share=0.5), clock, 60) == pytest.approx(60)


@given(
    st.lists(st.tuples(st.floats(0, 30), st.floats(0.1, 50)), min_size=1, max_size=40),
    st.floats(1, 200),
)
def test_no_minute_gives_more_than_a_minutes_amount_and_what_was_saved(steps, per_minute):
    clock, taken = Time(), []
    bucket = Bucket(per_minute, clock)
    for idle, amount in steps:
        clock.now += idle
        clock.now += bucket.take(amount)
        taken.append((clock.now, min(amount, per_minute)))
    for start, _ in taken:
        within = sum(amount for at, amount in taken if start <= at <= start + 60)
        assert within <= 2 * per_minute + max(amount for _, amount in taken) + 1e-6


async def test_so_many_at_once():
    limiter, inside, most = Limiter(RatePolicy(max_concurrent=3)), 0, 0

    async def call():
        nonlocal inside, most
        async with limiter.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(call() for _ in range(20)))
    assert most == 3


async def test_everybody_keeps_the_wait_that_one_was_told(clock):
    limiter = a_limiter(clock)
    limiter.failed(retry_after_s=7)
    assert await seconds_of(limiter, clock, 5) == 7


async def test_an_endless_wait_is_cut_short(clock):
    limiter = a_limiter(clock)
    limiter.failed(retry_after_s=86_400)
    assert await seconds_of(limiter, clock, 1) == 60


async def test_while_the_endpoint_is_down_one_at_a_time_tries_and_ever_more_rarely(clock):
    limiter, pauses = a_limiter(clock, breaker_failures=3), []
    for _ in range(12):
        before = clock.now
        with pytest.raises(OSError, match="down"):
            async with limiter.turn(), watched(limiter, lambda error: True):
                raise OSError("down")
        pauses.append(clock.now - before)
    assert pauses[:3] == [0, 0, 0]
    assert limiter.is_down
    assert all(
        low <= pause <= high for pause, (low, high) in zip(pauses[3:9], [(0.5 * 2**n, 2**n) for n in range(6)], strict=True)
    )
    assert max(pauses) <= 60

    inside = most = 0

    async def probe():
        nonlocal inside, most
        async with limiter.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(probe() for _ in range(5)))
    assert most == 1
    limiter.succeeded()
    assert not limiter.is_down


async def test_when_the_endpoint_is_back_those_who_waited_go_on_side_by_side():
    limiter = Limiter(RatePolicy(breaker_failures=1), clock=Time())
    limiter.failed(retry_after_s=0)
    inside = most = 0

    async def call():
        nonlocal inside, most
        async with limiter.turn(), watched(limiter):
            inside += 1
            most = max(most, inside)
            for _ in range(10):
                await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(call() for _ in range(5)))
    assert most == 4


async def test_a_refusal_is_an_answer(clock):
    limiter = a_limiter(clock, breaker_failures=2)
    for outage in (True, False, True):
        with pytest.raises(OSError, match="x"):
            async with limiter.turn(), watched(limiter, lambda error, outage=outage: outage):
                raise OSError("x")
    assert not limiter.is_down


def test_who_has_the_same_address_shares_one():
    limiters = Limiters(RatePolicy())
    assert limiters.of("http://127.0.0.1:1/v1") is limiters.of("http://127.0.0.1:1/v1/")
    assert limiters.of(None) is limiters.of("")
    assert limiters.of(None) is not limiters.of("http://127.0.0.1:1/v1")
