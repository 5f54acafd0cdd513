"""A target of its own for each domain: `support/math` beside `support/conversation`, each with its own incumbent and exam."""

from __future__ import annotations

from nightschool.dataset import Prepared, domains_of, of_domain
from nightschool.errors import NoData
from nightschool.settings import Settings
from tasks.workshop import artifacts


def is_divided(settings: Settings) -> bool:
    """Whether the target is a whole one whose domains are retrained instead of it."""
    return settings.search.strategy == "per_domain" and not _domain(settings)


def domains_tonight(settings: Settings, sets: Prepared) -> list[str]:
    """The domains with questions enough to learn from and to rank on, the largest first.

    Raises:
        NoData: where none has, with the size of each.
    """
    sizes = domains_of(artifacts(settings), sets.examples)
    fewest = settings.data.min_train + settings.data.min_validation
    found = [domain for domain, size in sizes.items() if size >= fewest]
    if not found:
        listed = ", ".join(f"{domain} {size}" for domain, size in sizes.items())
        raise NoData(
            f"No domain of {settings.target} has {fewest} questions (data.min_train + data.min_validation): {listed}",
            next_step="Use --strategy single, or a longer window (--days).",
        )
    return found


def own_part(settings: Settings, sets: Prepared) -> Prepared:
    """The sets of a night: those of the target's own domain where each domain is a target of its own, else all."""
    if settings.search.strategy != "per_domain" or is_divided(settings):
        return sets
    return of_domain(artifacts(settings), sets, _domain(settings), settings.data)


def _domain(settings: Settings) -> str:
    """What stands behind the target's slash; empty for a whole target."""
    return settings.target.partition("/")[2]
