"""Shorten: drops what the reward may not miss. It costs no call, and of two equal prompts the shorter one wins."""

from __future__ import annotations

import random
from collections.abc import Sequence

from nightschool.training.edits.base import Parent, Proposal
from nightschool.training.edits.demonstrations import join_demonstrations, split_block

KEPT_SHARE = 0.5
"""Of the demonstrations, where some are dropped."""


class ShortenEdit:
    """Prompts without one of their parent's paragraphs, or with half of its demonstrations."""

    kind = "shorten"

    async def propose(self, parent: Parent, count: int, rng: random.Random) -> Sequence[Proposal]:
        """At most a third of the count (at least one), each another way of dropping something."""
        instructions, demonstrations = split_block(parent.text)
        shorter = []
        if len(demonstrations) > 1:
            kept = demonstrations[: max(1, round(len(demonstrations) * KEPT_SHARE))]
            shorter.append((join_demonstrations(instructions, kept), f"{len(demonstrations) - len(kept)} demonstrations fewer"))
        paragraphs = _paragraphs(instructions)
        for number in rng.sample(range(len(paragraphs)), len(paragraphs)) if len(paragraphs) > 1 else ():
            left = "".join(paragraphs[:number] + paragraphs[number + 1 :]).rstrip()
            shorter.append((join_demonstrations(left, demonstrations), f"dropped: {paragraphs[number].strip()[:80]}"))
        return [Proposal(text=text, edit=self.kind, change=change) for text, change in shorter[: max(1, count // 3)]]


def _paragraphs(text: str) -> list[str]:
    """The lines of a text, with what separates them; empty ones belong to the line before, at the beginning to the first."""
    found: list[str] = []
    for line in text.splitlines(keepends=True):
        if found and not (line.strip() and found[-1].strip()):
            found[-1] += line
        else:
            found.append(line)
    return found
