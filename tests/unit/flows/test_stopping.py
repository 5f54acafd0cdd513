"""A SIGTERM ends the run, also where asyncio swallows what its handler raises."""

import asyncio
import signal
import threading

import pytest
from prefect.exceptions import TerminationSignal

from flows.stopping import stopped_by_sigterm


@pytest.fixture(autouse=True)
def prefects_handler():
    def handler(number, _frame):
        raise TerminationSignal(number)

    before = signal.signal(signal.SIGTERM, handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
async def swallowed():
    """What the loop logs and forgets."""
    seen = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: seen.append(context["exception"]))
    return seen


def in_a_callback():
    asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)


async def for_ever():
    await asyncio.Event().wait()


async def test_a_signal_that_a_callback_swallows_ends_the_run(swallowed):
    in_a_callback()
    with pytest.raises(TerminationSignal), stopped_by_sigterm(grace_s=0):
        await for_ever()
    assert [type(error) for error in swallowed] == [TerminationSignal]
    await asyncio.sleep(0)  # what comes after may wait: the task is no longer being cancelled
    assert asyncio.current_task().cancelling() == 0


async def test_a_run_inside_of_another_ends_with_it(swallowed):
    async def inner():
        with stopped_by_sigterm(grace_s=0):
            await for_ever()

    in_a_callback()
    with pytest.raises(TerminationSignal), stopped_by_sigterm(grace_s=0):
        await asyncio.gather(inner(), inner())
    assert len(swallowed) == 1


async def test_what_arrives_is_left_to_clean_up_in_peace():
    async def run():
        with stopped_by_sigterm():
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                await asyncio.sleep(0.01)  # a cancelled task could not
                cleaned.append(True)

    cleaned = []
    with pytest.raises(TerminationSignal):
        await run()
    assert cleaned == [True]


async def test_a_cancelled_run_is_no_signal():
    async def run():
        with stopped_by_sigterm():
            await for_ever()

    running = asyncio.create_task(run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_other_signals_are_none_of_its_business():
    heard = []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: heard.append(number))
    try:
        with stopped_by_sigterm(grace_s=0):
            signal.raise_signal(signal.SIGUSR1)
            await asyncio.sleep(0.01)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == [signal.SIGUSR1]


def test_outside_of_the_main_thread_it_does_nothing():
    ended = []

    async def run():
        with stopped_by_sigterm():
            ended.append(True)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    thread.join()
    assert ended == [True]


async def test_it_leaves_nothing_behind():
    with stopped_by_sigterm():
        pass
    assert signal.set_wakeup_fd(-1) == -1
