"""How a model of parameters looks as a form in Prefect's UI; choices and defaults are read when the form is made."""

from __future__ import annotations

from typing import Any

from nightschool.errors import NightschoolError
from nightschool.settings import Settings, load_settings


def as_form(schema: dict[str, Any]) -> None:
    """Show what may be left empty as a plain field, and what the settings say as its default (`json_schema_extra`).

    Prefect's UI would show "X or None" as a switch between two kinds of fields, with the date picker behind it.
    """
    shown = _defaults()
    for name, field in schema["properties"].items():
        kinds = field.get("anyOf", [])
        if {"type": "null"} not in kinds:
            continue
        [kind] = [kind for kind in kinds if kind != {"type": "null"}]
        del field["anyOf"], field["default"]
        field |= kind | ({"default": shown[name]} if name in shown else {})


def _defaults() -> dict[str, Any]:
    """What the settings say now, for the fields of which a person should see it."""
    try:
        search = load_settings().search
    except NightschoolError:
        return {}
    return {"algorithm": search.algorithm, "strategy": search.strategy, "iterations": search.max_iterations}


def as_choice_of_targets(schema: dict[str, Any]) -> None:
    """Make a field's JSON schema a choice of the targets that are known where the form is made.

    Without settings that can be used the field stays a free text.
    """
    try:
        settings = load_settings()
        known = known_targets(settings)
    except NightschoolError:
        return
    schema.pop("anyOf", None)
    schema |= {"type": "string", "enum": known, "default": settings.target}


def known_targets(settings: Settings) -> list[str]:
    """The settings' target first, then those that have an incumbent on the settings' track, by name."""
    others = {target for track, target in _standing(settings) if track == settings.track}
    return [settings.target, *sorted(others - {settings.target})]


def _standing(settings: Settings) -> tuple[tuple[str, str], ...]:
    from nightschool.registry import Registry

    if not settings.registry_url and not (settings.home / "registry.db").exists():
        return ()  # nothing is made by looking at a form
    with Registry(settings.database_url("registry")) as registry:
        return registry.targets()
