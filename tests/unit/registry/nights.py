"""Nights and promotions as the registry's tests make them."""

from datetime import date

from nightschool.records import Lineage, Night, Pair, Sample, Verdict

SEED = "You are our support desk."


def a_night(day=21, *, target="support", track="production"):
    return Night(track=track, target=target, run_date=date(2026, 11, day))


def pairs_of(*sessions):
    return [
        Pair(session_id=name, example_id=f"e-{name}", incumbent=[Sample(reward=0.1)], challenger=[Sample(reward=0.9)])
        for name in sessions
    ]


def prepare(registry, night, text, *, decision="promote", sessions=("s1",)):
    """Begin a night and store a challenger with its verdict: all that comes before the promotion."""
    start = registry.begin(night, SEED)
    challenger = registry.add_version(text, Lineage(parent=start.incumbent, track=night.track, target=night.target)).version
    verdict = Verdict(decision=decision, reason=f"{decision}: because.")
    verdict_id = registry.record_verdict(night, challenger, start.incumbent, verdict, pairs_of(*sessions), gate_digest="g1")
    return challenger, start.incumbent, verdict_id


def promoted(registry, night, text, *, sessions=("s1",)):
    challenger, incumbent, verdict_id = prepare(registry, night, text, sessions=sessions)
    return registry.promote(night, challenger, incumbent, verdict_id, "Promote: because.")
