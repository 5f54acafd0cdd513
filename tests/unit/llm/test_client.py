"""One chat call: which failures are tried again, what is counted, and what the journal answers."""

import json
import time
from contextlib import asynccontextmanager
from datetime import date

import pytest
import sqlalchemy as sa
from pydantic import BaseModel, Field

from nightschool.errors import BudgetExhausted, ContextExceeded, EndpointRefused, LLMError, TransientError
from nightschool.llm import LLM, Journal, Meter
from nightschool.records import BudgetPolicy, ModelPolicy, Night
from tests.scripted_endpoint import Answer, answering, chat_answer, error

CHAT = [{"role": "user", "content": "Why?"}]
NIGHT = Night(target="support", run_date=date(2026, 11, 21))


class Grade(BaseModel):
    score: float = Field(ge=0, le=1)


@pytest.fixture
def journal_url(tmp_path):
    return f"sqlite:///{tmp_path / 'journal.db'}"


@pytest.fixture
def no_waiting(monkeypatch):
    monkeypatch.setattr("nightschool.llm.client._wait", lambda _: 0.0)


@asynccontextmanager
async def asking(journal_url, *script, night=NIGHT, budget=None, key="sk-secret", **policy):
    journal = Journal(journal_url, night)
    async with answering(script or [chat_answer("Because.")]) as endpoint:
        meter = Meter(BudgetPolicy(**budget or {}))
        policy = ModelPolicy(**{"base_url": endpoint.url, "model": "m", "timeout_s": 5, **policy})
        llm = LLM(policy, key, journal=journal, meter=meter)
        try:
            yield llm, endpoint
        finally:
            await llm.aclose()
            journal.close()


