"""A collector on loopback: it keeps the spans that it was sent over OTLP/HTTP, with the headers that they came with."""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Collector:
    """What has arrived: spans as protobuf with their resource's attributes, and requests that were no spans, as JSON."""

    url: str = ""
    spans: list[Any] = field(default_factory=list)
    services: set[str] = field(default_factory=set)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    """By path, what requests that are no spans are answered with."""

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.services |= {one.value.string_value for one in resource.resource.attributes if one.key == "service.name"}
            for scope in resource.scope_spans:
                self.spans.extend(scope.spans)


def attributes_of(span: Any) -> dict[str, Any]:
    """An exported span's (or event's) attributes as plain values."""
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes}


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    """Serve a collector on a free port."""
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.headers.append({name.lower(): value for name, value in self.headers.items()})
            answer = found.answers.get(self.path)
            if self.path.endswith("/v1/traces"):
                found.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            else:
                found.asked.append((self.path, json.loads(body)))
            self.send_response(200 if answer is not None or self.path.endswith("/v1/traces") else 404)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode() if answer is not None else b"")

        def log_message(self, *words: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_port}"
        yield found
        server.shutdown()
        thread.join()
