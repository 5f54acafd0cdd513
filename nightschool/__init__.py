"""nightschool retrains an Agno agent's prompt every night and serves a new one only if it wins its exam.

What a production agent imports from here needs the standard library only::

    from nightschool import load_prompt

    agent = build_agent(load_prompt("support", default="You are our support desk.").text)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nightschool.feedback import rate
    from nightschool.report import results
    from nightschool.serving import PromptManager, ServedPrompt, load_prompt

__version__ = "0.1.0"
__all__ = ["PromptManager", "ServedPrompt", "__version__", "load_prompt", "rate", "results"]

_HOMES = {
    "PromptManager": "nightschool.serving",
    "ServedPrompt": "nightschool.serving",
    "load_prompt": "nightschool.serving",
    "rate": "nightschool.feedback",
    "results": "nightschool.report",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nightschool' has no attribute {name!r}")
    import importlib

    try:
        return getattr(importlib.import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        extra = "night" if name == "results" else "tools"
        raise ImportError(
            f'nightschool.{name} needs more than load_prompt does ({error}): pip install "nightschool[{extra}]"'
        ) from error
