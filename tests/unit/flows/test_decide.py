"""A decision by form does what `nightschool approve | decline` do."""

from __future__ import annotations

import asyncio

import pytest

from flows.decide import decide
from nightschool.errors import PromotionError
from nightschool.records import Lineage, Verdict, version_of
from nightschool.registry import Registry
from nightschool.serving import load_prompt
from nightschool.settings import Settings
from tasks.parameters import DecideParameters
from tests.unit.registry.nights import SEED, a_night

CHALLENGER = "You help, in one line."


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home in which a win waits for a person."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NIGHTSCHOOL_TARGET", "support")
    night = a_night()
    with Registry(f"sqlite:///{tmp_path / '.nightschool' / 'registry.db'}") as registry:
        registry.begin(night, SEED)
        challenger = registry.add_version(CHALLENGER, Lineage(target="support")).version
        held = Verdict(decision="hold", reason="It wins, and a slice loses.")
        registry.record_verdict(night, challenger, version_of(SEED), held, [])
    return tmp_path / ".nightschool"


def decided(decision: str):
    given = DecideParameters(target="support", decision=decision, reason="looked at it", name="Lan")
    return asyncio.run(decide.fn(given))


def test_an_approved_prompt_is_served(home):
    state = decided("approve")
    assert (state.name, state.is_completed()) == ("Approved", True)
    assert "Lan approved it" in state.message
    assert load_prompt("support", home=home).text == CHALLENGER


def test_a_declined_prompt_is_not_and_nothing_waits_then(home, monkeypatch):
    async def nobody_listens(_: Settings) -> int:
        return 0

    monkeypatch.setattr("flows.decide.raise_events", nobody_listens)
    state = decided("decline")
    assert (state.name, state.is_completed()) == ("Declined", True)
    assert not (home / "served").exists()
    with pytest.raises(PromotionError, match="No win of support"):
        decided("approve")
    with Registry(f"sqlite:///{home / 'registry.db'}") as registry:
        [failed] = [item.payload for item in registry.pending("event") if item.payload["event"].endswith("promotion.failed")]
    assert failed["told"] is False, "its failed run is what is told"
