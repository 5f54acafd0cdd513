"""Agents that would ask with equal clients share one; an owner's own client, or another provider's way to make one, stays."""

from agno.models.azure import AzureOpenAI
from agno.models.openai import OpenAIChat
from agno.models.openai.like import OpenAILike

from nightschool.agent.clients import SharedClients

URL = "http://127.0.0.1:9/v1"


def a_model(**other):
    return OpenAIChat(**({"id": "m", "base_url": URL, "api_key": "any"} | other))


async def test_equal_models_share_a_client_also_where_they_name_different_models():
    clients = SharedClients()
    first, second = clients.opener(a_model())(), clients.opener(a_model(id="other", temperature=0.5))()
    assert first is second
    await first.close()
    assert not clients.opener(a_model())().is_closed()


async def test_what_decides_how_a_client_asks_is_kept():
    clients, first = SharedClients(), a_model()
    others = [
        {"api_key": "another"}, {"timeout": 3}, {"default_headers": {"X": "1"}}, {"base_url": "http://127.0.0.1:10/v1"},
        {"max_retries": 7}, {"organization": "o"}, {"client_params": {"project": "p"}},
    ]  # fmt: skip
    made = [clients.opener(model)() for model in (first, *(a_model(**other) for other in others))]
    assert len({id(client) for client in made}) == 1 + len(others)


async def test_the_owners_client_and_other_providers_clients_are_theirs():
    class Renamed(OpenAILike):
        def _get_client_params(self):
            return super()._get_client_params() | {"api_key": "from elsewhere"}

    clients = SharedClients()
    shared = clients.opener(a_model())()
    own = a_model(async_client=a_model().get_async_client())
    assert clients.opener(own)() is own.async_client is not shared
    assert clients.opener(Renamed(id="m", base_url=URL, api_key="any"))().api_key == "from elsewhere"
    azure = AzureOpenAI(id="m", api_key="any", azure_endpoint="http://127.0.0.1:9", api_version="1")
    assert "Azure" in type(clients.opener(azure)()).__name__
