"""Spans belong to their own rollout, hold the chat in the form that critics read, and reach an OTLP endpoint if one is set."""

import asyncio
import subprocess
import sys
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from nightschool import tracing
from nightschool.records import Rollout, TracingPolicy


@pytest.fixture(autouse=True)
def provider():
    return tracing.set_up(TracingPolicy())


def a_rollout(number=0, **fields):
    messages = ({"role": "user", "content": f"Question {number}"}, {"role": "assistant", "content": f"Answer {number}"})
    given = {"messages": messages, "answer": f"Answer {number}", "model": "m", "input_tokens": 7, "output_tokens": 3}
    return Rollout(example_id=f"e{number}", prompt_version="v", **{"reward": 0.5, "latency_s": 1.5, **given, **fields})


async def test_rollouts_side_by_side_collect_their_own_spans():
    async def rollout(number):
        with tracing.collect_spans() as spans, tracing.tracer().start_as_current_span("rollout"):
            await asyncio.sleep(0)
            await asyncio.gather(*(step(number, index) for index in range(3)))
            tracing.trace_rollout(a_rollout(number))
        return spans

    async def step(number, index):
        await asyncio.sleep(0)
        with tracing.tracer().start_as_current_span(f"step {number}"):
            await asyncio.sleep(0)

    collected = await asyncio.gather(*(rollout(number) for number in range(32)))
    for number, spans in enumerate(collected):
        assert sorted(span.name for span in spans) == ["agent.run", "rollout", *[f"step {number}"] * 3]
        assert {span.attributes.get("nightschool.example_id", f"e{number}") for span in spans} == {f"e{number}"}
        assert len({span.context.trace_id for span in spans}) == 1


def test_outside_of_a_rollout_nothing_is_collected():
    with tracing.collect_spans() as spans:
        pass
    tracing.trace_rollout(a_rollout())
    assert spans == []


def test_a_rollout_within_a_rollout_has_its_own_list():
    with tracing.collect_spans() as outer:
        with tracing.collect_spans() as inner:
            tracing.trace_rollout(a_rollout(1))
        tracing.trace_rollout(a_rollout(2))
    assert [span.attributes["nightschool.example_id"] for spans in (inner, outer) for span in spans] == ["e1", "e2"]


def test_set_up_twice_collects_once(provider):
    assert tracing.set_up(TracingPolicy()) is provider
    with tracing.collect_spans() as spans:
        tracing.trace_rollout(a_rollout())
    assert len(spans) == 1


def test_a_span_says_how_the_rollout_went():
    with tracing.collect_spans() as spans:
        tracing.trace_rollout(a_rollout(fault="agent", reward=None, answer="", messages=()))
        tracing.trace_rollout(a_rollout())
    failed, fine = (dict(span.attributes) for span in spans)
    assert failed["nightschool.fault"] == "agent"
    assert "nightschool.reward" not in failed
    assert (fine["nightschool.reward"], fine["gen_ai.usage.input_tokens"], fine["gen_ai.usage.output_tokens"]) == (0.5, 7, 3)
    assert spans[1].end_time - spans[1].start_time == pytest.approx(1.5e9, rel=1e-6)


CALL = {"id": "c1", "type": "function", "function": {"name": "calculator", "arguments": '{"expression": "12*35000"}'}}
CHATS = {
    "plain": [{"role": "user", "content": "Bao nhiêu?"}, {"role": "assistant", "content": "420000 {đồng}"}],
    "with history": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "How much?"},
        {"role": "assistant", "content": "420000"},
    ],
    "with a tool": [
        {"role": "user", "content": "How much?"},
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "content": "420000", "tool_call_id": "c1"},
        {"role": "assistant", "content": "It is 420000."},
    ],
}


@pytest.mark.parametrize("chat", CHATS.values(), ids=CHATS)
def test_agentlightnings_adapter_reads_the_chat(chat):
    from nightschool.training.lightning import import_lightly

    import_lightly()
    from agentlightning.adapter.messages import TraceToMessages
    from agentlightning.types import Span

    with tracing.collect_spans() as spans:
        tracing.trace_rollout(a_rollout(messages=tuple(chat), answer=chat[-1]["content"]))
    ended = [Span.from_opentelemetry(span, rollout_id="r", attempt_id="a", sequence_id=1) for span in spans]
    [read] = TraceToMessages().adapt(ended)
    assert [message["role"] for message in read["messages"]] == [message["role"] for message in chat]
    assert [message.get("content") or "" for message in read["messages"]] == [message["content"] for message in chat]
    for said, heard in zip(chat, read["messages"], strict=True):
        assert (heard.get("tool_calls") or None) == said.get("tool_calls")
        assert heard.get("tool_call_id") == said.get("tool_call_id")


def test_a_long_chat_is_cut_and_kept():
    messages = tuple({"role": ("user", "assistant")[n % 2], "content": "x" * 50_000} for n in range(40))
    with tracing.collect_spans() as spans:
        tracing.trace_rollout(a_rollout(messages=messages, answer="y" * 50_000))
    attributes = spans[0].attributes
    assert len(attributes["gen_ai.completion.0.content"]) == len(attributes["gen_ai.prompt.38.content"]) == 20_000


TRACE_THREE = """
    import sys
    import time
    from nightschool import tracing
    from nightschool.records import Rollout, TracingPolicy

    tracing.set_up(TracingPolicy())
    for _ in range(2):
        provider = tracing.set_up(TracingPolicy(otlp_endpoint=sys.argv[1], service_name="desk"))
    for number in range(3):
        tracing.trace_rollout(Rollout(example_id=f"e{number}", prompt_version="v", answer="a"))
    started = time.monotonic()
    provider.shutdown()
    print(time.monotonic() - started)
"""


def trace_three(endpoint):
    """Three rollouts traced by a process of their own, which prints the seconds that its last export took."""
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(TRACE_THREE), endpoint]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert ended.returncode == 0, ended.stderr
    return float(ended.stdout)


def test_spans_reach_an_otlp_endpoint_once():
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    received = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        trace_three(f"http://127.0.0.1:{server.server_port}/v1/traces")
        server.shutdown()
    assert {path for path, _ in received} == {"/v1/traces"}
    requests = [ExportTraceServiceRequest.FromString(body) for _, body in received]
    resources = [resource for request in requests for resource in request.resource_spans]
    spans = [span for resource in resources for scope in resource.scope_spans for span in scope.spans]
    assert [span.name for span in spans] == ["agent.run"] * 3


def test_a_dead_endpoint_fails_nothing():
    assert trace_three("http://127.0.0.1:9/v1/traces") < 10 * tracing.EXPORT_TIMEOUT_S
