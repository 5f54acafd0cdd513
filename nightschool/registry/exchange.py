"""Prompts as a file that other programs and other registries read: `best_prompts.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field, ValidationError

from nightschool.errors import DataError
from nightschool.records import Lineage, Record, StoredRecord, version_of
from nightschool.registry.entries import StoredVerdict, Transition
from nightschool.registry.store import Registry

_NEXT = (
    'Give a file that `nightschool export` wrote, or {"best_prompt": {"prompt_text": "…"}, "prompts": [{"prompt_text": "…"}]}.'
)


class ExportedPrompt(Record):
    """A prompt that was served at some time, and what its exam said."""

    prompt_text: str = Field(min_length=1)
    version: str = ""
    reward: float | None = Field(default=None, description="mean held-out reward at its exam; None without one")
    served_since: str = Field(default="", description="when it became the incumbent, for the last time; ISO, UTC")
    lineage: Lineage = Lineage()


class PromptsFile(StoredRecord):
    """The prompts of one target; `best_prompt` is the one that is served."""

    target: str = ""
    track: str = ""
    best_prompt: ExportedPrompt | None = None
    prompts: tuple[ExportedPrompt, ...] = Field(default=(), description="each once, in the order in which they were served first")

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts, each once; the best one last."""
        best = [self.best_prompt.prompt_text] if self.best_prompt else []
        return tuple(dict.fromkeys([*(p.prompt_text for p in self.prompts if p.prompt_text not in best), *best]))


def export_prompts(registry: Registry, track: str, target: str) -> PromptsFile:
    """Everything that a target was ever served with."""
    moves = registry.history(track, target)
    rewards = _rewards(registry.verdicts(track, target))
    since = {move.version: move for move in moves}
    prompts = {version: _exported(registry, since[version], rewards) for version in dict.fromkeys(move.version for move in moves)}
    best = prompts[moves[-1].version] if moves else None
    return PromptsFile(target=target, track=track, best_prompt=best, prompts=tuple(prompts.values()))


def read_prompts(content: str) -> PromptsFile:
    """A file of prompts, of ours or of a program before us: a list of prompts, or an object with `best_prompt` and `prompts`.

    Raises:
        DataError: where it is no such file, or a prompt in it is not what its version names.
    """
    try:
        found = json.loads(content)
        fields = {"prompts": found} if isinstance(found, list) else found
        file = PromptsFile.model_validate(_known(fields))
    except (ValueError, TypeError, AttributeError) as problem:
        raise DataError(f"this is no file of prompts: {_first_line(problem)}", next_step=_NEXT) from problem
    for prompt in (*file.prompts, *([file.best_prompt] if file.best_prompt else [])):
        if prompt.version and prompt.version != version_of(prompt.prompt_text):
            raise DataError(f"the text of {prompt.version} is not the one that this version names", next_step=_NEXT)
    if not file.texts:
        raise DataError("there is no prompt in this file", next_step=_NEXT)
    return file


def import_prompts(
    registry: Registry, file: PromptsFile, track: str, target: str, *, source: str, locked: str = ""
) -> Transition | None:
    """Keep the prompts as versions. Where the target has no incumbent yet, the best one becomes it.

    Args:
        registry: where they are kept.
        file: what is imported.
        track: whose incumbent is looked at.
        target: likewise.
        source: names the file in the lineage.
        locked: text that a prompt must have to be served.

    Returns:
        The move, where there was one.

    Raises:
        ConfigError: where the best one lacks the locked text; all are kept then, and none is served.
    """
    for text in file.texts:
        registry.add_version(text, Lineage(track=track, target=target, note=f"imported from {source}"))
    if file.best_prompt is None or registry.incumbent(track, target) is not None:
        return None
    return registry.by_hand.adopt(track, target, file.best_prompt.prompt_text, reason=f"imported from {source}", locked=locked)


def _rewards(verdicts: Sequence[StoredVerdict]) -> dict[str, float | None]:
    """The held-out mean of each challenger at its last exam."""
    return {stored.challenger: stored.verdict.mean_challenger for stored in verdicts}


def _exported(registry: Registry, move: Transition, rewards: dict[str, float | None]) -> ExportedPrompt:
    kept = registry.version(move.version)
    return ExportedPrompt(
        prompt_text=kept.text,
        version=kept.version,
        reward=rewards.get(kept.version),
        served_since=move.at.isoformat(),
        lineage=kept.lineage,
    )


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that we read; other programs' own ones are left out."""
    chosen = {name: fields[name] for name in PromptsFile.model_fields if name in fields}
    if chosen.get("best_prompt"):
        chosen["best_prompt"] = _known_prompt(chosen["best_prompt"])
    chosen["prompts"] = [_known_prompt(prompt) for prompt in _listed(chosen.get("prompts", ()))]
    return chosen


def _listed(prompts: Iterable[Any]) -> Iterable[Any]:
    return prompts.values() if isinstance(prompts, dict) else prompts


def _known_prompt(prompt: Any) -> dict[str, Any]:
    if isinstance(prompt, str):
        return {"prompt_text": prompt}
    return {name: prompt[name] for name in ExportedPrompt.model_fields if name in prompt}


def _first_line(problem: Exception) -> str:
    if isinstance(problem, ValidationError):
        first = problem.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(problem).partition("\n")[0]
