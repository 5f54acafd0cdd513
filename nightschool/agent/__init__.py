"""The agent that is tuned: built by its owner's factory, detached from production, run on one question at a time."""

from nightschool.agent.factory import AgentFactory, code_digest_of, default_prompt, load_factory
from nightschool.agent.faults import note_model_calls
from nightschool.agent.hosts import AgentHost, AgentTraits, RunsPrompts, host_of
from nightschool.agent.own_calls import watched_model
from nightschool.agent.run import Run
from nightschool.agent.target import Target
from nightschool.agent.tools import unsafe_tools
from nightschool.agent.traits import all_tool_names, model_names

__all__ = [
    "AgentFactory",
    "AgentHost",
    "AgentTraits",
    "Run",
    "RunsPrompts",
    "Target",
    "all_tool_names",
    "code_digest_of",
    "default_prompt",
    "host_of",
    "load_factory",
    "model_names",
    "note_model_calls",
    "unsafe_tools",
    "watched_model",
]
