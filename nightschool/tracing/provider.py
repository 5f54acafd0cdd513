"""The process's tracer provider: whom its spans go to, and what of them is collected here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from nightschool.records import TracingPolicy

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

MOST_ATTRIBUTES = 1024
COLLECTOR = ""

_served: WeakKeyDictionary[TracerProvider, set[str]] = WeakKeyDictionary()
"""Whom spans of a provider go to; the empty one is our own collector."""
_collecting: ContextVar[list[ReadableSpan] | None] = ContextVar("spans_of_this_rollout", default=None)


def provide() -> TracerProvider:
    """Give the process a tracer provider, or use the one that it has.

    Prefect starts the span of a flow before the flow's own code runs: where nothing is there by then, all below it are
    traces of their own.
    """
    from opentelemetry import trace
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider

    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider(span_limits=SpanLimits(max_span_attributes=MOST_ATTRIBUTES))
        trace.set_tracer_provider(provider)
    if COLLECTOR not in _served.setdefault(provider, set()):
        provider.add_span_processor(_collector())
        _served[provider].add(COLLECTOR)
    return provider


def set_up(
    policy: TracingPolicy, *, store_url: str = "", agentops_key: str = "", secrets: Collection[str] = ()
) -> TracerProvider:
    """Send the process's spans where the policy says. Called again, it adds what is new and nothing twice.

    Args:
        policy: where to, and whether messages are among them.
        store_url: a Lightning Store; empty: none.
        agentops_key: of AgentOps; empty: nothing is sent there.
        secrets: values that no span may show.
    """
    provider = provide()
    news = {policy.otlp_endpoint, store_url, agentops_key} - _served[provider]
    if news:
        from nightschool.tracing import exporting

        makers: dict[str, Callable[[], SpanExporter]] = {
            agentops_key: lambda: exporting.AgentOpsExporter(agentops_key, policy),
            store_url: lambda: exporting.StoreExporter(store_url),
            policy.otlp_endpoint: lambda: exporting.otlp(policy.otlp_endpoint),
        }
        for name in sorted(news):
            provider.add_span_processor(_in_the_background(exporting.Clean(makers[name](), policy, secrets)))
        _served[provider] |= news
    return provider


def is_exported() -> bool:
    """Whether anybody outside of this process receives spans."""
    from opentelemetry import trace

    served = _served.get(trace.get_tracer_provider())  # type: ignore[call-overload]  # any provider may be asked for
    return bool(served and served - {COLLECTOR})


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


def _collector() -> Any:
    from opentelemetry.sdk.trace import SpanProcessor

    class Collector(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            spans = _collecting.get()
            if spans is not None:
                spans.append(span)

    return Collector()


def _in_the_background(exporter: SpanExporter) -> Any:
    """In a thread of its own, with a queue that drops what it has no room for: no rollout ever waits for a receiver."""
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(exporter)
