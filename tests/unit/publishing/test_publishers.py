"""Agno's own versioned configs, and the owner's own place."""

from __future__ import annotations

import pytest
from agno.agent import Agent
from agno.db.sqlite import SqliteDb
from agno.models.openai import OpenAILike

from nightschool import load_prompt
from nightschool.errors import ConfigError, PromotionError
from nightschool.publishing import publish_owed
from nightschool.settings import Settings
from tests.unit.registry.nights import a_night, promoted

HERE = __name__


def test_agno_serves_what_was_promoted(registry, tmp_path, agno):
    promoted(registry, a_night(21), "Answer with the {bare} value.")
    publish_owed(registry, agno)
    assert served_by_agno(tmp_path).system_message == "Answer with the {bare} value."
    assert load_prompt("support", home=tmp_path).text == "Answer with the {bare} value."


def test_going_back_moves_agnos_pointer_and_writes_no_second_copy(registry, tmp_path, agno):
    promoted(registry, a_night(21), "First.")
    publish_owed(registry, agno)
    promoted(registry, a_night(22), "Second.")
    publish_owed(registry, agno)
    assert served_by_agno(tmp_path).system_message == "Second."

    registry.by_hand.rollback("production", "support", reason="worse")
    publish_owed(registry, agno)
    assert served_by_agno(tmp_path).system_message == "First."
    assert len(database(tmp_path).list_configs("desk")) == 2


def test_what_one_publisher_could_not_do_stays_owed_and_is_done_with_the_next_command(registry, tmp_path, agno, monkeypatch):
    promoted(registry, a_night(21), "First.")
    with monkeypatch.context() as broken:
        broken.setattr(SqliteDb, "upsert_config", _refuse)
        with pytest.raises(PromotionError, match="agno: the database is away"):
            publish_owed(registry, agno)
    assert load_prompt("support", home=tmp_path).text == "First."
    assert publish_owed(registry, agno) == ("support",)
    assert served_by_agno(tmp_path).system_message == "First."


def test_another_settings_target_waits_for_a_command_with_its_agent(registry, agno):
    promoted(registry, a_night(21, target="billing"), "First.")
    assert publish_owed(registry, agno) == ()
    assert [item.target for item in registry.pending("publish")] == ["billing"]


def test_the_owners_own_place_is_called_with_the_incumbent(registry, tmp_path):
    promoted(registry, a_night(21), "First.")
    publish_owed(registry, Settings(home=tmp_path, target="support", publishers=["file", f"{HERE}:shelf"]))
    assert shelf.prompts == ["First."]


@pytest.mark.parametrize(("name", "said"), [("nowhere:x", "can't be imported"), ("json:loads", "has no method"), ("x", "import")])
def test_what_is_no_publisher_is_refused_before_anything_is_published(registry, tmp_path, name, said):
    promoted(registry, a_night(21), "First.")
    with pytest.raises(ConfigError, match=said):
        publish_owed(registry, Settings(home=tmp_path, target="support", publishers=["file", name]))
    assert not (tmp_path / "served").exists()


@pytest.mark.parametrize(("factory", "said"), [("without_db", "without one"), ("without_id", "without an id")])
def test_an_agent_that_agno_can_not_keep_is_named(registry, agno, factory, said):
    promoted(registry, a_night(21), "First.")
    with pytest.raises(PromotionError, match=said):
        publish_owed(registry, agno.model_copy(update={"agent": f"{HERE}:{factory}"}))


@pytest.fixture
def agno(tmp_path, monkeypatch):
    monkeypatch.setenv("DESK_DB", str(tmp_path / "memory.db"))
    return Settings(home=tmp_path, target="support", agent=f"{HERE}:build", publishers=["file", "agno"])


def database(folder):
    return SqliteDb(db_file=str(folder / "memory.db"))


def served_by_agno(folder):
    return Agent.load("desk", db=database(folder), published_only=True)


def build(prompt):
    import os

    return Agent(id="desk", model=OpenAILike(id="small"), system_message=prompt, db=SqliteDb(db_file=os.environ["DESK_DB"]))


def without_db(prompt):
    return Agent(id="desk", model=OpenAILike(id="small"), system_message=prompt)


def without_id(prompt):
    agent = build(prompt)
    agent.id = None
    return agent


def _refuse(*_args, **_fields):
    raise OSError("the database is away")


class Shelf:
    def __init__(self):
        self.prompts = []

    def publish(self, incumbent):
        self.prompts.append(incumbent.prompt.text)


shelf = Shelf()
