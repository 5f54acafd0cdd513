"""A promotion's proof: whoever has the file and Python can derive the promotion again, and sees where somebody changed it."""

import copy
import json
import random
import subprocess
import sys

import pytest

from nightschool import verify
from nightschool.errors import DataError
from nightschool.gate import decide, units_in_order
from nightschool.gate.rederiving import rederive
from nightschool.records import GateIdentity, GatePolicy, Grounds, Health, Lineage, Pair, Sample
from nightschool.registry.proof import proof_of
from tests.unit.registry.nights import SEED, a_night

AGENT = GateIdentity(judge_model="judge-1", grader="g1", agent_code="a1")
TEXT = "Answer with the bare value."


def bought(night, units, *, gain=0.6):
    chance = random.Random(night.run_date.day)
    return [
        Pair(
            session_id=unit,
            example_id=f"e-{unit}-{n}",
            incumbent=[Sample(reward=0.3 * chance.random())],
            challenger=[Sample(reward=0.3 * chance.random() + gain, fault="agent" if chance.random() < 0.05 else None)],
            night=night.run_date.isoformat(),
        )
        for unit in units
        for n in range(2)
    ]


@pytest.fixture
def promoted(registry):
    """A test of two nights that ends in a promotion."""
    nights = [a_night(21), a_night(22)]
    start = registry.begin(nights[0], SEED)
    challenger = registry.add_version(TEXT, Lineage(parent=start.incumbent, data_digest="d1")).version
    test = registry.tests.open(nights[0], challenger, start.incumbent, AGENT, horizon=60, unit="session", yearly=1.0)
    policy = GatePolicy(horizon=60, unit="session", promotion="approve")
    pairs = []
    for number, night in enumerate(nights, start=1):
        registry.begin(night, SEED)
        names = units_in_order([f"s{night.run_date.day}-{n}" for n in range(15)], challenger)
        registry.tests.plan(test, night, names)
        tonight = bought(night, names)
        registry.tests.keep_pairs(test.test_id, [(pair.session_id, pair) for pair in tonight])
        pairs += tonight
        policy = policy.model_copy(update={"promotion": "auto"})
        verdict = decide(pairs, policy, Health(), challenger=challenger, nights=number, alpha=test.terms.alpha)
        grounds = Grounds(test_id=test.test_id, challenger=challenger, nights=number, policy=policy)
        name = registry.record_verdict(night, challenger, start.incumbent, verdict, pairs, grounds=grounds)
    assert verdict.decision == "promote"
    registry.promote(nights[-1], challenger, start.incumbent, name, verdict.reason)
    return registry


def proof(registry):
    """The proof as it comes out of its file."""
    return json.loads(json.dumps(proof_of(registry, "production", "support")))


def test_a_promotion_is_derived_again_from_its_proof(promoted):
    found = list(verify.findings(proof(promoted)))
    assert [says for holds, says in found if not holds] == []
    assert len(found) >= 12


def test_the_verifier_places_the_very_bet_of_the_gate(promoted):
    (*_, last) = promoted.verdicts("production", "support")
    units = verify.units_in_order(proof(promoted))
    assert verify.log_wealth([gain for _, _, gain in units], 1 / 365, 60) == pytest.approx(last.verdict.path, abs=1e-12)


def test_no_text_of_a_prompt_or_a_conversation_is_in_it(promoted):
    assert TEXT not in json.dumps(proof(promoted))


def _a_better_reward(changed):
    changed["rows"][0]["challenger"][0]["reward"] = 1.0


def _a_lost_loss(changed):
    worst = min(changed["rows"], key=lambda row: (row["challenger"][0]["reward"] or 0) - (row["incumbent"][0]["reward"] or 0))
    changed["rows"].remove(worst)


def _a_row_twice(changed):
    changed["rows"].append(changed["rows"][0])


def _better_odds(changed):
    changed["terms"]["alpha"] = 1 / 50


def _better_odds_in_the_ledger_too(changed):
    _better_odds(changed)
    changed["alpha_ledger"][0]["spent"] = 1 / 50


def _a_night_spent_twice(changed):
    changed["alpha_ledger"].insert(0, changed["alpha_ledger"][0] | {"test_id": "another"})


def _another_order(changed):
    changed["nights"][0]["units"].reverse()


def _units_that_were_not_planned(changed):
    changed["nights"][1]["units"] = changed["nights"][1]["units"][:5]


