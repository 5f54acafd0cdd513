"""The declared rules are rules of Prefect's, filled with the settings."""

from __future__ import annotations

import itertools
from datetime import timedelta
from uuid import uuid4

import pytest
from prefect.automations import AutomationCore

from deployments.automations import rules
from flows.backfill import DONE, PLANNED, SOME_FAILED
from nightschool.records import AlertPolicy, EndState

POLICY = AlertPolicy(no_night_h=1, hung_after_h=0.5)


@pytest.fixture
def filled() -> dict[str, AutomationCore]:
    blocks = [str(uuid4()), str(uuid4())]
    made = [AutomationCore.model_validate(rule) for rule in rules(POLICY, blocks, "http://ui")]
    return {rule.name.removeprefix("nightschool, "): rule for rule in made}


def test_hours_are_the_settings(filled):
    assert filled["no night"].trigger.within == timedelta(hours=1)
    assert filled["a run hangs"].trigger.within == timedelta(minutes=30)


def test_every_channel_is_told_of_every_rule_that_tells(filled):
    told = {name: [action.type for action in rule.actions] for name, rule in filled.items()}
    for name in ("a run whose process died", "a run that never began"):
        assert told.pop(name) == ["change-flow-run-state"]
    assert set(map(tuple, told.values())) == {("send-notification", "send-notification")}


def test_without_channels_the_rules_stand_and_tell_nobody():
    for rule in rules(POLICY, [], "http://ui"):
        assert AutomationCore.model_validate(rule).actions[0].type in ("do-nothing", "change-flow-run-state")


def test_every_alert_says_what_where_and_the_next_command(filled):
    for rule in filled.values():
        for action in rule.actions:
            if action.type == "send-notification":
                assert action.subject.startswith("nightschool: ")
                assert "Where: " in action.body
                assert "Next: " in action.body
                assert "{{ hours }}" not in action.subject + action.body
    assert "no night for 1 hours" in filled["no night"].actions[0].subject


def test_no_two_rules_that_tell_match_the_same_event(filled):
    """Apart from events that mean two things: an end of a run stops the clock of one that waits for it."""
    reacting = [rule.trigger for rule in filled.values() if rule.trigger.posture.value == "Reactive"]
    assert len(reacting) == 2
    for one, other in itertools.combinations(reacting, 2):
        assert not one.expect & other.expect
    assert all(rule.for_each for rule in reacting)
    assert all(rule.within == timedelta(days=1) for rule in reacting)


def test_no_end_of_a_night_counts_as_hung_or_dead(filled):
    ends = {f"prefect.flow-run.{end.value}" for end in EndState}
    assert ends <= filled["a run hangs"].trigger.expect
    assert ends <= filled["a run whose process died"].trigger.expect
    ends_of_a_range = {f"prefect.flow-run.{end}" for end in (PLANNED, DONE, SOME_FAILED)}
    assert ends_of_a_range <= filled["a run whose process died"].trigger.expect
    well = ends - {"prefect.flow-run.Invalid", "prefect.flow-run.Skipped"}
    assert filled["no night"].trigger.expect == well
