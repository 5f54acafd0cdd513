"""The proof of a promotion: all that it rests on, in one JSON file that `nightschool/verify.py` re-derives anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nightschool.errors import DataError
from nightschool.records import GateTest, Grounds, Pair, Sample, Verdict, digest_of_text
from nightschool.registry.entries import StoredVerdict, Transition
from nightschool.registry.store import Registry
from nightschool.verify import SCHEMA

_FIGURES = ("decision", "reason", "evidence", "needed", "gain", "n_sessions", "path")
_POLICY = ("min_sessions", "min_effect", "min_complete_share", "max_nights", "yearly_false_promotions")


def proof_of(registry: Registry, track: str, target: str, version: str = "") -> dict[str, Any]:
    """What the last promotion of a target rests on, or the last one of a version.

    Texts of prompts and conversations are not in it: prompts are named by their digests, sessions and users as in the registry.

    Args:
        registry: where it was promoted.
        track: whose promotion.
        target: likewise.
        version: the start of the promoted version's name; empty: the last promotion.

    Raises:
        DataError: where there is none, or its test is not in the registry.
    """
    move = _promotion(registry, track, target, version)
    stored, grounds = registry.verdict(move.verdict_id), registry.grounds(move.verdict_id)
    test = next((test for test in registry.tests.of_target(track, target) if grounds and test.test_id == grounds.test_id), None)
    if stored is None or grounds is None or test is None:
        raise DataError(
            f"the promotion of {move.version} has no test in the registry: it is older than proofs are",
            next_step="Name a later promotion with --version; `nightschool history` lists them.",
        )
    ledger = registry.tests.ledger(track, target)
    upto = next(n for n, entry in enumerate(ledger) if entry.test_id == test.test_id) + 1
    return {
        "schema": SCHEMA,
        "track": track,
        "target": target,
        "promoted_at": move.at.isoformat(),
        "promoted_as": move.kind,
        "challenger": _arm(registry, stored.challenger),
        "incumbent": _arm(registry, stored.incumbent),
        **_fixed_before(test, registry),
        "policy": {name: getattr(grounds.policy, name) for name in _POLICY},
        "alpha_ledger": [entry.model_dump(mode="json", exclude={"schema_version"}) for entry in ledger[:upto]],
        "rows": [_row(pair, test) for pair in registry.pairs_behind(stored.verdict_id)],
        "verdict": _verdict(stored, grounds),
    }


def _promotion(registry: Registry, track: str, target: str, version: str) -> Transition:
    """The last move that rests on a verdict."""
    moves = [move for move in registry.history(track, target) if move.verdict_id and move.version.startswith(version)]
    if not moves:
        raise DataError(
            f"no prompt{f' {version}' if version else ''} of {target} on {track} was promoted by an exam",
            next_step="`nightschool history` lists what was served; prompts that people adopted have no proof.",
        )
    return moves[-1]


def _arm(registry: Registry, version: str) -> dict[str, str]:
    kept = registry.version(version)
    lineage = kept.lineage
    return {
        "version": version,
        "sha256": digest_of_text(kept.text),
        "data_digest": lineage.data_digest,
        "code_digest": lineage.code_digest,
        "run_date": lineage.run_date,
    }


def _fixed_before(test: GateTest, registry: Registry) -> dict[str, Any]:
    """What was written down before the first reward."""
    nights = registry.tests.nights(test.test_id)
    return {
        "test_id": test.test_id,
        "opened_at": test.opened_at.isoformat(),
        "opened_on": test.opened_on.isoformat(),
        # As it was kept: fields that a later nightschool knows beside these have no part in the test's name.
        "identity": test.identity.model_dump(mode="json", exclude_unset=True),
        "terms": test.terms.model_dump(mode="json"),
        "nights": [{"run_date": night.run_date.isoformat(), "number": night.number, "units": night.units} for night in nights],
    }


def _row(pair: Pair, test: GateTest) -> dict[str, Any]:
    unit = (pair.user_id or pair.session_id) if test.terms.unit == "user" else pair.session_id
    return {
        "night": pair.night,
        "unit": unit,
        "session": pair.session_id,
        "example": pair.example_id,
        "incumbent": _rewards(pair.incumbent),
        "challenger": _rewards(pair.challenger),
    }


def _rewards(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    return [{"reward": sample.reward, "fault": sample.fault} for sample in samples]


def _verdict(stored: StoredVerdict, grounds: Grounds) -> dict[str, Any]:
    verdict: Verdict = stored.verdict
    return {name: getattr(verdict, name) for name in _FIGURES} | {
        "nights": grounds.nights,
        "run_date": str(stored.night.run_date),
    }
