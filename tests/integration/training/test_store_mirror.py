"""A real Lightning Store server receives what a search rolled out; a dead one fails nothing."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nightschool import tracing
from nightschool.children import free_port, spawn, wait_until_healthy
from nightschool.records import Example, Rollout, SearchPolicy, TracingPolicy, version_of
from nightschool.training.beam import BeamSearch
from tests.unit.training.worlds import examples

POLICY = SearchPolicy(max_iterations=1, races=(4,))


class Desk:
    """An evaluator that answers at once."""

    async def run(self, prompt: str, example: Example, *, sample: int = 0) -> Rollout:
        said = ({"role": "user", "content": example.question}, {"role": "assistant", "content": "here"})
        return Rollout(example_id=example.example_id, prompt_version=version_of(prompt), answer="here", reward=0.5, messages=said)


@pytest.fixture(scope="module")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    log = tmp_path_factory.mktemp("store") / "store.log"
    command = [str(Path(sys.executable).parent / "agl"), "store", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    with spawn(command, log=log, env=environment) as child:
        url = f"http://127.0.0.1:{port}"
        wait_until_healthy(f"{url}/v1/agl/health", child=child, timeout_s=120, what="the store")
        yield url


async def searched(store_url: str) -> Any:
    from nightschool.training.lightning.trainer import train_with_agentlightning

    return await train_with_agentlightning(
        BeamSearch(POLICY, [], seed=1),
        "Be {kind}.",
        examples(4),
        examples(8, first=10),
        evaluator=Desk(),  # type: ignore[arg-type]
        n_runners=4,
        store_url=store_url,
    )


def items(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.load(urllib.request.urlopen(url, timeout=60))["items"]
    return found


async def test_every_rollout_arrives_with_its_own_chat(store_url: str) -> None:
    result = await searched(store_url)

    rollouts = items(f"{store_url}/v1/agl/rollouts?limit=100")
    assert len(rollouts) == result.rollouts == 8 + 4
    assert {rollout["status"] for rollout in rollouts} == {"succeeded"}
    for rollout in rollouts:
        spans = items(f"{store_url}/v1/agl/spans?rollout_id={rollout['rollout_id']}")
        asked = [
            span["attributes"]["gen_ai.prompt.0.content"] for span in spans if "gen_ai.prompt.0.content" in span["attributes"]
        ]
        assert asked == [rollout["input"]["question"]]


async def test_a_dead_store_is_given_up_and_fails_nothing(caplog: pytest.LogCaptureFixture) -> None:
    result = await searched(f"http://127.0.0.1:{free_port()}")

    assert result.rollouts == 8 + 4
    assert caplog.text.count("does not answer") == 1


@pytest.mark.drill
async def test_a_whole_trace_arrives_over_otlp_as_one_rollout(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider

    own = TracerProvider()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: own)
    monkeypatch.setattr(trace, "get_tracer", own.get_tracer)
    tracing.set_up(TracingPolicy(content=True), store_url=store_url)
    with tracing.tracer().start_as_current_span("retrain"), tracing.rollout_span("v", "e1") as told:
        with tracing.chat_span("agent", "gpt", lambda: [{"role": "user", "content": "Where?"}]) as answered:
            answered("here", 7, 3)
        told(Rollout(example_id="e1", prompt_version="v", answer="here", reward=0.5))
    own.shutdown()

    [rollout] = [one for one in items(f"{store_url}/v1/agl/rollouts?limit=100") if "trace" in one["input"]]
    assert rollout["status"] == "succeeded"
    spans = {span["name"]: span for span in items(f"{store_url}/v1/agl/spans?rollout_id={rollout['rollout_id']}")}
    assert set(spans) == {"retrain", "invoke_agent", "chat gpt"}
    assert spans["chat gpt"]["parent_id"] == spans["invoke_agent"]["span_id"]
    assert "here" in spans["chat gpt"]["attributes"]["gen_ai.output.messages"]
    assert spans["invoke_agent"]["attributes"]["nightschool.reward"] == 0.5
