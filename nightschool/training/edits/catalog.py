"""From the names in the settings to edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.errors import ConfigError
from nightschool.records import SearchPolicy
from nightschool.training.edits.base import Edit
from nightschool.training.edits.critique import CritiqueEdit
from nightschool.training.edits.demonstrations import DemonstrationsEdit
from nightschool.training.edits.merge import MergeEdit
from nightschool.training.edits.shorten import ShortenEdit

if TYPE_CHECKING:
    from nightschool.llm import LLM

KINDS = ("critique", "merge", "demonstrations", "shorten")


def edits_of(policy: SearchPolicy, llm: LLM) -> list[Edit]:
    """The edits that a policy names, in its order.

    Raises:
        ConfigError: for a name that is neither a known kind nor an importable object.
    """
    return [_edit(name, policy, llm) for name in policy.edits]


def _edit(name: str, policy: SearchPolicy, llm: LLM) -> Edit:
    if name == "critique":
        return CritiqueEdit(llm, policy)
    if name == "demonstrations":
        return DemonstrationsEdit(policy)
    if name == "merge":
        return MergeEdit(llm, policy)
    if name == "shorten":
        return ShortenEdit()
    if ":" in name:
        return _import(name)
    raise ConfigError(
        f"there is no edit {name!r} (search.edits)",
        next_step=f"Known edits: {', '.join(KINDS)}, or package.module:object of your own.",
    )


def _import(name: str) -> Edit:
    import pkgutil

    try:
        found: Edit = pkgutil.resolve_name(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"the edit {name} can't be imported: {error}", next_step="Correct search.edits.") from error
    if not (hasattr(found, "kind") and callable(getattr(found, "propose", None))):
        raise ConfigError(
            f"{name} is no edit: a {type(found).__name__} has no `propose` or no `kind` (search.edits)",
            next_step="Name an object with both, as nightschool.training.edits.Edit describes.",
        )
    return found
