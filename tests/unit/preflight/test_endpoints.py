"""Whom a night talks to, and what is said where that can't be checked."""

import asyncio

import pytest

from nightschool.errors import ConfigError, LLMError
from nightschool.preflight.endpoints import look_for_key, look_for_models, models_in_use, require_answer, trace_endpoints
from nightschool.settings import load_settings
from tests.scripted_endpoint import Answer, answering, error

MODELS = {"model": "m", "critic_model": "c", "editor_model": "e", "judge_model": "j"}
NO_ROLE = {"search": {"edits": ("demonstrations",)}, "grading": {"use_llm_grader": False}}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def settings_with(base_url="", **given):
    return load_settings(**{"models": {**MODELS, "base_url": base_url}, **given})


def listing(*names):
    return Answer({"object": "list", "data": [{"id": name, "object": "model", "created": 1, "owned_by": "o"} for name in names]})


@pytest.mark.parametrize(
    ("edits", "judge", "used"),
    [
        (("critique", "demonstrations"), True, "cej"),
        (("critique",), False, "ce"),
        (("demonstrations",), True, "j"),
        (("demonstrations",), False, ""),
    ],
)
async def test_only_models_in_use_must_be_there(edits, judge, used):
    given = {"search": {"edits": edits}, "grading": {"use_llm_grader": judge}}
    assert "".join(sorted(models_in_use(settings_with(**given)).values())) == used
    async with answering([listing(*used)]) as endpoint:
        settings = settings_with(endpoint.url, **given)
        said = await asyncio.to_thread(look_for_models, settings)
    assert bool(endpoint.sent) == bool(used)
    assert said == (f"{endpoint.url}: {', '.join(used)}" if used else "not needed: no critic, editor or judge is asked")


def test_a_role_without_a_model_of_its_own_asks_the_common_one():
    assert set(models_in_use(load_settings(models={"model": "m"})).values()) == {"m"}


def test_a_labellers_model_is_in_use_where_a_model_labels():
    models = {**MODELS, "labeller_model": "l"}
    assert "labeller" not in models_in_use(load_settings(models=models))
    assert models_in_use(load_settings(models=models, data={"labeller": "llm"}))["labeller"] == "l"


async def test_a_model_in_use_that_is_not_there_is_named():
    async with answering([listing("c", "e")]) as endpoint:
        with pytest.raises(ConfigError, match="has no model j; it has: c, e"):
            await asyncio.to_thread(look_for_models, settings_with(endpoint.url))


async def test_an_endpoint_without_a_list_is_said_not_refused():
    async with answering([error(404)]) as endpoint:
        said = await asyncio.to_thread(look_for_models, settings_with(endpoint.url))
    assert said == f"{endpoint.url}: c, e, j (has no list of models: not checked)"


async def test_a_refused_key_says_where_to_look():
    async with answering([error(401)]) as endpoint:
        with pytest.raises(LLMError) as refused:
            await asyncio.to_thread(look_for_models, settings_with(endpoint.url))
    assert "OPENAI_API_KEY" in refused.value.next_step


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"openai_api_key": "sk-1"}, "yes"),
        ({"base_url": "http://127.0.0.1:9/v1"}, "not needed: the endpoint is on this machine"),
        (NO_ROLE, "not needed: no critic, editor or judge is asked"),
    ],
)
def test_when_a_key_is_there_or_not_needed(given, said):
    assert look_for_key(settings_with(**given)) == said


@pytest.mark.parametrize(("base_url", "any_value"), [("", False), ("http://gpu.example.org:8000/v1", True)])
def test_a_missing_key_is_an_error_that_says_what_an_open_endpoint_takes(base_url, any_value):
    with pytest.raises(ConfigError, match="OPENAI_API_KEY is not set") as missing:
        look_for_key(settings_with(base_url))
    assert ("takes any value" in missing.value.next_step) == any_value


async def test_trace_endpoints_are_those_that_are_set():
    assert trace_endpoints(load_settings()) == {}
    async with answering([listing()]) as endpoint:
        found = trace_endpoints(load_settings(store_url=endpoint.url))
        assert found == {"Trace store": endpoint.url}
        assert await asyncio.to_thread(require_answer, endpoint.url) == endpoint.url
    with pytest.raises(ConfigError, match="nothing answers at"):
        require_answer(endpoint.url)
