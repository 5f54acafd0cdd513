"""What holds a win back, what makes the numbers worthless, and that each of these can be set."""

import numpy as np
import pytest

from nightschool.gate import GatePolicy, Health, Pair, Sample, decide
from nightschool.gate.comparison import questions_of
from nightschool.records import GuardPolicy
from nightschool.stats import holm_rejected
from tests.unit.gate.worlds import CHALLENGER, world

WON = world(0.25)


def dressed(pairs, incumbent=None, challenger=None, slices=None):
    """The pairs with further figures of their samples; each figure is a value or a function of the pair's number."""

    def arm(samples, figures, n):
        values = {name: value(n) if callable(value) else value for name, value in (figures or {}).items()}
        return [sample.model_copy(update=values) for sample in samples]

    return [
        pair.model_copy(
            update={
                "incumbent": arm(pair.incumbent, incumbent, n),
                "challenger": arm(pair.challenger, challenger, n),
                "slices": slices(n) if slices else {},
            }
        )
        for n, pair in enumerate(pairs)
    ]


def with_rewards(rows, **fields):
    return [
        Pair(session_id=f"s{n}", example_id=f"e{n}", incumbent=[Sample(reward=old)], challenger=[Sample(reward=new)], **fields)
        for n, (old, new) in enumerate(rows)
    ]


def a_losing_slice():
    """Mail wins much; math loses on 20 of 150 sessions."""
    rows = [(0.9, 0.5 + 0.01 * (n % 5)) if n < 20 else (0.2, 0.8) for n in range(150)]
    return dressed(with_rewards(rows), slices=lambda n: {"domain": "math" if n < 20 else "mail"})


def a_slice_that_loses_by_chance():
    """One slice of many is a little below zero."""
    return dressed(WON, slices=lambda n: {"question": f"q{n % 15}"})


def longer_answers():
    """What is gained is what the length explains: a reward of 0.2 for each doubling."""
    doublings = [1 + (n % 5) / 2 for n in range(150)]
    rows = [(0.2, 0.2 + 0.2 * d) for d in doublings]
    return dressed(with_rewards(rows), {"tokens": 100}, {"tokens": lambda n: round(100 * 2 ** doublings[n])})


def flattery():
    return dressed(
        WON,
        {"accuracy": lambda n: 1.0 if n % 10 else 0.0, "judge": lambda n: 0.4 + n % 2 / 10},
        {"accuracy": lambda n: 1.0 if n % 4 else 0.0, "judge": lambda n: 0.8 + n % 2 / 10},
    )


HELD = {
    "slices": ("math loses 0.", a_losing_slice(), Health()),
    "accuracy": ("accuracy fell by 0.15", flattery(), Health()),
    "cost": ("costs $0.0200", dressed(WON, {"cost_usd": 0.01}, {"cost_usd": 0.02}), Health()),
    "latency": ("takes 4.0 s", dressed(WON, {"latency_s": 2.0}, {"latency_s": 4.0}), Health()),
    "prompt": ("4,000 tokens", WON, Health(prompt_tokens_incumbent=300, prompt_tokens_challenger=4000)),
    "length": ("grew longer", longer_answers(), Health()),
}


@pytest.mark.parametrize("guard", HELD)
def test_a_guard_holds_warns_or_is_silent(guard):
    words, pairs, health = HELD[guard]
    held = decide(pairs, GatePolicy(), health, challenger=CHALLENGER)
    assert (held.decision, words in held.reason) == ("hold", True), held.reason
    assert held.reason.endswith("a person decides.")
    assert "\n" not in held.reason

    warned = decide(pairs, GatePolicy(guards=GuardPolicy(**{guard: "warn"})), health, challenger=CHALLENGER)
    assert warned.decision == "promote"
    assert any(words in warning.lower() for warning in warned.warnings)

    ignored = decide(pairs, GatePolicy(guards=GuardPolicy(**{guard: "off"})), health, challenger=CHALLENGER)
    assert (ignored.decision, ignored.warnings) == ("promote", ())


