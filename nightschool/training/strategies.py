"""Progressive search: easy questions first, then medium, then hard; the winner of one search seeds the next.

Each search learns from the questions of its own difficulty, and ranks on those of all difficulties up to it, so that what
was won before is not lost. The seed prompt takes part in every race, so that the last one says what the whole way has won.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nightschool.errors import ConfigError
from nightschool.records import Candidate, Example, SearchResult

LEVELS = ("easy", "medium", "hard")
FEWEST = 4
"""Fewer examples to learn from or to rank on are no level of their own."""
STOPPED_BY_BUDGET = "BudgetExhausted"


@dataclass(frozen=True)
class Part:
    """What one of several searches works with; `found_before` is the way from the seed prompt to the last winner."""

    train: Sequence[Example]
    validation: Sequence[Example]
    iterations: int
    level: str = ""
    found_before: Sequence[Candidate] = ()


async def progressive(
    whole: Part, search: Callable[[Part], Awaitable[SearchResult]], tell: Callable[[str], None] = lambda _: None
) -> SearchResult:
    """Search level by level.

    Args:
        whole: all examples, and the iterations of all levels together (each level has one at least).
        search: runs one search.
        tell: receives the lines of a live log.

    Returns:
        The last level's result with all levels' candidates, rollouts and warnings.

    Raises:
        ConfigError: where no level has examples enough.
    """
    parts = levels_of(whole)
    results: list[SearchResult] = []
    for part in parts:
        tell(f"Level {part.level}: {len(part.train)} examples to learn from, {len(part.validation)} to rank on")
        before = way_to_winner(results[-1]) if results else ()
        results.append(await search(Part(part.train, part.validation, part.iterations, part.level, before)))
        if results[-1].stopped.startswith(STOPPED_BY_BUDGET):
            break
    return _together(parts, results)


def levels_of(whole: Part) -> list[Part]:
    """The levels that have examples enough; the last one ranks on all examples.

    Raises:
        ConfigError: where there is none.
    """
    found = []
    for number, level in enumerate(LEVELS, start=1):
        train = [example for example in whole.train if example.difficulty == level]
        validation = [example for example in whole.validation if example.difficulty in LEVELS[:number]]
        if len(train) >= FEWEST and len(validation) >= FEWEST:
            found.append((level, train, validation))
    if not found:
        raise ConfigError(
            f"no difficulty has {FEWEST} examples to learn from and {FEWEST} to rank on (search.strategy = progressive)",
            next_step="Use --strategy single until there are more examples.",
        )
    found[-1] = (found[-1][0], found[-1][1], list(whole.validation))
    shares = [whole.iterations // len(found) + (number < whole.iterations % len(found)) for number in range(len(found))]
    return [
        Part(train, validation, max(1, share), level) for (level, train, validation), share in zip(found, shares, strict=True)
    ]


def way_to_winner(result: SearchResult) -> tuple[Candidate, ...]:
    """The candidates from the seed prompt (left out) to the winner (last); none where the seed prompt won."""
    by_version = {candidate.version: candidate for candidate in result.candidates}
    way: list[Candidate] = []
    step = result.challenger
    while step is not None and step.version != result.seed.version:
        way.append(step)
        step = by_version.get(step.parent)
    return tuple(reversed(way))


def _together(parts: Sequence[Part], results: Sequence[SearchResult]) -> SearchResult:
    # Where the purse was empty before a level's first race was done, the level before it has the last word.
    last = next((result for result in reversed(results) if result.rewards_by_iteration), results[-1])
    candidates = {candidate.version: candidate for result in results for candidate in result.candidates}
    dropped: dict[str, int] = {}
    for result in results:
        for reason, number in result.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + number
    return last.model_copy(
        update={
            "candidates": tuple(candidates.values()),
            "rollouts": sum(result.rollouts for result in results),
            "warnings": tuple(warning for result in results for warning in result.warnings),
            "dropped": dict(sorted(dropped.items())),
            "stopped": "; ".join(f"{part.level}: {result.stopped}" for part, result in zip(parts, results, strict=False)),
        }
    )
