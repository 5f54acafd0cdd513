"""Small sites: train and validation are pooled, so that neither is too small to learn from or to rank on."""

from __future__ import annotations

from nightschool.records import SearchPolicy, Splits
from nightschool.training.edits.demonstrations import may_be_shown


def pool(splits: Splits, policy: SearchPolicy) -> Splits:
    """The sets of a small site: what critiques read is also ranked on, but for what may stand in a prompt.

    An example that the owner allows as a demonstration stays in its own set alone, so that no prompt is ever ranked on a
    question that it answers itself. All the others are in both sets. The held-out set stays as it is.
    """
    of_train = tuple(example for example in splits.train if not may_be_shown(example, policy))
    of_validation = tuple(example for example in splits.validation if not may_be_shown(example, policy))
    return splits.model_copy(update={"train": (*splits.train, *of_validation), "validation": (*splits.validation, *of_train)})
