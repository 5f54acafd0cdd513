"""Spans belong to their own rollout, hold the chat in the form that critics read, and reach an OTLP endpoint if one is set."""

import asyncio
import json
import subprocess
import sys
import textwrap

import pytest

from nightschool import tracing
from nightschool.records import Rollout, TracingPolicy
from nightschool.tracing import exporting
from nightschool.tracing.exporting import EXPORT_TIMEOUT_S
from tests.otlp_receiver import attributes_of, collecting


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
        with tracing.rollout_span("v", f"e{number}") as told:
            told(Rollout(example_id=f"e{number}", prompt_version="v", answer="a", reward=0.5))
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
    with collecting() as collector:
        trace_three(f"{collector.url}/v1/traces")
    assert [span.name for span in collector.spans] == ["invoke_agent"] * 3
    assert collector.services == {"desk"}


def test_a_dead_endpoint_fails_nothing():
    assert trace_three("http://127.0.0.1:9/v1/traces") < 10 * EXPORT_TIMEOUT_S


@pytest.fixture
def exported(monkeypatch):
    """Sends the spans of a test where it says, and lets nothing of that stay."""
    from opentelemetry.sdk.trace import TracerProvider

    from nightschool.tracing import provider as module

    own = TracerProvider()
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: own)
    monkeypatch.setattr(module, "tracer", lambda: own.get_tracer("test"))
    for room in ("calls", "rollouts", "tools"):
        monkeypatch.setattr(f"nightschool.tracing.{room}.tracer", lambda: own.get_tracer("test"))
    yield lambda policy=None, **where: tracing.set_up(policy or TracingPolicy(), **where)
    own.shutdown()


async def ask(role="critic", text="The key is sk-proj-abcdefghijklmnop1234", error=None):
    with tracing.chat_span(role, "gpt", lambda: [{"role": "user", "content": "my password is hunter2hunter2"}]) as told:
        if error:
            raise error
        told(text, 7, 3)


@pytest.mark.parametrize("content", [False, True])
async def test_tools_are_spans_below_their_rollout_and_what_they_said_goes_where_the_owner_wants_it(exported, content):
    ran = {"name": "refund", "call_id": "c1", "arguments": {"order": "A-17"}, "failed": True}
    ran |= {"result": "by sk-abcdefghijklmnopqrstu", "started_s": 1_700_000_000.5, "ended_s": 1_700_000_001.0}
    with collecting() as collector:
        provider = exported(TracingPolicy(otlp_endpoint=f"{collector.url}/v1/traces", content=content))
        with tracing.rollout_span("v", "e1"):
            tracing.trace_tools([ran])
        provider.force_flush()
    tool, rollout = sorted(collector.spans, key=lambda span: span.name)
    said = attributes_of(tool)
    assert (tool.name, tool.parent_span_id) == ("execute_tool refund", rollout.span_id)
    assert (said["gen_ai.operation.name"], said["gen_ai.tool.name"], said["gen_ai.tool.call.id"]) == (
        "execute_tool",
        "refund",
        "c1",
    )
    assert said["error.type"] == "tool_error"
    assert tool.end_time_unix_nano - tool.start_time_unix_nano == 500_000_000
    assert said.get("gen_ai.tool.call.arguments") == ('{"order": "A-17"}' if content else None)
    assert said.get("gen_ai.tool.call.result") == ("by ********" if content else None)


@pytest.mark.parametrize("content", [False, True])
async def test_messages_go_where_the_owner_wants_them_and_secrets_nowhere(exported, content):
    with collecting() as collector:
        policy = TracingPolicy(otlp_endpoint=f"{collector.url}/v1/traces", content=content)
        provider = exported(policy, secrets={"hunter2hunter2", "short"})
        await ask()
        with pytest.raises(ValueError, match="hunter2"):
            await ask(error=ValueError("no hunter2hunter2 at https://ann:secret@host/ with Bearer abcdefgh1234"))
        provider.force_flush()
    fine, failed = (attributes_of(span) for span in collector.spans)
    assert (fine["gen_ai.operation.name"], fine["gen_ai.request.model"], fine["gen_ai.usage.input_tokens"]) == ("chat", "gpt", 7)
    assert failed["error.type"] == "ValueError"
    assert ("gen_ai.input.messages" in fine) is ("gen_ai.output.messages" in fine) is content
    if content:
        assert json.loads(fine["gen_ai.output.messages"]) == [
            {"role": "assistant", "parts": [{"type": "text", "content": "The key is ********"}]}
        ]
    everything = b"".join(span.SerializeToString() for span in collector.spans)
    for secret in (b"hunter2hunter2", b"sk-proj", b"ann:secret", b"abcdefgh1234"):
        assert secret not in everything


async def test_a_lightning_store_gets_each_trace_as_a_rollout_of_its_own(exported):
    with collecting() as collector:
        collector.answers["/v1/agl/rollouts"] = {"rollout_id": "ro-1", "attempt": {"attempt_id": "at-1"}}
        collector.answers[ended := "/v1/agl/rollouts/ro-1/attempts/at-1"] = {}
        provider = exported(store_url=collector.url)
        await ask()
        await ask()
        provider.force_flush()
    assert sorted(path for path, _ in collector.asked) == ["/v1/agl/rollouts"] * 2 + [ended] * 2
    ids = [(said["agentlightning.rollout_id"], said["agentlightning.attempt_id"]) for said in map(attributes_of, collector.spans)]
    assert ids == [("ro-1", "at-1")] * 2


async def test_agentops_gets_them_with_the_keys_token(exported):
    with collecting() as collector:
        collector.answers["/v3/auth/token"] = {"token": "jwt-of-the-project"}
        policy = TracingPolicy(agentops_url=collector.url, agentops_endpoint=f"{collector.url}/v1/traces")
        provider = exported(policy, agentops_key="the-projects-key")
        await ask()
        provider.force_flush()
    assert collector.asked == [("/v3/auth/token", {"api_key": "the-projects-key"})]
    assert collector.headers[-1]["authorization"] == "Bearer jwt-of-the-project"
    assert len(collector.spans) == 1


async def test_a_collector_that_is_gone_is_told_of_once(exported, caplog, monkeypatch):
    monkeypatch.setattr(exporting._once, "_told", False)
    provider = exported(TracingPolicy(otlp_endpoint="http://127.0.0.1:9/v1/traces"))
    for _ in range(2):
        await ask()
        provider.force_flush()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_receivers_that_refuse_are_given_up_after_one_warning(exported, caplog):
    with collecting() as collector:  # knows neither path
        policy = TracingPolicy(agentops_url=collector.url, agentops_endpoint=f"{collector.url}/v1/traces")
        provider = exported(policy, agentops_key="the-projects-key", store_url=collector.url)
        for _ in range(2):
            await ask()
            provider.force_flush()
    assert len(collector.asked) == 2
    assert collector.spans == []
    assert ["AgentOps" in caplog.text, "trace store" in caplog.text] == [True, True]
    assert "the-projects-key" not in caplog.text


def test_where_nobody_receives_spans_no_messages_are_written_down(monkeypatch):
    from opentelemetry.sdk.trace import TracerProvider

    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", TracerProvider)
    with tracing.chat_span("critic", "gpt", lambda: 1 / 0) as told, tracing.rollout_span("v", "e") as told_of:
        told("fine", 1, 1)
        told_of(a_rollout())
