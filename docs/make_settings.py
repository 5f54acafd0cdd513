"""Writes docs/settings.md from the settings' own descriptions: `python docs/make_settings.py`."""

from __future__ import annotations

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
    sections = [(name, field) for name, field in Settings.model_fields.items() if isinstance(field.default, BaseModel)]
    plain = {name: field for name, field in Settings.model_fields.items() if not isinstance(field.default, BaseModel)}
    parts = [HEAD, _table(plain)]
    for name, field in sections:
        policy = type(field.default)
        parts += [f"## [{name}]\n\n{(policy.__doc__ or '').splitlines()[0]}\n", _table(policy.model_fields)]
    return "\n".join(parts)


def _table(fields: dict[str, FieldInfo]) -> str:
    rows = [f"| `{name}` | {_shown(field.default)} | {_cell(field.description or '')} |" for name, field in fields.items()]
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