OUTAGES = {
    "429": error(429),
    "500": error(500),
    "503": error(503),
    "408": error(408),
    "dropped": Answer(drop=True),
    "cut JSON": Answer(b'{"id": "1", "choices": [{"mess'),
    "no choices": Answer({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": []}),
    "null choices": Answer({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": None}),
    "no message": Answer({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"message": None}]}),
}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
async def test_an_outage_is_tried_again(journal_url, no_waiting, outage):
    async with asking(journal_url, outage, outage, chat_answer("Because.")) as (llm, endpoint):
        reply = await llm.ask("critic", CHAT, temperature=0)
    assert (reply.text, reply.input_tokens, reply.output_tokens) == ("Because.", 10, 5)
    assert len(endpoint.sent) == 3
    assert llm.meter.calls == {"critic": 1}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
async def test_an_outage_that_lasts_is_transient_and_leaves_nothing(journal_url, no_waiting, outage):
    async with asking(journal_url, outage, max_attempts=3) as (llm, endpoint):
        with pytest.raises(TransientError, match="the critic's call to m met an outage"):
            await llm.ask("critic", CHAT, temperature=0)
    assert len(endpoint.sent) == 3
    assert rows_of(journal_url) == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_a_refusal_is_not_tried_again(journal_url, no_waiting, status):
    async with asking(journal_url, error(status, "unheard of")) as (llm, endpoint):
        with pytest.raises(LLMError, match="unheard of") as refused:
            await llm.ask("judge", CHAT, temperature=0)
    assert not isinstance(refused.value, TransientError)
    assert len(endpoint.sent) == 1
    assert ("OPENAI_API_KEY" in refused.value.next_step) is (status in (401, 403, 404))
    assert isinstance(refused.value, EndpointRefused) is (status in (401, 403, 404))


NO_MAX_TOKENS = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
NO_TEMPERATURE = "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported."


async def test_a_reasoning_model_is_asked_in_its_own_words_and_this_is_remembered(journal_url):
    script = error(400, NO_MAX_TOKENS), error(400, NO_TEMPERATURE), chat_answer("Because.")
    async with asking(journal_url, *script) as (llm, endpoint):
        assert (await llm.ask("critic", CHAT, temperature=0)).text == "Because."
        assert (await llm.ask("critic", CHAT, temperature=0.5)).text == "Because."
        assert llm.meter.calls == {"critic": 2}
    said = [sorted(set(sent) - {"model", "messages"}) for sent in endpoint.sent]
    assert said == [
        ["max_tokens", "temperature"],
        ["max_completion_tokens", "temperature"],
        ["max_completion_tokens"],
        ["max_completion_tokens"],
    ]
    async with asking(journal_url) as (llm, endpoint):
        await llm.ask("critic", CHAT, temperature=0)
    assert endpoint.sent == [], "the journal's key is the same in either wording"


async def test_another_model_is_asked_in_the_usual_words(journal_url):
    script = error(400, NO_MAX_TOKENS), chat_answer("Because.")
    async with asking(journal_url, *script, critic_model="thinks") as (llm, endpoint):
        await llm.ask("critic", CHAT, temperature=0)
        await llm.ask("editor", CHAT, temperature=0)
    assert "max_tokens" in endpoint.sent[-1]


TOO_LONG = {
    "OpenAI": "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "OpenAI, later": "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "llama.cpp": "request (1555 tokens) exceeds the available context size (1536 tokens), try increasing it",
    "vLLM": "The decoder prompt (length 5951) is longer than the maximum model length of 4096.",
    "SGLang": "The input (61709 tokens) is longer than the model's context length (40960 tokens).",
    "TGI": "Input validation error: `inputs` must have less than 4096 tokens. Given: 5951",
    "TGI, with the answer": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 and 200",
    "Anthropic": "prompt is too long: 210000 tokens > 200000 maximum",
    "Bedrock": "Input is too long for requested model.",
    "Gemini": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "xAI": "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
    "Groq": "Please reduce the length of the messages or completion.",
}


@pytest.mark.parametrize("said", TOO_LONG.values(), ids=TOO_LONG)
@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_chat_that_is_too_long_for_the_model_is_an_error_of_its_own(journal_url, no_waiting, said, status):
    async with asking(journal_url, error(status, said)) as (llm, endpoint):
        with pytest.raises(ContextExceeded, match="the critic's call to m is too long for the model") as refused:
            await llm.ask("critic", CHAT, temperature=0)
    assert len(endpoint.sent) == 1
    assert said in refused.value.message
    assert "search.max_critic_tokens" in refused.value.next_step


@pytest.mark.parametrize("code", ["context_length_exceeded", "exceed_context_size_error"])
async def test_a_chat_that_is_too_long_is_known_by_the_endpoints_code_alone(journal_url, code):
    body = {"error": {"message": "no", "type": code, "code": code}}
    async with asking(journal_url, Answer(body, 400)) as (llm, _):
        with pytest.raises(ContextExceeded):
            await llm.ask("critic", CHAT, temperature=0)


@pytest.mark.parametrize("said", ["unheard of", "The response was filtered", "too many images"])
async def test_another_refusal_says_nothing_of_the_length(journal_url, said):
    async with asking(journal_url, error(400, said)) as (llm, _):
        with pytest.raises(LLMError) as refused:
            await llm.ask("critic", CHAT, temperature=0)
    assert not isinstance(refused.value, ContextExceeded)


async def test_an_outage_stays_one_whatever_it_says(journal_url, no_waiting):
    async with asking(journal_url, error(429, TOO_LONG["OpenAI"]), max_attempts=2) as (llm, _):
        with pytest.raises(TransientError):
            await llm.ask("critic", CHAT, temperature=0)


async def test_a_prompt_that_is_too_long_is_refused_and_changes_nothing(journal_url):
    script = error(400, "max_tokens is too large"), error(400, "max_completion_tokens is too large"), chat_answer("Because.")
    async with asking(journal_url, *script) as (llm, endpoint):
        with pytest.raises(LLMError, match="too large"):
            await llm.ask("critic", CHAT, temperature=0)
        assert len(endpoint.sent) == 2
        await llm.ask("critic", CHAT, temperature=0)
    assert "max_tokens" in endpoint.sent[-1]


async def test_a_web_page_is_no_model(journal_url, no_waiting):
    async with asking(journal_url, Answer("<html>Welcome</html>")) as (llm, endpoint):
        with pytest.raises(LLMError, match="answered with a page") as refused:
            await llm.ask("judge", CHAT, temperature=0)
    assert len(endpoint.sent) == 1
    assert "/v1" in refused.value.next_step


async def test_a_closed_port_is_an_outage(journal_url, no_waiting):
    async with asking(journal_url, base_url="http://127.0.0.1:9/v1", max_attempts=2) as (llm, _):
        with pytest.raises(TransientError):
            await llm.ask("judge", CHAT, temperature=0)


async def test_a_call_that_never_ends_is_an_outage(journal_url, no_waiting):
    from nightschool.simulator import FaultRates, SimulatorSettings, running

    async with (
        running(SimulatorSettings(faults=FaultRates(hanging=1))) as url,
        asking(journal_url, base_url=f"{url}/v1", model="simulated-1", timeout_s=0.1, max_attempts=2) as (llm, _),
    ):
        with pytest.raises(TransientError):
            await llm.ask("judge", CHAT, temperature=0)


async def test_what_the_endpoint_asks_to_wait_is_waited(journal_url):
    script = error(429, **{"Retry-After": "0.3"}), chat_answer("Because.")
    async with asking(journal_url, *script) as (llm, _):
        started = time.monotonic()
        await llm.ask("critic", CHAT, temperature=0)
    assert 0.3 <= time.monotonic() - started < 5


async def test_a_wait_without_end_is_cut(journal_url, monkeypatch):
    monkeypatch.setattr("nightschool.llm.client.LONGEST_WAIT_S", 0.05)
    monkeypatch.setattr("nightschool.llm.limiter.LONGEST_PAUSE_S", 0.05)
    async with asking(journal_url, error(429, **{"Retry-After": "86400"}), chat_answer("Because.")) as (llm, _):
        assert (await llm.ask("critic", CHAT, temperature=0)).text == "Because."


async def test_a_date_to_retry_after_is_no_error(journal_url, monkeypatch):
    monkeypatch.setattr("nightschool.llm.client.LONGEST_WAIT_S", 0.05)
    async with asking(journal_url, error(429, **{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), chat_answer("!")) as (llm, _):
        assert (await llm.ask("critic", CHAT, temperature=0)).text == "!"


async def test_the_request_is_what_was_asked(journal_url):
    async with asking(journal_url, critic_model="large") as (llm, endpoint):
        await llm.ask("critic", CHAT, temperature=0.7, seed=3)
        await llm.ask("editor", CHAT, temperature=0.5)
    critic, editor = endpoint.sent
    assert critic == {"model": "large", "messages": CHAT, "temperature": 0.7, "max_tokens": 1500, "seed": 3}
    assert editor == {"model": "m", "messages": CHAT, "temperature": 0.5, "max_tokens": 1500}
    assert set(endpoint.keys) == {"Bearer sk-secret"}


async def test_tokens_have_their_price(journal_url):
    async with asking(journal_url, input_usd_per_mtok=1e5, output_usd_per_mtok=2e5) as (llm, _):
        reply = await llm.ask("critic", CHAT, temperature=0)
    assert reply.cost_usd == llm.meter.cost_usd == pytest.approx(10 * 0.1 + 5 * 0.2)


@pytest.mark.parametrize(
    ("budget", "said"), [({"max_calls": 1}, "1 of 1 calls"), ({"max_cost_usd": 9.05e-4}, r"\$4\.5e-06 of \$0\.0009")]
)
async def test_a_spent_budget_refuses_before_the_call(journal_url, budget, said):
    async with asking(journal_url, budget=budget) as (llm, endpoint):
        await llm.ask("critic", CHAT, temperature=0)
        with pytest.raises(BudgetExhausted, match=said):
            await llm.ask("critic", CHAT, temperature=0.1)
        assert len(endpoint.sent) == 1
        assert (await llm.ask("critic", CHAT, temperature=0)).text == "Because."  # the journal's answers are free


async def test_calls_side_by_side_stay_within_the_budget(journal_url):
    import asyncio

    async with asking(journal_url, budget={"max_calls": 3}) as (llm, endpoint):
        asked = (llm.ask("critic", CHAT, temperature=0, seed=seed) for seed in range(8))
        ended = await asyncio.gather(*asked, return_exceptions=True)
    assert len(endpoint.sent) == 3
    assert [type(end) for end in ended].count(BudgetExhausted) == 5


async def test_a_finished_call_is_not_made_again(journal_url):
    for number in range(2):
        async with asking(journal_url) as (llm, endpoint):
            reply = await llm.ask("critic", CHAT, temperature=0)
        assert reply.text == "Because."
        assert len(endpoint.sent) == 1 - number


OTHERS = {
    "another night": {"night": NIGHT.model_copy(update={"run_date": date(2026, 11, 22)})},
    "another target": {"night": NIGHT.model_copy(update={"target": "sales"})},
    "another track": {"night": NIGHT.model_copy(update={"track": "backfill"})},
    "another model": {"model": "n"},
    "another length": {"max_output_tokens": 99},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
async def test_other_work_is_not_answered_from_the_journal(journal_url, other):
    async with asking(journal_url) as (llm, _):
        await llm.ask("critic", CHAT, temperature=0)
    async with asking(journal_url, **other) as (llm, endpoint):
        await llm.ask("critic", CHAT, temperature=0)
    assert len(endpoint.sent) == 1


async def test_role_temperature_seed_and_sample_tell_calls_apart(journal_url):
    async with asking(journal_url) as (llm, endpoint):
        await llm.ask("critic", CHAT, temperature=0)
        await llm.ask("editor", CHAT, temperature=0)
        await llm.ask("critic", CHAT, temperature=0.1)
        await llm.ask("critic", CHAT, temperature=0, seed=1)
        await llm.ask("critic", CHAT, temperature=0, sample=1)
    assert len(endpoint.sent) == 5


async def test_the_key_of_the_endpoint_is_nowhere_in_the_journal(journal_url):
    async with asking(journal_url) as (llm, _):
        await llm.ask("critic", CHAT, temperature=0)
    async with asking(journal_url, key="another") as (llm, endpoint):
        await llm.ask("critic", CHAT, temperature=0)
    assert endpoint.sent == []
    assert "sk-secret" not in str(rows_of(journal_url))


GRADES = ['{"score": 0.5}', '```json\n{"score": 0.5}\n```', 'Sure! {"score": 0.5}. Use {braces} well.', '{"x": {"score": 0.5}}']


@pytest.mark.parametrize("text", GRADES)
async def test_json_is_found_where_models_put_it(journal_url, text):
    async with asking(journal_url, chat_answer(text)) as (llm, endpoint):
        assert (await llm.ask_for(Grade, "grade", "judge", CHAT, temperature=0)).score == 0.5
    assert len(endpoint.sent) == 1
    assert endpoint.sent[0]["response_format"]["json_schema"]["name"] == "grade"


@pytest.mark.parametrize(
    "text", ["", "7 of 10", "```j", '{"score": 7}', '{"score": NaN}', '{"score": null}', '{"grade": 0.5}', "["]
)
async def test_what_cant_be_read_is_asked_for_a_second_time(journal_url, text):
    async with asking(journal_url, chat_answer(text), chat_answer('{"score": 1}')) as (llm, endpoint):
        assert (await llm.ask_for(Grade, "grade", "judge", CHAT, temperature=0)).score == 1
    assert [message["role"] for message in endpoint.sent[1]["messages"]] == ["user", "assistant", "user"]


async def test_two_answers_that_cant_be_read_are_an_error(journal_url):
    async with asking(journal_url, chat_answer("good"), chat_answer("very good")) as (llm, endpoint):
        with pytest.raises(LLMError, match="twice gave no grade that can be read: 'very good'") as refused:
            await llm.ask_for(Grade, "grade", "judge", CHAT, temperature=0)
    assert len(endpoint.sent) == 2
    assert not isinstance(refused.value, TransientError)
    assert "models.judge_model" in refused.value.next_step


def rows_of(url):
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT key, role, value, calls FROM journal").all()
    engine.dispose()
    return [tuple(row) for row in rows]


async def test_an_entry_can_be_read_by_a_person(journal_url):
    async with asking(journal_url) as (llm, _):
        await llm.ask("critic", CHAT, temperature=0)
    [(key, role, value, calls)] = rows_of(journal_url)
    assert (len(key), role, json.loads(value)["text"], calls) == (64, "critic", "Because.", 1)
