"""Whether production serves what the registry says: told as warnings, because only the owner can change it."""

from __future__ import annotations

from collections.abc import Iterator

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import in_force
from nightschool.records import NightStart, version_of
from nightschool.registry import PRODUCTION
from nightschool.settings import Settings
from nightschool.training import placeholders_of
from tasks.workshop import agent_host, artifacts, registry

LEAST_TURNS = 5
"""With fewer fresh turns nothing is said of production."""


def served_warnings(settings: Settings, start: NightStart, turns: ArtifactRef) -> tuple[str, ...]:
    """What speaks against the incumbent being what production answers with; other tracks are not served."""
    if start.night.track != PRODUCTION or "/" in start.night.target:  # turns of a domain are among all the others
        return ()
    return (*_in_production(settings, start, turns), *_in_the_factory(settings, start))


def _in_production(settings: Settings, start: NightStart, turns: ArtifactRef) -> Iterator[str]:
    """Most fresh turns were answered under another system message."""
    with registry(settings) as book:
        incumbent = book.version(start.incumbent)
        moves = [move for move in book.history(start.night.track, start.night.target) if move.at < start.started_at]
    if placeholders_of(incumbent.text):
        return  # what production filled in is not known here
    since = next((move.at for move in reversed(moves) if move.version == start.incumbent and move.kind != "seed"), None)
    found = in_force(artifacts(settings).path(turns), incumbent.text, since)
    if found.turns >= LEAST_TURNS and 2 * found.with_prompt < found.turns:
        yield (
            f"Only {found.with_prompt} of {found.turns} fresh turns had the incumbent {start.incumbent}: production "
            f"says “{found.commonest_other}…”. Load the prompt with load_prompt, or adopt the one that is served."
        )


def _in_the_factory(settings: Settings, start: NightStart) -> Iterator[str]:
    """The factory's default is none of the prompts that were ever served: somebody changed it by hand."""
    default = agent_host(settings).default_prompt()
    with registry(settings) as book:
        served = {move.version for move in book.history(start.night.track, start.night.target)}
    if default.strip() and version_of(default) not in served:
        yield (
            f"The factory's default prompt ({version_of(default)}) is not the incumbent {start.incumbent}, and never was: "
            "if it was changed by hand, adopt it (`nightschool adopt FILE`), else it is served only where none can be loaded."
        )
