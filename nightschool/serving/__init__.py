"""The prompt that a production agent is served with: standard library only, one small file or address.

    from nightschool import load_prompt

    agent = build_agent(load_prompt("support", default="You are our support desk.").text)

The file `served/<target>.json` under nightschool's home is written in one step when a prompt is promoted. An agent that
calls `load_prompt` for each conversation follows promotions by itself; one that calls it at its start follows at a restart.
On other machines `home` is the http(s) address under which a web server offers that folder.
"""

from __future__ import annotations

from nightschool.serving.loading import PromptManager, load_prompt
from nightschool.serving.places import served_path
from nightschool.serving.prompts import ServedPrompt

__all__ = ["PromptManager", "ServedPrompt", "load_prompt", "served_path"]
