"""A chat that is posted is, on the wire and in its answer, the chat that `create` sends."""

from types import SimpleNamespace

import httpx2
import openai
import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI
from openai.resources.chat.completions import AsyncCompletions

from nightschool.llm import post_chat
from tests.scripted_endpoint import answering, chat_answer, error

TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {"id": {}}}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": '{"id": 7}'}}
CHAT = [
    {"role": "system", "content": "Trả lời: {ngắn}"},
    {"role": "user", "content": [{"type": "text", "text": "Where is it?"}]},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": "on its way"},
]
REQUESTS = {
    "plain": {"temperature": 0.0, "max_tokens": 40, "seed": 7},
    "tools": {"tools": [TOOL], "tool_choice": "auto", "stop": None},
    "of the owner's": {"extra_headers": {"x-team": "desk"}, "extra_query": {"a": "1"}, "extra_body": {"id_slot": 3, "seed": 9}},
    "not given": {
        "extra_headers": None,
        "extra_body": None,
        "timeout": openai.NOT_GIVEN,
        "user": openai.omit,
        "top_p": openai.NOT_GIVEN,
    },
    "no time-out": {"timeout": None},
    "a time-out": {"timeout": 3.5},
    "a schema": {"response_format": {"type": "json_schema", "json_schema": {"name": "g", "schema": {"type": "object"}}}},
}


class Wire:
    """Answers every request and remembers what decides what an endpoint sees of it."""

    def __init__(self):
        self.seen = []

    def client(self, kind=AsyncOpenAI, **fields):
        return kind(api_key="sk-any", http_client=httpx2.AsyncClient(transport=httpx2.MockTransport(self.answer)), **fields)

    def answer(self, request):
        body = httpx2.Response(200, content=request.content).json()
        self.seen.append((request.method, str(request.url), dict(request.headers), body, request.extensions["timeout"]))
        return httpx2.Response(200, json=chat_answer("Tomorrow.").body)


@pytest.mark.parametrize("more", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("kind", [AsyncOpenAI, AsyncAzureOpenAI])
async def test_the_endpoint_sees_the_same_request_and_the_caller_the_same_answer(more, kind):
    azure = {"azure_endpoint": "https://a.example", "api_version": "1"}
    place = azure if kind is AsyncAzureOpenAI else {"admin_api_key": "sk-never-sent"}
    wire = Wire()
    async with wire.client(kind, **place) as client:
        asked = {"model": "m", "messages": CHAT, **more}
        usual, posted = await client.chat.completions.create(**asked), await post_chat(client, **asked)
    assert wire.seen[0] == wire.seen[1]
    assert posted == usual
    assert posted.choices[0].message.content == "Tomorrow."


async def test_the_client_retries_and_raises_as_it_does():
    script = [error(503, **{"retry-after-ms": "1"}), chat_answer("Yes."), error(429)]
    async with answering(script) as endpoint, AsyncOpenAI(api_key="sk-any", base_url=endpoint.url) as client:
        assert (await post_chat(client, model="m", messages=CHAT)).choices[0].message.content == "Yes."
        with pytest.raises(openai.RateLimitError):
            await post_chat(client.with_options(max_retries=0), model="m", messages=CHAT)


async def test_who_stands_in_the_place_of_create_is_asked(monkeypatch):
    class Listening:
        def __get__(self, _client, _kind=None):
            return self

        async def __call__(self, **request):
            return "heard"

    async with Wire().client() as client:
        monkeypatch.setattr(AsyncCompletions, "create", Listening())
        assert await post_chat(client, model="m", messages=CHAT) == "heard"
    own = SimpleNamespace(chat=SimpleNamespace(completions=SimpleNamespace(create=Listening())))
    assert await post_chat(own, model="m", messages=CHAT) == "heard"


async def test_streams_and_classes_of_formats_go_the_usual_way():
    wire = Wire()
    async with wire.client() as client:
        assert isinstance(await post_chat(client, model="m", messages=CHAT, stream=True), openai.AsyncStream)
        with pytest.raises(TypeError, match="parse"):
            await post_chat(client, model="m", messages=CHAT, response_format=openai.BaseModel)
