"""Where spans go, and what of them: no secret ever, messages only where the owner wants them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import httpx
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from nightschool.records import TracingPolicy
from nightschool.tracing.masking import masked
from nightschool.tracing.rollouts import EXPORT_NOT

EXPORT_TIMEOUT_S = 2.0
"""For one batch with its retries: so long may a dead endpoint hold up the end of the process, and nothing before it."""
CONTENT = (
    "gen_ai.prompt.", "gen_ai.completion.", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.evaluation.explanation",
)  # fmt: skip
"""Attributes that hold what somebody said."""
_log = logging.getLogger(__name__)


class _Once(logging.Filter):
    """Lets the first error pass; the exporter would log one with each batch, and each retry."""

    def __init__(self) -> None:
        super().__init__()
        self._told = False

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR or self._told:
            return False
        self._told = True
        return True


_once = _Once()


def otlp(endpoint: str, headers: Mapping[str, str] | None = None) -> SpanExporter:
    """Sends spans to an OTLP/HTTP endpoint; one that does not answer is told of once, and tried again with each batch."""
    logging.getLogger(OTLPSpanExporter.__module__).addFilter(_once)
    return OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_TIMEOUT_S, headers=dict(headers or {}))


class Clean(SpanExporter):
    """Hands spans on as they may be seen.

    Args:
        inner: where they go.
        policy: the name of the service, and whether messages go with them.
        secrets: values that are masked wherever they stand.
    """

    def __init__(self, inner: SpanExporter, policy: TracingPolicy, secrets: Collection[str] = ()) -> None:
        self._inner = inner
        self._content = policy.content
        self._resource = Resource.create({"service.name": policy.service_name})
        self._secrets = frozenset(secrets)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Clean copies of the spans; the critics' own are left out."""
        told = [self._cleaned(span) for span in spans if span.name != EXPORT_NOT]
        return self._inner.export(told) if told else SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """The inner one's."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """The inner one's."""
        return self._inner.force_flush(timeout_millis)

    def _cleaned(self, span: ReadableSpan) -> ReadableSpan:
        events = [Event(event.name, self._seen(event.attributes), event.timestamp) for event in span.events]
        return _copy(
            span,
            name=self._masked(span.name),
            attributes=self._seen(span.attributes),
            events=events,
            resource=span.resource.merge(self._resource),
            status=Status(span.status.status_code, self._masked(span.status.description or "") or None),
        )

    def _seen(self, attributes: Mapping[str, Any] | None) -> dict[str, Any]:
        kept = attributes or {}
        return {name: self._masked(value) for name, value in kept.items() if self._content or not name.startswith(CONTENT)}

    def _masked(self, value: Any) -> Any:
        return masked(value, self._secrets)


class StoreExporter(SpanExporter):
    """Sends spans to a Lightning Store over OTLP, each trace as a rollout there: a span without ids is dropped by it.

    Args:
        url: the store's address, like http://localhost:4747.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._otlp = otlp(f"{self._url}/v1/traces")
        self._ids: dict[int, dict[str, str]] = {}
        self._gone = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Spans with the ids of their traces' rollouts; a store that does not answer is given up after one warning."""
        if self._gone:
            return SpanExportResult.FAILURE
        try:
            named = [_copy(span, attributes={**(span.attributes or {}), **self._names(span)}) for span in spans]
            done = self._otlp.export(named)
            for span in spans:
                if span.parent is None:
                    self._end(span)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as error:
            self._gone = True
            _log.warning("The trace store %s does not answer (%s); the night goes on without it.", self._url, error)
            return SpanExportResult.FAILURE
        return done

    def shutdown(self) -> None:
        """Close the connections."""
        self._otlp.shutdown()

    def _end(self, span: ReadableSpan) -> None:
        """The trace's first span has ended, and with it the store's rollout."""
        rollout, attempt = self._names(span).values()
        _post(f"{self._url}/v1/agl/rollouts/{rollout}/attempts/{attempt}", {"status": "succeeded"})

    def _names(self, span: ReadableSpan) -> dict[str, str]:
        trace = span.context.trace_id if span.context else 0
        if trace not in self._ids:
            begun = _post(f"{self._url}/v1/agl/rollouts", {"input": {"trace": f"{trace:032x}"}, "mode": "test"})
            attempt = begun["attempt"]["attempt_id"]
            self._ids[trace] = {"agentlightning.rollout_id": begun["rollout_id"], "agentlightning.attempt_id": attempt}
        return self._ids[trace]


class AgentOpsExporter(SpanExporter):
    """Sends spans to AgentOps, with a token that its API gives for the key.

    Args:
        key: the project's.
        policy: where the API and its receiver are.
    """

    def __init__(self, key: str, policy: TracingPolicy) -> None:
        self._key = key
        self._policy = policy
        self._otlp: SpanExporter | None = None
        self._gone = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """The token is fetched with the first batch; where there is none, nothing is sent after one warning."""
        if self._otlp is None and not self._gone:
            self._otlp = self._opened()
        return self._otlp.export(spans) if self._otlp else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Close the connections."""
        if self._otlp:
            self._otlp.shutdown()

    def _opened(self) -> SpanExporter | None:
        url = f"{self._policy.agentops_url.rstrip('/')}/v3/auth/token"
        try:
            token = _post(url, {"api_key": self._key})["token"]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as error:
            self._gone = True
            _log.warning("AgentOps does not accept the key (%s: %s); the night goes on without it.", url, error)
            return None
        return otlp(self._policy.agentops_endpoint, {"Authorization": f"Bearer {token}"})


def _copy(span: ReadableSpan, **changed: Any) -> ReadableSpan:
    same = {
        "name": span.name, "context": span.context, "parent": span.parent, "resource": span.resource,
        "attributes": span.attributes, "events": span.events, "links": span.links, "kind": span.kind, "status": span.status,
        "start_time": span.start_time, "end_time": span.end_time, "instrumentation_scope": span.instrumentation_scope,
    }  # fmt: skip
    return ReadableSpan(**(same | changed))


def _post(url: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """What the other end answers, as JSON."""
    found: dict[str, Any] = httpx.post(url, json=body, timeout=EXPORT_TIMEOUT_S).raise_for_status().json()
    return found
