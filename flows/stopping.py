"""A run that was told to stop, stops.

Prefect raises `TerminationSignal` from its handler of SIGTERM, wherever the main thread happens to be. In a callback of the
event loop (a socket's write, a timer) asyncio logs what was raised and goes on: the run then works to its end, and a night
that somebody cancelled would promote. Here the event loop hears of the signal too, and ends the run if nothing else does.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator

from prefect.exceptions import TerminationSignal

GRACE_S = 2.0
"""How long what Prefect's handler raised has to end the run, before it counts as lost."""
_NOBODY = -1


@contextlib.contextmanager
def stopped_by_sigterm(grace_s: float = GRACE_S) -> Iterator[None]:
    """End the flow's own task where the exception for a SIGTERM was lost on its way.

    A run inside of another is ended with it, by the outer one. Does nothing outside of the main thread, which alone
    receives signals.

    Raises:
        TerminationSignal: as Prefect's handler does, but `grace_s` seconds after the signal
    """
    task, loop, lost = asyncio.current_task(), asyncio.get_running_loop(), False
    assert task is not None

    def end() -> None:
        nonlocal lost
        lost = task.cancel()

    with _on_sigterm(loop, lambda: loop.call_later(grace_s, end)):
        try:
            yield
        except asyncio.CancelledError:
            if not lost:
                raise
            task.uncancel()
            raise TerminationSignal(signal.SIGTERM) from None


@contextlib.contextmanager
def _on_sigterm(loop: asyncio.AbstractEventLoop, plan: Callable[[], asyncio.TimerHandle]) -> Iterator[None]:
    """Let the loop make a plan at each SIGTERM, whatever the signal's handler does; what was planned is dropped at the end."""
    plans: list[asyncio.TimerHandle] = []
    heard, said = socket.socketpair()
    with heard, said:
        said.setblocking(False)
        if not _tell(said.fileno()):
            yield
            return
        loop.add_reader(heard, lambda: plans.append(plan()) if signal.SIGTERM in heard.recv(1) else None)
        try:
            yield
        finally:
            loop.remove_reader(heard)
            signal.set_wakeup_fd(_NOBODY)
            for each in plans:
                each.cancel()


def _tell(descriptor: int) -> bool:
    """Have the number of each signal written there; False where this cannot be, or somebody is told already."""
    if threading.current_thread() is not threading.main_thread():
        return False
    told_before = signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)
    if told_before != _NOBODY:
        signal.set_wakeup_fd(told_before)
    return told_before == _NOBODY
