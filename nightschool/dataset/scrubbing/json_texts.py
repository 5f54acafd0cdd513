"""JSON texts as plain parts without escapes, in which a value is found as in any text, and back again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from nightschool.dataset.connection import quoted

_BACKSLASH, _QUOTE = "\ufdd0", "\ufdd1"  # noncharacters: no text has them (Unicode, 23.7)
_CONTROLS = {json.dumps(chr(code))[1:-1]: chr(code) for code in range(0x20)}
_ESCAPED = {"\\\\": _BACKSLASH, '\\"': _QUOTE} | _CONTROLS
_FROM_PLAIN = str.maketrans({plain: escape for escape, plain in _ESCAPED.items()})
_ESCAPE = re.compile(r"\\(?:u00[01][0-9a-f]|.)")
_PLAIN = re.compile("[\x00-\x1f\ufdd0\ufdd1]")
_NEEDS_REWRITING = re.compile(r"[\x00-\x1f]|\\[u/]|[\ufdd0\ufdd1]")
BETWEEN_MESSAGES = ',{"role":"'
"""Stands in a dialogue, as extraction writes it, nowhere but between two messages: within one its quotes have backslashes."""
_DIALOGUE_BEGINS, _DIALOGUE_ENDS = '[{"role":"', '"}]'
_MESSAGE = re.compile(r'((?:\[\{"role":")?[a-z]++","content":")((?:[^"\\]++|\\.)*+)("\}\]?)', re.DOTALL)
# Where one message ends and the next begins. Outside of JSON's own marks no quote stands without a backslash.
_ROLE = r'"role": "\w*"'
_BORDER = re.compile(
    rf'(\A\[\{{(?:{_ROLE}, )?"content": "'
    rf'|", {_ROLE}\}}(?:\]\Z|, \{{"content": ")'
    rf'|"\}}(?:\]\Z|, \{{"(?:{_ROLE[1:]}, "content": ")?))'
)


def parts_of(text: str) -> tuple[list[str], bool]:
    """A text's parts, and whether it is JSON: then every second part is a border between messages, which stays as it is."""
    if (text[:2], text[-1:]) not in (("[{", "]"), ('{"', "}"), ('["', "]"), ("[[", "]")):
        return [text], False
    if _NEEDS_REWRITING.search(text):
        value = loaded(text.replace(_BACKSLASH, "").replace(_QUOTE, ""))
        if value is None:
            return [text], False
        text = json.dumps(value, ensure_ascii=False)
    return _BORDER.split(text), True


def plain(part: str) -> str:
    """A part of a JSON text without escapes."""
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[0], found[0]), part) if "\\" in part else part


def escaped(part: str) -> str:
    """Undo `plain`."""
    return part.translate(_FROM_PLAIN) if _PLAIN.search(part) else part


def is_dialogue(text: str) -> bool:
    """Whether a text looks like a list of messages as extraction writes it, and may be cut between them."""
    return text.startswith(_DIALOGUE_BEGINS) and text.endswith(_DIALOGUE_ENDS)


def is_dialogue_in_sql(text: str) -> str:
    """The same as an SQL expression."""
    return f"(starts_with({text}, {quoted(_DIALOGUE_BEGINS)}) AND ends_with({text}, {quoted(_DIALOGUE_ENDS)}))"


def message_of(piece: str) -> tuple[str, str, str] | None:
    """A message between two cuts as what stands before its content, its content without escapes, and what stands after it.

    None for what is no message with a role and a content, and nothing else.
    """
    found = _MESSAGE.fullmatch(piece)
    if found is None:
        return None
    before, content, after = found.groups()
    if _NEEDS_REWRITING.search(content):
        value = loaded(f'["{content.replace(_BACKSLASH, "").replace(_QUOTE, "")}"]')
        if value is None:
            return None
        content = json.dumps(value[0], ensure_ascii=False)[1:-1]
    return before, plain(content), after


def loaded(text: str) -> Any:
    """The value of a JSON object or list; None for any other text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def walked(value: Any, edit: Callable[[str], str], key: str = "") -> Any:
    """A JSON value whose texts and numbers are edited one by one, each while its key is in sight."""
    if isinstance(value, dict):
        return {edit(name): walked(inner, edit, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [walked(inner, edit, key) for inner in value]
    if isinstance(value, str):
        return _beside_its_key(value, edit, key)
    if isinstance(value, int) and not isinstance(value, bool):
        made = _beside_its_key(str(value), edit, key)
        return value if made == str(value) else int(made) if made.isdecimal() and not made.startswith("0") else made
    return value


def _beside_its_key(value: str, edit: Callable[[str], str], key: str) -> str:
    before = f'"{key}": "'
    made = edit(f'{before}{value}"')
    return made[len(before) : -1] if made.startswith(before) and made.endswith('"') else edit(value)
