"""Every setting with its value and where it came from, also where some of them are wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import AliasChoices, BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsError, TomlConfigSettingsSource
from pydantic_settings.sources import PydanticBaseSettingsSource

from nightschool.records import Record, canonical_json
from nightschool.settings import SETTINGS_FILE, DotEnv, Environment, Settings

MASK = "********"
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]+@")

Found = list[tuple[str, Mapping[str, Any]]]


class SourcedSetting(Record):
    """One setting as it is in force; secrets are masked."""

    name: str
    value: str
    source: str
    is_default: bool
    description: str = ""


def sourced_settings(given: Mapping[str, Any]) -> list[SourcedSetting]:
    """All settings, in the order of the settings model; after them what is set and is no setting.

    Args:
        given: the settings that the command line set.
    """
    found: Found = [("command line", given), *_read_sources()]
    known = dict(_leaves(Settings))
    return [_sourced(path, field, found) for path, field in known.items()] + _unknown(known, found)


def masked(value: Any, *, is_secret: bool = False) -> str:
    """A value as it may be shown: no secret, no password in a URL."""
    if is_secret:
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        return MASK if text else ""
    text = value if isinstance(value, str) else _plain(value)
    return _PASSWORD_IN_URL.sub(rf"\1:{MASK}@", text)


def _read_sources() -> Found:
    sources: dict[str, type[PydanticBaseSettingsSource]] = {
        "environment": Environment,
        ".env": DotEnv,
        SETTINGS_FILE: TomlConfigSettingsSource,
    }
    return [(name, _read(source)) for name, source in sources.items()]


def _read(source: type[PydanticBaseSettingsSource]) -> Mapping[str, Any]:
    try:
        return source(Settings)()
    except (tomllib.TOMLDecodeError, SettingsError):
        return {}  # what is wrong with it is said where the settings are loaded


def _leaves(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from _leaves(type(field.default), (*above, name))
        else:
            yield (*above, name), field


def _sourced(path: tuple[str, ...], field: FieldInfo, found: Found) -> SourcedSetting:
    is_secret = field.annotation is SecretStr
    names = _names(path, field)
    for source, values in found:
        for name in names:
            present, value = _look_up(values, name)
            if present:
                return _record(path, field, masked(value, is_secret=is_secret), source)
    return _record(path, field, masked(field.default, is_secret=is_secret), "default")


def _unknown(known: Mapping[tuple[str, ...], FieldInfo], found: Found) -> list[SourcedSetting]:
    taken = {name for path, field in known.items() for name in _names(path, field)}
    sections = {path[:-1] for path in known}
    return [
        SourcedSetting(name=".".join(path), value="(no such setting)", source=source, is_default=False)
        for source, values in found
        for path in _paths(values, sections)
        if path not in taken
    ]


def _paths(values: Mapping[str, Any], sections: set[tuple[str, ...]], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in values.items():
        path = (*above, name)
        if path in sections and isinstance(value, Mapping):
            yield from _paths(value, sections, path)
        else:
            yield path


def _record(path: tuple[str, ...], field: FieldInfo, value: str, source: str) -> SourcedSetting:
    return SourcedSetting(
        name=".".join(path), value=value, source=source, is_default=source == "default", description=field.description or ""
    )


def _names(path: tuple[str, ...], field: FieldInfo) -> list[tuple[str, ...]]:
    """The paths under which sources may hold a field: its own, and those of its aliases."""
    aliases = field.validation_alias.choices if isinstance(field.validation_alias, AliasChoices) else []
    return [path, *((*path[:-1], str(alias)) for alias in aliases)]


def _look_up(values: Mapping[str, Any], path: tuple[str, ...]) -> tuple[bool, Any]:
    here: Any = values
    for part in path:
        if not isinstance(here, Mapping) or part not in here:
            return False, None
        here = here[part]
    return True, here


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, int | float) or not isinstance(value, list | tuple) else canonical_json(value)
