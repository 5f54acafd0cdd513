"""Where a search shares its rollouts with runners of other processes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nightschool.errors import ConfigError

if TYPE_CHECKING:
    from nightschool.evaluation import Evaluator
    from nightschool.records import Night

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Sharing:
    """An address to listen at, and what those who come must know."""

    host: str
    port: int
    token: str = ""


def sharing_at(address: str, token: str) -> Sharing | None:
    """Where to listen, like `127.0.0.1:4748`; None for an empty address.

    Raises:
        ConfigError: where it is no address, or is not of this machine alone and there is no token.
    """
    if not address:
        return None
    host, colon, port = address.rpartition(":")
    if not (colon and host and port.isdecimal()):
        raise ConfigError(
            f"operations.share_rollouts_at = {address!r} is no address and port.", next_step="Write it like 127.0.0.1:4748."
        )
    if host not in LOOPBACK and not token:
        raise ConfigError(
            f"Whoever reaches {address} could read conversations and report rewards: others are let in only with a token.",
            next_step="Set NIGHTSCHOOL_RUNNERS_TOKEN to the same long random text here and where the runners are.",
        )
    return Sharing(host, int(port), token)


async def attach(
    url: str, token: str, open_night: Callable[[Night], AbstractAsyncContextManager[Evaluator]], *, n_runners: int
) -> None:
    """Do rollouts of whatever night shares its search at a URL, until cancelled; what is under way then is given back.

    Args:
        url: like http://127.0.0.1:4748; where nobody is there, it is waited for.
        token: what the night asks for.
        open_night: opens what runs and grades rollouts of a night, without a limit: the night holds places in its own budget.
        n_runners: rollouts at the same time, which the evaluator keeps to; a few more are fetched ahead.

    Raises:
        ConfigError: where the night has another agent, other settings or another journal than this process.
    """
    from nightschool.training.lightning.attached import AttachedRunners

    await AttachedRunners(url, token, open_night, n_runners=n_runners).run()
