"""OpenTelemetry: one provider for the process, one span per rollout, and a way to collect the spans of one rollout.

A rollout's chat is written as `gen_ai.prompt.<n>.*` and `gen_ai.completion.0.*` attributes: the only form in which
agentlightning's adapter, and so APO's critic, can read what was said. No tracer on the market writes it for Agno 3.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from nightschool.records import Rollout, TracingPolicy

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.trace import Tracer

LONGEST_ATTRIBUTE_CHARS = 20_000
MOST_ATTRIBUTES = 1024
EXPORT_TIMEOUT_S = 2.0
"""For one batch with its retries: so long may a dead endpoint hold up the end of the process, and nothing before it."""

_served: WeakKeyDictionary[TracerProvider, set[str]] = WeakKeyDictionary()
"""The endpoints that spans of a provider go to; the empty one is our own collector."""
_collecting: ContextVar[list[ReadableSpan] | None] = ContextVar("spans_of_this_rollout", default=None)


def set_up(policy: TracingPolicy) -> TracerProvider:
    """Give the process a tracer provider, or use the one that it has; Prefect's own spans go through it too.

    Called again, it adds what the new policy asks for and nothing twice.

    Args:
        policy: where traces are exported to, if anywhere.
    """
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = _new_provider(policy)
        trace.set_tracer_provider(provider)
    served = _served.setdefault(provider, set())
    if not served:
        provider.add_span_processor(_collector())
        served.add("")
    if policy.otlp_endpoint not in served:
        provider.add_span_processor(_exporter(policy.otlp_endpoint))
        served.add(policy.otlp_endpoint)
    return provider


def tracer() -> Tracer:
    """The library's tracer."""
    from opentelemetry import trace

    return trace.get_tracer("nightschool")


@contextlib.contextmanager
def collect_spans() -> Iterator[list[ReadableSpan]]:
    """Collect the spans that end in this context (and the tasks started from it) into a list."""
    spans: list[ReadableSpan] = []
    token = _collecting.set(spans)
    try:
        yield spans
    finally:
        _collecting.reset(token)


def trace_rollout(rollout: Rollout) -> None:
    """Write a finished rollout's span: its chat, its tokens, its reward."""
    now = time.time_ns()
    span = tracer().start_span(
        "agent.run", start_time=now - int(rollout.latency_s * 1e9), attributes={**_chat(rollout), **_figures(rollout)}
    )
    span.end(end_time=now)


def _chat(rollout: Rollout) -> dict[str, Any]:
    said = list(rollout.messages)
    answered = bool(said) and said[-1].get("role") == "assistant"
    attributes: dict[str, Any] = {}
    for index, message in enumerate(said[:-1] if answered else said):
        attributes |= _prompt_attributes(f"gen_ai.prompt.{index}", message)
    if answered or rollout.answer:
        attributes["gen_ai.completion.0.role"] = "assistant"
        attributes["gen_ai.completion.0.content"] = (rollout.answer or str(said[-1].get("content", "")))[:LONGEST_ATTRIBUTE_CHARS]
    return attributes


def _prompt_attributes(prefix: str, message: dict[str, Any]) -> dict[str, Any]:
    attributes: dict[str, Any] = {f"{prefix}.role": message["role"]}
    for index, call in enumerate(message.get("tool_calls") or ()):
        name = f"{prefix}.tool_calls.{index}"
        attributes[f"{name}.id"] = call["id"]
        attributes[f"{name}.name"] = call["function"]["name"]
        attributes[f"{name}.arguments"] = call["function"]["arguments"]
    if not message.get("tool_calls"):
        attributes[f"{prefix}.content"] = str(message.get("content", ""))[:LONGEST_ATTRIBUTE_CHARS]
    if message.get("tool_call_id"):
        attributes[f"{prefix}.tool_call_id"] = message["tool_call_id"]
    return attributes


def _figures(rollout: Rollout) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.request.model": rollout.model,
        "gen_ai.usage.input_tokens": rollout.input_tokens,
        "gen_ai.usage.output_tokens": rollout.output_tokens,
        "nightschool.example_id": rollout.example_id,
        "nightschool.prompt_version": rollout.prompt_version,
        "nightschool.fault": rollout.fault or "",
    }
    if rollout.reward is not None:
        figures["nightschool.reward"] = rollout.reward
    return figures


def _new_provider(policy: TracingPolicy) -> TracerProvider:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider

    return TracerProvider(
        resource=Resource.create({"service.name": policy.service_name}),
        span_limits=SpanLimits(max_span_attributes=MOST_ATTRIBUTES),
    )


def _collector() -> Any:
    from opentelemetry.sdk.trace import SpanProcessor

    class Collector(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            spans = _collecting.get()
            if spans is not None:
                spans.append(span)

    return Collector()


def _exporter(endpoint: str) -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_TIMEOUT_S))
