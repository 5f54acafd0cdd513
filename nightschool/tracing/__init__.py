"""OpenTelemetry: one trace from the flow down to each call of a model, and a way to collect the spans of one rollout.

A rollout is an `invoke_agent` span; a call of agent, critic, editor or judge is a `chat` span below it, and a tool that the
agent used an `execute_tool` span (GenAI semantic conventions). They are made only where somebody receives them. What
agentlightning's critics read is a span of its own.
"""

from nightschool.tracing.calls import Told, chat_span
from nightschool.tracing.masking import masked
from nightschool.tracing.provider import collect_spans, is_exported, provide, set_up, tracer
from nightschool.tracing.rollouts import EXPORT_NOT, rollout_span, trace_rollout
from nightschool.tracing.tools import trace_tools

__all__ = [
    "EXPORT_NOT",
    "Told",
    "chat_span",
    "collect_spans",
    "is_exported",
    "masked",
    "provide",
    "rollout_span",
    "set_up",
    "trace_rollout",
    "trace_tools",
    "tracer",
]
