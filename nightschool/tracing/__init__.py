"""OpenTelemetry: one trace from the flow down to each call of a model, and a way to collect the spans of one rollout.

A rollout is an `invoke_agent` span, a call of agent, critic, editor or judge a `chat` span below it (GenAI semantic
conventions); they are made only where somebody receives them. What agentlightning's critics read is a span of its own.
"""

from nightschool.tracing.calls import Told, chat_span
from nightschool.tracing.masking import masked
from nightschool.tracing.provider import collect_spans, is_exported, provide, set_up, tracer
from nightschool.tracing.rollouts import EXPORT_NOT, rollout_span, trace_rollout

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
    "tracer",
]
