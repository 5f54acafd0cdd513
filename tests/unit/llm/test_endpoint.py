"""Is the endpoint there, and does it have the model?"""

import asyncio

import pytest

from nightschool.errors import ConfigError, LLMError, TransientError
from nightschool.llm import list_models, require_model
from nightschool.records import ModelPolicy
from nightschool.simulator import SimulatorSettings, start_in_thread
from tests.scripted_endpoint import Answer, answering, error


@pytest.fixture(scope="module")
def policy():
    with start_in_thread(SimulatorSettings(models=("large", "small"))) as url:
        yield ModelPolicy(base_url=f"{url}/v1")


def test_models_are_listed(policy):
    assert list_models(policy, "") == ["large", "small"]
    require_model(policy, "any", "small")


def test_a_missing_model_is_named_with_those_that_are_there(policy):
    with pytest.raises(ConfigError, match=r"has no model 'medium'; it has: large, small") as refused:
        require_model(policy, "", "medium")
    assert "--model" in refused.value.next_step


def test_nobody_there_is_an_outage():
    with pytest.raises(TransientError, match=r"the endpoint http://127\.0\.0\.1:9/v1 met an outage"):
        list_models(ModelPolicy(base_url="http://127.0.0.1:9/v1"), "")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (error(401), "was refused with 401"),
        (error(404), "was refused with 404"),
        (Answer("<html>Welcome</html>"), "no list of models"),
    ],
)
async def test_another_kind_of_server_is_named(answer, said):
    async with answering([answer]) as endpoint:
        with pytest.raises(LLMError, match=said) as refused:
            await asyncio.to_thread(list_models, ModelPolicy(base_url=endpoint.url), "")
    assert "--base-url" in refused.value.next_step
