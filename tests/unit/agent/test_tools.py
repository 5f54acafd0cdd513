"""A tool that nobody declared safe never runs in a rollout: it answers as it did in the conversation, or the rollout ends."""

import json

import pytest
from agno.agent import Agent
from agno.models.openai import OpenAIChat
from agno.team import Team
from agno.tools import Toolkit, tool
from hypothesis import given
from hypothesis import strategies as st

from nightschool.agent import Target, unsafe_tools
from nightschool.agent.tools import Recording
from nightschool.records import ToolCall
from tests.scripted_endpoint import answering, chat_answer
from tests.unit.agent.conftest import an_example

REFUNDED = ToolCall(name="refund", arguments='{"order": "A-17", "amount": 12.0}', result="refunded 12.00 EUR")


def called(name, identity="c1", **arguments):
    function = {"name": name, "arguments": json.dumps(arguments)}
    return chat_answer("", tool_calls=[{"id": identity, "type": "function", "function": function}])


class Till:
    """Tools that really do something, in each of the forms that Agno takes."""

    def __init__(self):
        self.done = []

    def plain(self):
        def refund(order: str, amount: float) -> str:
            """Give money back."""
            self.done.append(order)
            return "really refunded"

        return [refund]

    def asynchronous(self):
        async def refund(order: str, amount: float) -> str:
            """Give money back."""
            self.done.append(order)
            return "really refunded"

        return [refund]

    def decorated(self):
        def before() -> None:
            self.done.append("pre-hook")

        @tool(pre_hook=before, post_hook=before)
        def refund(order: str, amount: float) -> str:
            """Give money back."""
            self.done.append(order)
            return "really refunded"

        return [refund]

    def toolkit(self):
        return [Toolkit(name="till", tools=self.plain())]

    def made_at_run_time(self):
        return lambda: self.plain()


FORMS = ["plain", "asynchronous", "decorated", "toolkit", "made_at_run_time"]


async def ask(script, tools, example, *, safe_tools=(), hooks=None):
    async with answering(script) as endpoint:

        def build(prompt):
            model = OpenAIChat(id="m", base_url=endpoint.url, api_key="any")
            return Agent(model=model, system_message=prompt, resolve_in_context=False, tools=tools, tool_hooks=hooks)

        target = Target(build, safe_tools=safe_tools)
        run = await target.run("Be brief.", example)
        await target.aclose()
        return run, endpoint.sent


@pytest.mark.parametrize("form", FORMS)
async def test_a_tool_answers_from_the_recording(form):
    till = Till()
    script = [called("refund", order=" a-17", amount=12), chat_answer("Done.")]
    run, sent = await ask(script, getattr(till, form)(), an_example("Refund A-17, please", tool_calls=(REFUNDED,)))
    assert till.done == []
    assert (run.answer, run.fault) == ("Done.", None)
    assert sent[1]["messages"][-1]["content"] == "refunded 12.00 EUR"


@pytest.mark.parametrize("form", FORMS)
async def test_a_call_that_was_not_recorded_ends_the_rollout(form):
    till = Till()
    script = [called("refund", order="B-99", amount=12), chat_answer("Done.")]
    run, sent = await ask(script, getattr(till, form)(), an_example("Refund B-99, please", tool_calls=(REFUNDED,)))
    assert till.done == []
    assert (run.fault, run.missing_tool, run.answer) == ("divergent", "refund", "")
    assert "refund" in run.error
    assert len(sent) == 1


async def test_what_is_declared_safe_runs_with_the_owners_own_hooks():
    till, seen = Till(), []

    def own_hook(function_name, function_call, arguments):
        seen.append(function_name)
        return function_call(**arguments)

    script = [called("refund", order="B-99", amount=12), chat_answer("Done.")]
    run, sent = await ask(script, till.plain(), an_example("Refund B-99"), safe_tools=["ref*"], hooks=[own_hook])
    assert (till.done, seen, run.fault) == (["B-99"], ["refund"], None)
    [told] = run.executions
    assert (told["name"], told["call_id"], told["arguments"]["order"], told["result"]) == (
        "refund",
        "c1",
        "B-99",
        "really refunded",
    )
    assert not told["failed"]
    assert told["started_s"] <= told["ended_s"]
    assert sent[1]["messages"][-1]["content"] == "really refunded"


async def test_a_tool_with_the_name_of_one_of_agnos_own_is_guarded_too():
    done = []

    def search_knowledge_base(query: str) -> str:
        """The owner's."""
        done.append(query)
        return "found"

    run, _ = await ask(
        [called("search_knowledge_base", query="x"), chat_answer("Done.")], [search_knowledge_base], an_example("x?")
    )
    assert (done, run.fault) == ([], "divergent")


async def test_a_members_tools_are_guarded_and_delegating_is_not():
    till = Till()
    delegated = called("delegate_task_to_member", member_id="clerk", task="refund")
    script = [delegated, called("refund", "c2", order="A-17", amount=12), chat_answer("Refunded."), chat_answer("All done.")]
    async with answering(script) as endpoint:

        def build(prompt):
            def model():
                return OpenAIChat(id="m", base_url=endpoint.url, api_key="any")

            clerk = Agent(id="clerk", name="clerk", model=model(), tools=till.plain())
            return Team(members=[clerk], model=model(), system_message=prompt)

        target = Target(build)
        run = await target.run("Be brief.", an_example("Refund A-17", tool_calls=(REFUNDED,)))
        await target.aclose()
    assert till.done == []
    assert (run.answer, run.fault) == ("All done.", None)


def test_the_tools_that_do_not_run_are_listed():
    till = Till()
    clerk = Agent(id="clerk", tools=[*till.toolkit(), {"type": "web_search"}])
    assert unsafe_tools(Team(members=[clerk], tools=[max]), ["calc"]) == ("max", "refund")
    assert unsafe_tools(clerk, ["refund"]) == ()


def test_a_call_that_was_repeated_is_answered_in_turn_and_then_as_at_last():
    recording = Recording([ToolCall(name="look", result=answer) for answer in ("queued", "sent")])
    assert [recording.answer("look", {}) for _ in range(3)] == ["queued", "sent", "sent"]


arguments = st.dictionaries(
    st.text(max_size=5),
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())),
    max_size=4,
)


@given(arguments)
def test_what_was_recorded_is_found_whatever_the_arguments(given_arguments):
    call = ToolCall(name="look", arguments=json.dumps(given_arguments), result="found")
    assert Recording([call]).answer("look", given_arguments) == "found"


@given(arguments, st.text(min_size=1))
def test_another_argument_is_another_call(given_arguments, text):
    call = ToolCall(name="look", arguments=json.dumps(given_arguments), result="found")
    with pytest.raises(LookupError):
        Recording([call]).answer("look", {**given_arguments, "something else entirely": text})
