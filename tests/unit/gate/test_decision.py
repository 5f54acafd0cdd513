"""What the gate decides in worlds whose truth is known, and that nothing but the rewards can sway it."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nightschool.gate import GatePolicy, Health, Pair, Sample, decide, settle_unit, units_in_order, wants_more
from nightschool.gate.units import units_of
from nightschool.stats import evidence_of, log_wealth_path
from tests.unit.gate.worlds import CHALLENGER, a_pair, world


def test_a_better_challenger_is_promoted():
    verdict = decide(world(0.25), challenger=CHALLENGER)
    assert verdict.decision == "promote"
    assert verdict.evidence >= verdict.needed == pytest.approx(365)
    assert verdict.gain == pytest.approx(verdict.mean_challenger - verdict.mean_incumbent)
    assert verdict.interval[0] <= verdict.gain <= verdict.interval[1]
    assert verdict.wins + verdict.ties + verdict.losses == verdict.n_sessions == len(verdict.path) == 150
    assert verdict.reason.startswith("Promote: evidence ")
    assert "365 : 1 needed after 150 sessions" in verdict.reason


def test_a_worse_challenger_never_is():
    for seed in range(60):
        assert decide(world(-0.05, seed=seed), challenger=f"c{seed}").decision in {"reject", "undecided"}


def test_an_equal_challenger_is_not():
    decisions = [decide(world(0.0, n=300, seed=seed), challenger=f"c{seed}").decision for seed in range(40)]
    assert decisions.count("promote") <= 1  # 1 in 365 is allowed, two of forty would be 1 in 200


def test_a_few_lucky_wins_among_ties_are_not_enough():
    pairs = [a_pair(i, 1.0, 1.0) for i in range(95)] + [a_pair(i, 0.0, 1.0) for i in range(95, 100)]
    verdict = decide(pairs, challenger=CHALLENGER)
    assert verdict.decision == "undecided"
    assert (verdict.wins, verdict.ties, verdict.losses) == (5, 95, 0)


def test_mean_above_mean_promotes_nothing():
    verdict = decide(world(0.03, n=60, seed=2), challenger=CHALLENGER)
    assert verdict.gain > 0
    assert verdict.decision != "promote"


@settings(max_examples=25, deadline=None)
@given(order=st.randoms(use_true_random=False), n=st.integers(0, 60))
def test_the_order_of_the_rows_does_not_matter(order, n):
    pairs = world(0.1, n=n, seed=n) + [
        a_pair(900 + i, 0.1, 0.123456, session_id="s3", slices={"domain": "math"}) for i in range(7)
    ]
    shuffled = pairs.copy()
    order.shuffle(shuffled)
    assert decide(shuffled, challenger=CHALLENGER) == decide(pairs, challenger=CHALLENGER)
    assert wants_more(shuffled, challenger=CHALLENGER, units_left=9) == wants_more(pairs, challenger=CHALLENGER, units_left=9)


def test_the_evidence_is_that_of_the_bet_in_the_published_order():
    pairs = world(0.1, n=50)
    by_session = {pair.session_id: pair.challenger[0].reward - pair.incumbent[0].reward for pair in pairs}
    gains = [by_session[name] for name in units_in_order(by_session, CHALLENGER)]
    path = log_wealth_path(gains, alpha=1 / 365, horizon=300)
    verdict = decide(pairs, challenger=CHALLENGER)
    assert verdict.path == tuple(path)
    assert verdict.evidence == evidence_of(path)


def test_earlier_nights_are_bet_on_first():
    pairs = [
        pair.model_copy(update={"night": "2026-11-20" if i % 2 else "2026-11-21"}) for i, pair in enumerate(world(0.1, n=20))
    ]
    nights = [unit.night for unit in units_of(pairs, GatePolicy(), CHALLENGER)]
    assert nights == sorted(nights)
    first_night = decide([pair for pair in pairs if pair.night == "2026-11-20"], challenger=CHALLENGER)
    assert decide(pairs, challenger=CHALLENGER).path[:10] == first_night.path


@pytest.mark.parametrize("alpha", [1 / 365, 1 / 20])
def test_a_test_that_lasts_three_nights_is_one_bet_in_the_nights_order(alpha):
    nights = [
        [pair.model_copy(update={"night": f"2026-11-2{night}", "session_id": f"n{night}-{pair.session_id}"}) for pair in pairs]
        for night, pairs in enumerate([world(0.1, n=30), world(0.1, n=25, seed=1), world(0.1, n=20, seed=2)])
    ]
    so_far, path = [], ()
    for number, pairs in enumerate(nights, 1):
        so_far += pairs
        verdict = decide(so_far, challenger=CHALLENGER, nights=number, alpha=alpha)
        assert verdict.path[: len(path)] == path, "what was bet before was bet"
        assert (verdict.nights, verdict.needed) == (number, pytest.approx(1 / alpha))
        path = verdict.path
    gains = [unit.gain for unit in units_of(so_far, GatePolicy(), CHALLENGER)]
    assert path == tuple(log_wealth_path(gains, alpha=alpha, horizon=300))


def test_examples_of_one_session_are_one_observation():
    pairs = [a_pair(i, 0.0, 1.0, session_id="only") for i in range(200)]
    verdict = decide(pairs, challenger=CHALLENGER)
    assert (verdict.n_sessions, verdict.n_pairs) == (1, 200)
    assert verdict.decision == "undecided"


def test_sessions_of_one_user_are_one_observation_when_users_are_counted():
    pairs = [a_pair(i, 0.2, 0.9, user_id=f"u{i % 10}") for i in range(100)]
    verdict = decide(pairs, GatePolicy(unit="user"), challenger=CHALLENGER)
    assert verdict.n_sessions == 10
    assert "10 users" in verdict.reason


def test_where_sessions_are_counted_the_verdict_says_for_whom_it_speaks():
    known = [pair.model_copy(update={"user_id": f"u{n % 12}"}) for n, pair in enumerate(world(0.25))]
    (warning,) = decide(known, challenger=CHALLENGER).warnings
    assert warning == "Sessions were counted, of 12 known users: the verdict speaks for these, and not for new ones."
    by_user = decide(known, GatePolicy(unit="user"), challenger=CHALLENGER)
    assert not any("speaks for" in warning for warning in by_user.warnings)
    assert decide(world(0.25), challenger=CHALLENGER).warnings == ()


def test_a_unit_is_bet_on_once():
    monday = [a_pair(i, 0.2, 0.4, user_id="u", night="2026-11-23") for i in range(2)]
    tuesday = [a_pair(i, 0.2, 1.0, user_id="u", night="2026-11-24") for i in range(2, 4)]
    verdict = decide(monday + tuesday, GatePolicy(unit="user"), challenger=CHALLENGER)
    assert (verdict.n_sessions, verdict.gain) == (1, pytest.approx(0.2))


def test_auto_counts_users_where_enough_are_known():
    auto = GatePolicy(unit="auto")
    assert settle_unit([f"u{i}" for i in range(100)], auto) == "user"
    assert settle_unit([f"u{i}" for i in range(99)] + [""] * 50, auto) == "session"
    assert settle_unit([], GatePolicy(unit="user")) == "user"


def test_repeats_are_averaged():
    pair = Pair(
        session_id="s",
        example_id="e",
        incumbent=[Sample(reward=0.0), Sample(reward=0.5)],
        challenger=[Sample(reward=1.0), Sample(reward=None, fault="infrastructure")],
    )
    assert decide([pair]).gain == pytest.approx(0.75)


def test_an_agent_fault_counts_zero_and_an_outage_counts_nothing():
    fault = Pair(session_id="a", example_id="a", incumbent=[Sample(reward=0.8)], challenger=[Sample(reward=None, fault="agent")])
    outage = Pair(
        session_id="b", example_id="b", incumbent=[Sample(reward=0.8, fault="infrastructure")], challenger=[Sample(reward=0.9)]
    )
    verdict = decide([fault, outage], GatePolicy(min_complete_share=0.5))
    assert verdict.gain == pytest.approx(-0.8)
    assert (verdict.n_sessions, verdict.n_unscored) == (1, 1)
    assert (verdict.faults_incumbent, verdict.faults_challenger) == (0, 1)


def test_slices_carry_their_gain():
    pairs = [a_pair(i, 0.2, 0.4 if i % 2 else 0.1, slices={"domain": "math" if i % 2 else "mail"}) for i in range(10)]
    found = {(part.kind, part.value): (part.n, part.gain) for part in decide(pairs).slices}
    assert found == {("domain", "mail"): (5, pytest.approx(-0.1)), ("domain", "math"): (5, pytest.approx(0.2))}


@pytest.mark.parametrize(
    ("decision", "words", "pairs", "fields"),
    [
        ("invalid", "stored", world(0.3), {"health": Health(stored_incumbent=True)}),
        ("invalid", "different judges", world(0.3), {"health": Health(judge_id_incumbent="a", judge_id_challenger="b")}),
        ("invalid", "quotes", world(0.3), {"health": Health(quoted_examples=["e1"])}),
        ("invalid", "repeat", world(0.3) + world(0.3)[:1], {}),
        ("invalid", "two valid scores", world(0.3)[:20] + [a_pair(99 + i, None, 1.0) for i in range(3)], {}),
        ("invalid", "same reward", [a_pair(i, 0.5, 0.5) for i in range(30)], {}),
        ("invalid", "same reward", [a_pair(i, 0.4, 0.6) for i in range(30)], {}),
        ("reject", "text", world(0.3), {"health": Health(identical_text=True)}),
        ("reject", "must-pass", world(0.3), {"health": Health(must_pass_failed=["e1"])}),
        ("reject", "everywhere", [a_pair(i, 1.0, 1.0) for i in range(30)], {}),
        ("reject", "optimist", world(-0.2), {}),
        ("reject", "planned for no more", world(0.05, n=60), {"policy": GatePolicy(horizon=50)}),
        ("reject", "nights are used up", world(0.05, n=30), {"nights": 20}),
        ("reject", "worth a change", world(0.25), {"policy": GatePolicy(min_effect=0.5)}),
        ("undecided", "goes on tomorrow", world(0.1, n=30), {}),
        ("undecided", "fewer than 20", [a_pair(i, 0.0, 1.0) for i in range(15)], {"alpha": 1 / 12}),
        ("undecided", "no session", [], {}),
    ],
)
def test_what_else_is_decided_and_why(decision, words, pairs, fields):
    verdict = decide(pairs, **fields, challenger=CHALLENGER)
    assert (verdict.decision, words in verdict.reason) == (decision, True), verdict.reason
    assert "\n" not in verdict.reason


def test_all_wrong_beside_all_right_is_a_gain_and_no_fault_of_the_grader():
    assert decide([a_pair(i, 0.0, 1.0) for i in range(30)], challenger=CHALLENGER).decision == "promote"


def test_units_beyond_the_horizon_are_not_bet_on():
    verdict = decide(world(0.05, n=60), GatePolicy(horizon=50), challenger=CHALLENGER)
    assert (verdict.n_sessions, verdict.n_pairs) == (50, 60)


def test_alpha_sets_the_odds():
    pairs = world(0.12, n=60, seed=4)
    easy, hard = decide(pairs, alpha=1 / 12), decide(pairs, alpha=1 / 5000)
    assert (easy.needed, hard.needed) == (pytest.approx(12), pytest.approx(5000))
    assert decide(pairs, GatePolicy(yearly_false_promotions=2, tests_per_year=100)).needed == pytest.approx(50)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 2.0])
def test_an_impossible_alpha_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha"):
        decide([], alpha=alpha)


@pytest.mark.parametrize("bad", [math.nan, 1.2, -0.1])
def test_impossible_rewards_are_refused(bad):
    with pytest.raises(ValidationError):
        Sample(reward=bad)
    smuggled = Pair.model_construct(
        session_id="s",
        example_id="e",
        incumbent=[Sample.model_construct(reward=bad, fault=None)],
        challenger=[Sample(reward=1.0)],
        night="",
        user_id="",
        slices={},
    )
    with pytest.raises(ValueError, match="reward"):
        decide([smuggled])


def test_a_test_too_small_for_any_plausible_gain_says_so():
    verdict = decide(world(0.1, n=10), challenger=CHALLENGER)
    assert verdict.smallest_confirmable_gain is None or verdict.smallest_confirmable_gain > 0.3
    assert any("can confirm no gain" in warning for warning in verdict.warnings)


def test_the_verdict_survives_its_file():
    verdict = decide(world(0.25), challenger=CHALLENGER)
    assert type(verdict).model_validate_json(verdict.model_dump_json()) == verdict


def test_the_order_is_one_nobody_chose():
    names = [f"s{i}" for i in range(50)]
    shuffled = random.Random(5).sample(names, 50)
    assert units_in_order(names, "a") == units_in_order(shuffled, "a")
    assert units_in_order(names, "a") != units_in_order(names, "b")
    assert units_in_order(["x", "x"], "a") == ["x"]
