"""A registry outlives the version of nightschool that made it."""

import pytest
import sqlalchemy as sa

from nightschool.databases import open_engine
from nightschool.errors import ConfigError
from nightschool.registry import Registry, SettledSets, schema
from tests.unit.registry.nights import a_night, promoted


def _in_database(url):
    engine = open_engine(url)
    with engine.connect() as connection:
        found = schema.version_in(connection)
    engine.dispose()
    return found


def test_a_new_registry_has_the_present_version(url, registry):
    assert _in_database(url) == schema.current_version()


def test_an_older_registry_is_taken_through_the_steps_in_order_and_keeps_its_data(url, registry, monkeypatch):
    made = promoted(registry, a_night(), "Answer with the bare value.")
    steps = (
        *schema.STEPS,
        lambda connection: connection.execute(sa.text("ALTER TABLE registry_nights ADD COLUMN mood TEXT")),
        lambda connection: connection.execute(sa.text("UPDATE registry_nights SET mood = 'calm'")),
    )
    monkeypatch.setattr(schema, "STEPS", steps)
    with Registry(url) as newer:
        assert newer.history("production", "support")[-1] == made
        assert newer.by_hand.waiting("production", "support") is None
    assert _in_database(url) == len(steps) + 1
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT mood FROM registry_nights")).scalars().all() == ["calm"]
    engine.dispose()


def test_a_step_that_fails_changes_nothing(url, registry, monkeypatch):
    made = promoted(registry, a_night(), "Answer with the bare value.")
    present = _in_database(url)
    steps = (
        *schema.STEPS,
        lambda connection: connection.execute(sa.text("ALTER TABLE registry_nights ADD COLUMN mood TEXT")),
        lambda connection: connection.execute(sa.text("UPDATE no_such_table SET mood = 'calm'")),
    )
    with monkeypatch.context() as patched:
        patched.setattr(schema, "STEPS", steps)
        with pytest.raises(ConfigError, match="no_such_table"):
            Registry(url)
    assert _in_database(url) == present
    with Registry(url) as again:
        assert again.history("production", "support")[-1] == made


def test_a_newer_registry_is_not_touched(url, registry, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(schema, "STEPS", (*schema.STEPS, lambda _: None))
        Registry(url).close()
    with pytest.raises(ConfigError, match="newer nightschool"):
        Registry(url)


def test_a_registry_of_the_first_version_learns_to_keep_what_later_ones_keep(url, registry):
    made = promoted(registry, a_night(), "Answer with the bare value.")
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE registry_readings"))
        connection.execute(sa.text("DROP TABLE registry_decisions"))
        for name in ("tests", "test_nights", "test_pairs", "alpha", "grounds", "backfill_dates", "nominations", "shadow_pairs"):
            connection.execute(sa.text(f"DROP TABLE registry_{name}"))
        connection.execute(sa.text("UPDATE registry_schema SET version = 1"))
    engine.dispose()
    with Registry(url) as newer:
        assert newer.settle(a_night(), "reading", SettledSets(before="", after="l1"))
        assert newer.history("production", "support")[-1] == made
