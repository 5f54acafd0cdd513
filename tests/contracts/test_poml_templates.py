"""Our rendering of agentlightning's own prompts, beside the one of POML, which starts Node.js for it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nightschool.training.lightning.templates import APPLY_EDIT_PROMPT_FILES, GRADIENT_PROMPT_FILES, render

NASTY = (
    'Reply with {x} or {{ y }} as {"value": "$$"}, in <b>bold</b> &amp; `code`.\n\n'
    "  - indented {{ critique }}\n\n\n# A heading\n```json\n{}\n```"
)
EXPERIMENTS = [
    {
        "status": "failed",
        "final_reward": reward,
        "messages": [{"role": "user", "content": "Giá {x} <b>?</b>"}, {"role": "assistant", "content": answer}],
        "spans": [{"name": "agent.run", "messages": [{"role": "assistant", "content": answer}], "reward": reward}],
    }
    for reward, answer in [(0.25, "“{{ y }}”\nline two"), (0.5, 'quoted "12"')]
]


@pytest.mark.parametrize("path", [*GRADIENT_PROMPT_FILES, *APPLY_EDIT_PROMPT_FILES], ids=lambda path: path.stem)
def test_templates_are_rendered_as_poml_renders_them(path: Path):
    import poml

    context = {"prompt_template": NASTY, "critique": f"- {NASTY}", "experiments": EXPERIMENTS}
    ours, theirs = render(path, context), poml.poml(path, context, format="openai_chat")["messages"]
    assert [message["role"] for message in ours] == [message["role"] for message in theirs]
    assert [words(message["content"]) for message in ours] == [words(text_of(message["content"])) for message in theirs]


@pytest.mark.parametrize("path", [*GRADIENT_PROMPT_FILES, *APPLY_EDIT_PROMPT_FILES], ids=lambda path: path.stem)
def test_a_prompt_survives_to_the_letter(path: Path):
    context = {"prompt_template": NASTY, "critique": "- Be brief.", "experiments": EXPERIMENTS}
    assert NASTY in render(path, context)[-1]["content"]


def text_of(content: Any) -> str:
    return content if isinstance(content, str) else "\n".join(part["text"] for part in content)


def words(text: str) -> str:
    """Without white space, and without brackets in code spans, which POML takes for tags and drops."""
    return re.sub(r"`<(\w+)>`", r"`\1`", re.sub(r"\s+", "", text))
