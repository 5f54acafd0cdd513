"""Is the endpoint there, and does it have the model?"""

import asyncio

import pytest

from nightschool.errors import ConfigError, LLMError, TransientError
from nightschool.llm import endpoint as endpoint_module
from nightschool.llm import list_models, require_models
from nightschool.records import ModelPolicy
from nightschool.simulator import SimulatorSettings, start_in_thread
from tests.scripted_endpoint import Answer, answering, error


@pytest.fixture(scope="module")
def policy():
    with start_in_thread(SimulatorSettings(models=("large", "small"))) as url:
        yield ModelPolicy(base_url=f"{url}/v1")


def test_models_are_listed(policy):
    assert list_models(policy, "") == ["large", "small"]
    assert require_models(policy, "any", ["small", "large"]) == ""


def test_a_missing_model_is_named_with_those_that_are_there(policy):
    with pytest.raises(ConfigError, match=r"has no model medium, tiny; it has: large, small") as refused:
        require_models(policy, "", ["small", "medium", "tiny"])
    assert "--model" in refused.value.next_step


def test_nobody_there_is_an_outage():
    with pytest.raises(TransientError, match=r"the endpoint http://127\.0\.0\.1:9/v1 met an outage"):
        list_models(ModelPolicy(base_url="http://127.0.0.1:9/v1"), "")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (error(401), "was refused with 401"),
        (Answer("<html>Welcome</html>"), "no list of models"),
    ],
)
async def test_another_kind_of_server_is_named(answer, said):
    async with answering([answer]) as endpoint:
        with pytest.raises(LLMError, match=said) as refused:
            await asyncio.to_thread(list_models, ModelPolicy(base_url=endpoint.url), "")
    assert "--base-url" in refused.value.next_step


@pytest.mark.parametrize("status", [404, 405])
async def test_an_endpoint_without_a_list_is_not_refused(status):
    async with answering([error(status)]) as endpoint:
        policy = ModelPolicy(base_url=endpoint.url)
        assert await asyncio.to_thread(require_models, policy, "", ["any"]) == "has no list of models: not checked"


@pytest.mark.parametrize(
    ("base_url", "accepted"),
    [
        ("https://shop.openai.azure.com/openai/v1", True),
        ("https://shop.services.ai.azure.com/openai/v1", True),
        ("https://azure.com.example.org/v1", False),
        ("", False),
    ],
)
def test_azures_list_does_not_name_deployments(base_url, accepted, monkeypatch):
    monkeypatch.setattr(endpoint_module, "list_models", lambda policy, key: ["gpt-4o"])
    policy = ModelPolicy(base_url=base_url)
    if accepted:
        assert "our-deployment not checked" in require_models(policy, "key", ["our-deployment", "gpt-4o"])
    else:
        with pytest.raises(ConfigError, match="has no model our-deployment; it has: gpt-4o"):
            require_models(policy, "key", ["our-deployment"])
