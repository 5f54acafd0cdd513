"""Writes docs/settings.md from the settings' own descriptions: `python docs/make_settings.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from nightschool.settings import Settings

PAGE = Path(__file__).with_name("settings.md")
HEAD = """\
# Settings

Read from the command line, the environment, `.env` and `nightschool.toml`, in this order: the first that has a value wins.
In the environment a setting is `NIGHTSCHOOL_` and its name in capitals, with two underscores between section and field:
`NIGHTSCHOOL_SEARCH__MAX_ITERATIONS=5`. `nightschool doctor` shows every value and where it came from.

This page is written by `python docs/make_settings.py`.
"""


def page() -> str:
    """The page's text."""
    return "\n".join([HEAD, _table(_plain(Settings), {}), *_sections(Settings)])


def _sections(model: type[BaseModel], above: str = "") -> Iterator[str]:
    """A heading and a table for each policy that a model holds, and for those that these hold."""
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            policy = type(field.default)
            yield f"## [{above}{name}]\n\n{(policy.__doc__ or '').splitlines()[0]}\n"
            yield _table(_plain(policy), dict(field.default))
            yield from _sections(policy, f"{above}{name}.")


def _plain(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {name: field for name, field in model.model_fields.items() if not isinstance(field.default, BaseModel)}


def _table(fields: dict[str, FieldInfo], held: Mapping[str, Any]) -> str:
    """`held`: the defaults that the settings hold, where they are others than the policy's own."""
    rows = [
        f"| `{name}` | {_shown(held.get(name, field.default))} | {_cell(field.description or '')} |"
        for name, field in fields.items()
    ]
    return "\n".join(["| setting | default | |", "| --- | --- | --- |", *rows]) + "\n"


def _shown(value: Any) -> str:
    if value in ("", ()) or (isinstance(value, SecretStr) and not value.get_secret_value()):
        return "(empty)"
    if isinstance(value, tuple):
        value = list(value)
    return f"`{value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
