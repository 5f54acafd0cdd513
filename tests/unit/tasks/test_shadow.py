"""The promotion's shadow, where there is nothing left to pay it from."""

import contextlib
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from nightschool.artifacts import FolderStore
from nightschool.errors import BudgetExhausted
from nightschool.evaluation import BoughtExam
from nightschool.records import NightStart, ShadowFigures
from nightschool.settings import load_settings
from tasks import shadow as module
from tests.unit.registry.nights import a_night, pairs_of


@pytest.fixture
def watching(tmp_path, monkeypatch):
    """Watch a promotion with a purse that is empty or not; what was kept of it is in `kept`."""
    monkeypatch.chdir(tmp_path)
    exam = FolderStore(tmp_path / "artifacts").write_json("shadow", BoughtExam(pairs=pairs_of("s1")).model_dump(mode="json"))
    promotion = SimpleNamespace(previous="before", version="now", verdict_id=1)
    book = SimpleNamespace(
        version=lambda name: SimpleNamespace(text=name),
        verdict=lambda _: None,
        shadows=SimpleNamespace(pairs=lambda *_, before: (), keep_pairs=lambda *given: kept.append(given)),
    )
    kept = []
    monkeypatch.setattr(module, "registry", lambda _: contextlib.nullcontext(book))
    monkeypatch.setattr(module, "_promotion_to_watch", lambda *_: (promotion, datetime(2026, 10, 1, tzinfo=UTC)))

    async def watch(purse):
        async def bought(*_, **__):
            if not purse:
                raise BudgetExhausted("budget.max_calls is used up", next_step="-")
            return exam

        monkeypatch.setattr(module, "shadow", bought)
        start = NightStart(night=a_night(), incumbent="now", started_at=datetime(2026, 10, 2, tzinfo=UTC))
        tonight = load_settings(home=tmp_path)
        return await module.watch_promotion(start, exam, (tonight.grading, (), ""), tonight)

    return watch, kept


async def test_with_an_empty_purse_nothing_is_kept_and_a_larger_one_compares_the_same_night(watching):
    watch, kept = watching
    assert await watch(purse=0) is None
    assert kept == []
    figures = await watch(purse=1)
    assert figures.n_units == 1
    assert len(kept) == 1


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("NIGHTSCHOOL_GATE__PROMOTION", "off", "the target is frozen (gate.promotion = off)"),
        (
            "NIGHTSCHOOL_PROMPT__LOCKED",
            "Never give medical advice.",
            "the prompt before lacks the locked text (prompt.locked); adopt one that has it",
        ),
    ],
)
async def test_a_prompt_that_got_worse_stays_where_the_old_one_may_not_be_served(watching, monkeypatch, setting, value, why):
    watch, _ = watching
    monkeypatch.setenv(setting, value)
    worse = ShadowFigures(decision="roll back", reason="It is worse.", n_units=30)
    monkeypatch.setattr(module, "watch", lambda *_, **__: worse)
    figures = await watch(purse=1)
    assert (figures.decision, figures.n_units) == ("keep", 30)
    assert figures.reason == f"It is worse. It stays, because {why}."
