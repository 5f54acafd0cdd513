"""The two desks of the demo: on the real small model, and on the simulated one."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from demo.day import DeskSession

SEED = 7


@dataclass(frozen=True)
class Desk:
    """Who works here: the agent's factory, its model, its people, and the settings of its nights."""

    first_line: str
    factory: str
    seed_prompt: str
    model: str
    settings: str
    concurrency: int

    @contextlib.contextmanager
    def start_model(self, log: Path) -> Iterator[str]:
        """Run the desk's model; yields the base URL of its endpoint."""
        raise NotImplementedError

    def build_agent(self, prompt: str) -> Any:
        """What production would call."""
        from nightschool.agent import load_factory

        return load_factory(self.factory)(prompt)

    def sessions(self, day: date) -> Sequence[DeskSession]:
        """What people write on a day."""
        raise NotImplementedError

    def react(self, message: str, answer: str, earlier: tuple[str, ...]) -> Any:
        """What staff make of an answer: an object with `rating`, `correction` and `comment`."""
        raise NotImplementedError
