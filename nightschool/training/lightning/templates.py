"""Renders agentlightning's own critique and edit prompts in Python.

The package renders its POML files by starting Node.js for each: a second of processor time that blocks the loop. The five
files use a small part of POML, which is rendered here; a contract test compares the result with POML's own.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from agentlightning.algorithm.apo.apo import APPLY_EDIT_PROMPT_FILES, GRADIENT_PROMPT_FILES

from nightschool.training.edits.trimming import Render

CAPTIONED = {"role": "Role", "task": "Task", "output-format": "Output Format"}
INLINE = {"b": "**", "i": "*", "code": "`"}
_EXPRESSION = re.compile(r"\{\{\s*(.+?)\s*\}\}")


def critiques_of(prompt: str, rng: random.Random) -> list[Render]:
    """The package's three ways to ask for a critique of some rollouts, in a drawn order.

    A rollout has `status`, `final_reward`, `messages` and `spans`.

    Args:
        prompt: the prompt that is criticised.
        rng: draws the order.
    """

    def asking(path: Path) -> Render:
        return lambda experiments: render(path, {"prompt_template": prompt, "experiments": list(experiments)})

    return [asking(path) for path in rng.sample(GRADIENT_PROMPT_FILES, len(GRADIENT_PROMPT_FILES))]


def edit_messages(prompt: str, critique: str, rng: random.Random) -> list[dict[str, str]]:
    """The chat that asks for the edited prompt, in one of the package's two variants."""
    return render(rng.choice(APPLY_EDIT_PROMPT_FILES), {"prompt_template": prompt, "critique": critique})


def render(path: Path, context: Mapping[str, Any]) -> list[dict[str, str]]:
    """One POML file as OpenAI chat messages: what stands outside of `human-msg` is the system message where there is one."""
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314  # the installed package's own file
    human = root.find("human-msg")
    if human is None:
        return [{"role": "user", "content": _blocks(root, context, depth=1)}]
    root.remove(human)
    return [
        {"role": "system", "content": _blocks(root, context, depth=1)},
        {"role": "user", "content": _blocks(human, context, depth=1)},
    ]


def _blocks(parent: ElementTree.Element, context: Mapping[str, Any], depth: int) -> str:
    parts = [_text(parent.text, context)]
    for child in parent:
        parts += [_block(child, scope, depth) for scope in _scopes(child, context)]
        parts.append(_text(child.tail, context))
    return "\n\n".join(part for part in parts if part)


def _block(element: ElementTree.Element, context: Mapping[str, Any], depth: int) -> str:
    tag = element.tag
    if tag == "text":
        return _fill(element.text or "", context)
    if tag == "object":
        return json.dumps(_value(element.attrib["data"], context), ensure_ascii=False, separators=(",", ":"), default=str)
    if tag == "list":
        return _list(element, context, depth)
    caption = CAPTIONED.get(tag) or element.attrib.get("caption")
    if caption is None:
        return _inline(element, context)
    level = int(element.attrib.get("level", depth))
    return f"{'#' * level} {_fill(caption, context)}\n\n{_blocks(element, context, depth + 1)}"


def _list(element: ElementTree.Element, context: Mapping[str, Any], depth: int) -> str:
    numbered = element.attrib.get("listStyle") == "decimal"
    lines = []
    for number, item in enumerate(element, start=1):
        mark = f"{number}." if numbered else "-"
        nested = [_list(child, context, depth) for child in item if child.tag == "list"]
        lines.append(f"{mark} {_inline(item, context)}")
        lines += ["  " + line for block in nested for line in block.splitlines()]
    return "\n".join(lines)


def _inline(element: ElementTree.Element, context: Mapping[str, Any]) -> str:
    parts = [element.text or ""]
    for child in element:
        if child.tag in INLINE:
            parts.append(f"{INLINE[child.tag]}{child.text or ''}{INLINE[child.tag]}")
        parts.append(child.tail or "")
    return _text("".join(parts), context)


def _scopes(element: ElementTree.Element, context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The element's contexts: one, or one for each round of its `for`."""
    loop = element.attrib.get("for")
    if loop is None:
        return [dict(context)]
    name, _, source = loop.partition(" in ")
    return [{**context, name: value, "loop": {"index": index}} for index, value in enumerate(_value(source, context))]


def _text(text: str | None, context: Mapping[str, Any]) -> str:
    """Words of the template: white space folded first, so that what is filled in keeps its own."""
    return _fill(" ".join((text or "").split()), context)


def _fill(text: str, context: Mapping[str, Any]) -> str:
    return _EXPRESSION.sub(lambda found: str(_value(found[1], context)), text)


def _value(expression: str, context: Mapping[str, Any]) -> Any:
    """The value of `name`, `name.part` or `name.part + 1`."""
    path, plus, increment = expression.strip("{} ").partition("+")
    value: Any = context
    for part in path.strip().split("."):
        value = value[part]
    return value + int(increment) if plus else value
