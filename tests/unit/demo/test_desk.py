from __future__ import annotations

import pytest

from demo.desk import MODEL_URL_VARIABLE, SEED_PROMPT, build_agent
from nightschool.errors import ConfigError
from nightschool.local_model import MODEL_NAME


def test_the_factory_says_which_variable_is_missing() -> None:
    with pytest.raises(ConfigError, match=MODEL_URL_VARIABLE):
        build_agent()


def test_the_factory_builds_an_agent_with_the_prompt_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODEL_URL_VARIABLE, "http://127.0.0.1:1/v1")
    prompt = 'Answer as {"value": "$$"}.\n\nuser\nHi {name}'

    agent = build_agent(prompt)

    assert agent.get_system_message(session=None).content == prompt
    assert agent.model.id == MODEL_NAME
    assert agent.model.base_url == "http://127.0.0.1:1/v1"
    assert build_agent().system_message == SEED_PROMPT
