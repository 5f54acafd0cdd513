import httpx
import pytest

from nightschool.records import Example


@pytest.fixture
def example():
    return an_example("What do 12 lamps cost if a single one is 35000 VND?")


def an_example(question, **fields):
    return Example(example_id="real_s_msg_1", session_id="s", question=question, **fields)


class Wire:
    """The requests of models whose client it watches, as they went over the wire."""

    def __init__(self):
        self.sent = []

    def client(self, url, **options):
        from openai import AsyncOpenAI

        options = {"api_key": "any", "max_retries": 0, "timeout": 5, **options}
        return AsyncOpenAI(base_url=f"{url}/v1", http_client=httpx.AsyncClient(event_hooks={"request": [self._keep]}), **options)

    async def _keep(self, request):
        import json

        self.sent.append(json.loads(request.content))

    @property
    def system_messages(self):
        return [body["messages"][0] for body in self.sent]


@pytest.fixture
def wire():
    return Wire()