def _another_prompt(changed):
    changed["challenger"]["sha256"] = "0" * 64


def _a_smaller_exam(changed):
    changed["policy"]["min_sessions"] = 31


def _another_horizon(changed):
    changed["terms"]["horizon"] = 200


def _many_outages(changed):
    for row in changed["rows"][::3]:
        row["challenger"][0]["fault"] = "infrastructure"


def _a_hold(changed):
    changed["verdict"]["decision"] = "hold"


def _another_gain_told(changed):
    changed["verdict"]["gain"] += 0.1


def _more_evidence_told(changed):
    changed["verdict"]["evidence"] *= 2


def _fewer_odds_told(changed):
    changed["verdict"]["needed"] = 12.0


def _a_larger_exam_told(changed):
    changed["verdict"]["n_sessions"] += 1


def _another_night_told(changed):
    changed["verdict"]["nights"] = 1


def _a_later_opening(changed):
    changed["opened_on"] = "2026-11-22"


def _a_test_opened_after_its_first_night(changed):
    _a_later_opening(changed)
    changed["alpha_ledger"][0]["until"] = "2026-11-22"


def _another_targets_budget(changed):
    changed["alpha_ledger"][0]["target"] = "another"


def _more_earned(changed):
    changed["alpha_ledger"][0]["accrued"] *= 2


def _another_judge(changed):
    changed["identity"]["judge_model"] = "judge-2"


def _a_session_of_two_units(changed):
    changed["rows"][1]["session"] = changed["rows"][-1]["session"]


CHANGES = [value for name, value in globals().items() if name.startswith("_") and getattr(value, "__module__", "") == __name__]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_whatever_is_changed_is_seen(promoted, change):
    changed = copy.deepcopy(proof(promoted))
    change(changed)
    assert not all(holds for holds, _ in verify.findings(changed))


def test_it_runs_without_any_package(promoted, tmp_path):
    (tmp_path / "proof.json").write_text(json.dumps(proof(promoted)))
    (tmp_path / "broken.json").write_text("{}")
    run = [sys.executable, "-I", "-S", verify.__file__]
    good = subprocess.run([*run, tmp_path / "proof.json"], capture_output=True, text=True, check=False)
    assert (good.returncode, "✗" in good.stdout) == (0, False), good.stdout + good.stderr
    broken = subprocess.run([*run, tmp_path / "broken.json"], capture_output=True, text=True, check=False)
    assert (broken.returncode, "is no proof: KeyError" in broken.stdout) == (2, True), broken.stdout + broken.stderr


@pytest.mark.parametrize(
    "content",
    ["", "[" * 100_000, "[]", "7", '{"schema": 7}', '{"schema": "", "incumbent": {"sha256": 7, "version": 7}, "challenger": 1}'],
)
def test_what_is_no_proof_is_said_to_be_none(tmp_path, capsys, content):
    (tmp_path / "proof.json").write_text(content)
    assert verify.main([str(tmp_path / "proof.json"), str(tmp_path / "nowhere.json")]) == 2
    assert capsys.readouterr().out.count("is no proof") == 2


def test_without_a_promotion_there_is_no_proof(registry):
    registry.begin(a_night(), SEED)
    with pytest.raises(DataError, match="was promoted by an exam"):
        proof_of(registry, "production", "support")


def test_each_stored_verdict_is_derived_again(promoted):
    checks = [rederive(promoted, stored) for stored in promoted.verdicts("production", "support")]
    assert [check.holds for check in checks] == [True, True]
    stored = checks[1].stored
    other = stored.verdict.model_copy(update={"evidence": 7.0, "decision": "reject"})
    differing = rederive(promoted, stored.model_copy(update={"verdict": other}))
    assert (differing.holds, "decision reject and not promote" in differing.line) == (False, True)


def test_a_verdict_that_was_given_better_odds_than_its_test_spent_is_found(promoted):
    (*_, stored) = promoted.verdicts("production", "support")
    grounds = promoted.grounds(stored.verdict_id)
    pairs = promoted.pairs_behind(stored.verdict_id)
    eased = decide(pairs, grounds.policy, grounds.health, challenger=grounds.challenger, nights=grounds.nights, alpha=1 / 20)
    found = rederive(promoted, stored.model_copy(update={"verdict": eased}))
    assert (found.holds, "needed 20.0 and not 365.0" in found.line) == (False, True), found.line
