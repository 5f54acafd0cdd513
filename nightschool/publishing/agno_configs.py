"""Agno's own versioned configs: `Agent.load(id, db=…)` and Agno's servers then build the agent with the promoted prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nightschool.agent import load_factory
from nightschool.errors import ConfigError
from nightschool.records import digest_of
from nightschool.registry import Incumbent


@dataclass(frozen=True)
class AgnoConfigs:
    """The published configs in the database of the agent that the factory builds.

    A config is labelled with the prompt's version and a digest of itself, so that publishing it again, or going back to a
    prompt that was served before, moves Agno's pointer and writes no second copy.
    """

    factory: str

    def publish(self, incumbent: Incumbent) -> None:
        """Make the agent with the incumbent's prompt the published config of its id.

        Raises:
            ConfigError: where the factory's agent has no database, or one that Agno can't save configs to.
        """
        agent = load_factory(self.factory)(incumbent.prompt.text)
        db = _database_of(agent, self.factory)
        label = f"nightschool-{incumbent.prompt.version}-{digest_of(agent.to_dict())[:6]}"
        known = db.get_config(component_id=agent.id, label=label)
        if known is None:
            notes = f"Served by nightschool for {incumbent.target} since {incumbent.moved_at:%Y-%m-%d %H:%M} UTC."
            agent.save(stage="published", label=label, notes=notes)
        else:
            db.set_current_version(agent.id, known["version"])


def _database_of(agent: Any, factory: str) -> Any:
    from agno.db.base import BaseDb

    if not isinstance(agent.db, BaseDb):
        raise ConfigError(
            f"publishers: Agno keeps configs in the agent's own database, and {factory} gives an agent "
            f"{'without one' if agent.db is None else 'with an asynchronous one'}",
            next_step="Let the factory build its agent with a db, or take agno out of the publishers.",
        )
    if agent.id is None:
        raise ConfigError(
            f"publishers: {factory} gives an agent without an id, by which Agno finds its config",
            next_step='Give it one: Agent(id="support", …).',
        )
    return agent.db
