"""What was promoted, when and why: append-only versions, verdicts and transitions, and one incumbent for each target.

The incumbent is moved by compare-and-swap, in one transaction with the record of the move and the actions that follow
from it (the outbox). Publishing is done from the outbox, idempotently, by whoever comes next: ::

    with Registry("sqlite:///.nightschool/registry.db") as registry:
        start = registry.begin(night, seed_text="You are our support desk.")
        verdict_id = registry.record_verdict(night, challenger, start.incumbent, verdict, pairs, gate_digest=digest)
        registry.promote(night, challenger, start.incumbent, verdict_id, verdict.reason)
"""

from nightschool.registry.by_hand import ByHand
from nightschool.registry.entries import (
    PRODUCTION,
    Decision,
    Incumbent,
    OutboxItem,
    OutboxKind,
    SettledSets,
    StoredVerdict,
    Transition,
    TransitionKind,
)
from nightschool.registry.gate_tests import GateTests
from nightschool.registry.store import Registry

__all__ = [
    "PRODUCTION",
    "ByHand",
    "Decision",
    "GateTests",
    "Incumbent",
    "OutboxItem",
    "OutboxKind",
    "Registry",
    "SettledSets",
    "StoredVerdict",
    "Transition",
    "TransitionKind",
]