@pytest.mark.parametrize(
    ("pairs", "health"),
    [
        (a_slice_that_loses_by_chance(), Health()),
        (dressed(WON, {"cost_usd": 0.0001}, {"cost_usd": 0.001}), Health()),
        (dressed(WON, {"cost_usd": 0.1}, {"cost_usd": 0.11}), Health()),
        (dressed(WON, {"latency_s": 0.2}, {"latency_s": 0.9}), Health()),
        (dressed(WON, {"latency_s": 20.0}, {"latency_s": 22.0}), Health()),
        (WON, Health(prompt_tokens_incumbent=30, prompt_tokens_challenger=1200)),
        (WON, Health(prompt_tokens_incumbent=3000, prompt_tokens_challenger=4000)),
        (dressed(WON, {"tokens": 100}, {"tokens": lambda n: 150 + n % 40}), Health()),
        (
            dressed(
                WON,
                {"accuracy": 0.5, "judge": lambda n: 0.4 + n % 2 / 10},
                {"accuracy": 0.9, "judge": lambda n: 0.6 + n % 2 / 10},
            ),
            Health(),
        ),
    ],
    ids=["chance", "cheap", "a little dearer", "fast", "a little slower", "demonstrations", "long before", "longer", "both rise"],
)
def test_what_is_no_reason_to_hold(pairs, health):
    verdict = decide(pairs, GatePolicy(), health, challenger=CHALLENGER)
    assert verdict.decision == "promote", verdict.reason


def test_a_guard_never_stops_a_test_that_is_not_won():
    pairs = dressed(world(0.0, n=30), {"cost_usd": 0.01}, {"cost_usd": 1.0})
    assert decide(pairs, challenger=CHALLENGER).decision == "undecided"


def test_what_guards_could_not_compare_is_said():
    assert decide(WON, challenger=CHALLENGER).not_compared == (
        "slices", "accuracy", "cost", "latency", "length", "prompt tokens", "anchors",
    )  # fmt: skip
    seen = decide(dressed(WON, {"cost_usd": 0.01}, {"cost_usd": 0.01}), challenger=CHALLENGER)
    assert "cost" not in seen.not_compared
    assert (seen.cost_usd.incumbent, seen.cost_usd.ratio) == (pytest.approx(0.01), pytest.approx(1))


@pytest.mark.parametrize(("promotion", "decision"), [("auto", "promote"), ("approve", "hold"), ("off", "reject")])
def test_a_win_is_served_or_waits_for_a_person_as_the_owner_says(promotion, decision):
    assert decide(WON, GatePolicy(promotion=promotion), challenger=CHALLENGER).decision == decision


@pytest.mark.parametrize(
    ("words", "health"),
    [
        ("less than 0.3 apart", Health(anchors_good=[0.6, 0.7], anchors_bad=[0.5, 0.5])),
        ("in one arm", Health(anchors_good=[1.0], anchors_bad=[0.0], anchors_one_arm_drift=True)),
    ],
)
def test_a_judge_that_fails_its_anchors_is_not_believed(words, health):
    verdict = decide(WON, GatePolicy(), health, challenger=CHALLENGER)
    assert (verdict.decision, words in verdict.reason) == ("invalid", True), verdict.reason


def test_a_drift_of_both_arms_alike_is_a_warning():
    health = Health(anchors_good=[0.8], anchors_bad=[0.1], anchors_good_reference=0.95, anchors_bad_reference=0.1)
    verdict = decide(WON, GatePolicy(), health, challenger=CHALLENGER)
    assert verdict.decision == "promote"
    assert verdict.warnings == (
        "The judge grades the known answers otherwise than before (good 0.95 → 0.80), in both arms alike.",
    )
    assert (verdict.anchors_good, verdict.anchors_good_reference) == (0.8, 0.95)


def test_a_judge_that_is_stuck_in_one_arm_is_not_believed():
    varied = {"judge": lambda n: n % 3 / 2}
    stuck = decide(dressed(WON, varied, {"judge": 0.7}), challenger=CHALLENGER)
    assert (stuck.decision, "of the challenger the same grade, 0.7" in stuck.reason) == ("invalid", True)
    both = decide(dressed(WON, {"judge": 0.7}, {"judge": 0.7}), challenger=CHALLENGER)
    assert both.decision == "promote"


def test_an_arm_that_truly_fails_everywhere_is_no_fault_of_the_judge():
    failing = dressed(WON, {"judge": 0.0, "accuracy": 0.0}, {"judge": lambda n: n % 3 / 2, "accuracy": 1.0})
    assert decide(failing, challenger=CHALLENGER).decision == "promote"
    broken = [
        pair.model_copy(update={"incumbent": [Sample(reward=None, fault="agent")]})
        for pair in dressed(WON, {}, {"judge": lambda n: n % 3 / 2})
    ]
    assert decide(broken, challenger=CHALLENGER).decision == "promote"


