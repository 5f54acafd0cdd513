"""The bench of a stage: its budget is the night's."""

import sys
import types
from datetime import date

import pytest

from nightschool.errors import BudgetExhausted
from nightschool.llm import Journal
from nightschool.records import Night
from nightschool.settings import load_settings
from tasks.workshop import bench, spent

NIGHT = Night(target="support", run_date=date(2026, 11, 21))
TOMORROW = NIGHT.model_copy(update={"run_date": date(2026, 11, 22)})


@pytest.fixture
def settings(tmp_path, monkeypatch):
    module = types.ModuleType("a_desk")
    module.build = lambda prompt: None
    monkeypatch.setitem(sys.modules, "a_desk", module)
    monkeypatch.chdir(tmp_path)
    return load_settings(home=tmp_path, agent="a_desk:build", budget={"max_calls": 10})


@pytest.fixture
def ten_calls_made(settings):
    journal = Journal(settings.database_url("journal"), NIGHT)
    for number in range(5):
        journal.keep(journal.key("agent", number), "agent", "{}", calls=2, cost_usd=0.01)
    journal.close()


async def test_what_earlier_stages_took_is_counted_in(settings, ten_calls_made):
    async with bench(settings, NIGHT) as tools:
        assert tools.meter.total_calls == 10
        assert tools.meter.cost_usd == pytest.approx(0.05)
        with pytest.raises(BudgetExhausted, match="10 of 10 calls"), tools.meter.room("agent"):
            pass
    assert spent(settings, NIGHT).calls == {"agent": 10}


async def test_another_night_has_a_budget_of_its_own(settings, ten_calls_made):
    async with bench(settings, TOMORROW) as tools:
        with tools.meter.room("agent"):
            assert tools.meter.total_calls == 0
