"""A night is one trace, from the flow down to each call of a model, and no word of what was said is in it by default."""

from __future__ import annotations

from collections import Counter

from tests.integration.night.conftest import FIRST_DAY, TARGET
from tests.otlp_receiver import attributes_of

KEY = "simulated"
"""The endpoint's key; the model is called so, too, and is masked with it."""


def test_it_is_one_trace_from_the_flow_down_to_each_call(first_night):
    spans = {span.span_id: span for span in first_night.spans}

    def path(span):
        kinds = []
        while span is not None:
            kinds.append("chat" if span.name.startswith("chat ") else span.name.split("-")[0])
            span = spans.get(span.parent_span_id)
        return " < ".join(kinds)

    assert len({span.trace_id for span in spans.values()}) == 1
    assert [span.name for span in spans.values() if not span.parent_span_id] == [f"retrain-{TARGET}-{FIRST_DAY}"]
    found = Counter(map(path, spans.values()))
    assert all(kinds.endswith("retrain") for kinds in found)
    assert found["chat < invoke_agent < validate < retrain"] >= 2 * found["invoke_agent < validate < retrain"] > 0
    assert found["invoke_agent < rollout < train < retrain"] == found["rollout < train < retrain"] > 0
    assert found["chat < train < retrain"] > 0, "critic and editor"
    tools = [kinds for kinds in found if kinds.startswith("execute_tool ")]
    assert tools
    assert all(" < invoke_agent < " in kinds for kinds in tools)


def test_rewards_are_events_of_their_rollouts(first_night):
    rollouts = [span for span in first_night.spans if span.name == "invoke_agent"]
    for span in rollouts:
        said = attributes_of(span)
        graded = {attributes_of(event)["gen_ai.evaluation.name"]: attributes_of(event) for event in span.events}
        assert graded["reward"]["gen_ai.evaluation.score.value"] == said["nightschool.reward"]
        assert said["gen_ai.usage.output_tokens"] > 0
        assert said["gen_ai.agent.version"] == said["nightschool.prompt_version"]


def test_what_was_said_and_the_key_are_not_in_it(first_night):
    everything = b"".join(span.SerializeToString() for span in first_night.spans)
    assert KEY.encode() not in everything
    names = {name for span in first_night.spans for name in attributes_of(span)}
    assert "gen_ai.usage.input_tokens" in names
    assert not {name for name in names if "messages" in name or ".content" in name}