def test_a_gain_that_the_unscored_pairs_could_undo_is_not_promoted():
    small = [(0.5, 0.54 + 0.01 * (n % 2)) for n in range(240)]
    unscored = [(None, 0.5)] * 12
    policy = GatePolicy(min_effect=0.0)
    assert decide(with_rewards(small), policy, alpha=1 / 12, challenger=CHALLENGER).decision == "promote"
    verdict = decide(with_rewards(small + unscored), policy, alpha=1 / 12, challenger=CHALLENGER)
    assert verdict.decision == "undecided"
    assert "12 unscored pairs" in verdict.reason
    assert verdict.worst_case_gain < 0 < verdict.gain


def asked(gains, name="q1", session="s0"):
    """One question's repeats: the incumbent's reward is 0.6, the challenger's so much more."""
    return Pair(
        session_id=session,
        example_id=name,
        incumbent=[Sample(reward=0.6)] * len(gains),
        challenger=[Sample(reward=0.6 + gain) for gain in gains],
    )


LOSS = [-0.3, -0.5, -0.2, -0.6, -0.3, -0.4, -0.1, -0.4]


def test_a_frequent_question_that_loses_when_it_is_asked_again_holds_a_win():
    health = Health(asked_again=[asked(LOSS), asked([0.1] * 8, "q2", "s1")])
    held = decide(WON, GatePolicy(), health, challenger=CHALLENGER)
    assert (held.decision, "question = q1 loses 0.35 over 8 times that it was asked" in held.reason) == ("hold", True), (
        held.reason
    )
    assert [(part.value, part.n, part.n_units) for part in held.slices] == [("q1", 8, 8), ("q2", 8, 8)]
    fine = decide(WON, GatePolicy(), challenger=CHALLENGER)
    assert (held.path, held.gain, held.n_pairs) == (fine.path, fine.gain, fine.n_pairs), "it is no part of the bet"


def test_repeats_in_the_pairs_themselves_judge_their_question_and_nothing_wider():
    rows = [
        pair.model_copy(update={"slices": {"question": "e0", "domain": "math"}}) if not n else pair for n, pair in enumerate(WON)
    ]
    rows[0] = rows[0].model_copy(update=dict(asked(LOSS)) | {"example_id": "e0", "slices": rows[0].slices})
    verdict = decide(rows, challenger=CHALLENGER)
    assert (verdict.decision, "question = e0" in verdict.reason) == ("hold", True), verdict.reason
    assert {part.kind: part.p_value is not None for part in verdict.slices} == {"domain": False, "question": True}


@pytest.mark.parametrize(
    "gains",
    [LOSS[:7], [-0.04] * 8, [-0.5, 0.4] * 4],
    ids=["too few repeats", "a small loss", "chance"],
)
def test_what_repeats_do_not_show(gains):
    assert decide(WON, GatePolicy(), Health(asked_again=[asked(gains)]), challenger=CHALLENGER).decision == "promote"


def test_a_frequent_question_that_could_not_be_asked_is_said_to_be_missing():
    unpaid = asked([]).model_copy(update={"incumbent": (), "challenger": ()})
    assert "frequent questions" in decide(WON, GatePolicy(), Health(asked_again=[unpaid]), challenger=CHALLENGER).not_compared
    assert "frequent questions" not in decide(WON, GatePolicy(), challenger=CHALLENGER).not_compared


@pytest.mark.parametrize("spread", [(0.0, 1.0), (0.2, 0.4, 0.9), (1.0,) * 19 + (0.0,)], ids=["pass or fail", "lumpy", "skewed"])
def test_where_nothing_changed_few_wins_are_held_for_a_question(spread):
    """Four frequent questions, 400 wins: held by chance in at most one of twenty (with three standard errors)."""
    rng = np.random.default_rng(7)

    def one(name):
        old, new = (rng.choice(spread, 8) for _ in range(2))
        arms = {"incumbent": old, "challenger": new}
        return Pair(session_id=name, example_id=name, **{arm: [Sample(reward=r) for r in found] for arm, found in arms.items()})

    held = sum(
        any(part.gain < -0.05 for part in questions_that_lose(questions_of([one(f"q{n}") for n in range(4)], least_samples=8)))
        for _ in range(400)
    )
    assert held <= 0.05 * 400 + 3 * (400 * 0.05 * 0.95) ** 0.5


def questions_that_lose(parts):
    believed = holm_rejected({part.value: part.p_value for part in parts}, 0.05)
    return [part for part in parts if part.value in believed]
