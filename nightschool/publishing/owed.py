"""What promotions still owe to the agents is published: by the night that promoted, or by whoever comes next."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from nightschool.errors import ConfigError, PromotionError
from nightschool.publishing.publisher import Publisher, own_publisher
from nightschool.publishing.served_files import ServedFiles
from nightschool.registry import Incumbent, Registry
from nightschool.settings import Settings

FILE, AGNO = "file", "agno"


class _StaysOwed(Exception):
    """Tells the registry that the target is not published everywhere."""


def publish_owed(registry: Registry, settings: Settings) -> tuple[str, ...]:
    """Publish each target whose promotion was not published yet; again is harmless.

    Served files are written for every target. Other publishers belong to one agent, so with them the targets of other
    settings wait for a command with theirs. A target that can't be published keeps no other back, and stays owed.

    Returns:
        The targets that were published.

    Raises:
        PromotionError: naming the targets that could not be published, and why.
        ConfigError: where a publisher of the settings is none.
    """
    publishers = _publishers(settings)
    done: list[str] = []
    failed: list[str] = []
    for track, target in dict.fromkeys((item.track, item.target) for item in registry.pending("publish")):
        if set(publishers) != {FILE} and target != settings.target:
            continue
        problems = _publish(registry, track, target, publishers)
        if problems:
            failed.append(f"{target} ({'; '.join(problems)})")
        else:
            done.append(target)
    if failed:
        raise PromotionError(
            f"Promoted, but not published: {', '.join(failed)}. Agents that read there still get the prompt before.",
            next_step="Mend that, then run `nightschool history` or the night again: both publish what is owed.",
        )
    return tuple(done)


def _publishers(settings: Settings) -> Mapping[str, Publisher]:
    """The publishers of the settings, by their names there."""
    return {name: _named(name, settings) for name in settings.publishers}


def _named(name: str, settings: Settings) -> Publisher:
    if name == FILE:
        return ServedFiles(settings.home)
    if name == AGNO and settings.agent_python:
        raise ConfigError(
            "publishers: agno saves the agent as the factory builds it here, and agent_python says that it is built elsewhere",
            next_step="Take agno out of the publishers: with nightschool in the agent's environment, load_prompt serves it.",
        )
    if name == AGNO:
        from nightschool.publishing.agno_configs import AgnoConfigs

        return AgnoConfigs(settings.agent)
    return own_publisher(name)


def _publish(registry: Registry, track: str, target: str, publishers: Mapping[str, Publisher]) -> list[str]:
    """Publish one target everywhere; what could not be done, by publisher."""
    problems: list[str] = []

    def everywhere(incumbent: Incumbent) -> None:
        for name, publisher in publishers.items():
            try:
                publisher.publish(incumbent)
            except Exception as error:  # noqa: BLE001 - an owner's publisher, database or disk may raise anything
                problems.append(f"{name}: {error or type(error).__name__}")
        if problems:
            raise _StaysOwed

    with contextlib.suppress(_StaysOwed):
        registry.publish(track, target, everywhere)
    return problems
