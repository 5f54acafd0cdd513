"""Reports made by hand, with conversations that would like to break out of their place."""

from __future__ import annotations

from datetime import date

from nightschool.evaluation import BoughtExam
from nightschool.llm import Spent
from nightschool.records import (
    Candidate,
    EndState,
    Example,
    Night,
    Pair,
    Rollout,
    Sample,
    SearchResult,
    SliceFigures,
    Verdict,
    Window,
    version_of,
)
from nightschool.report import NightReport, build_report

NIGHT = Night(target="support/math", run_date=date(2026, 11, 21))
WINDOW = Window.of_days(date(2026, 11, 1), date(2026, 11, 21), "UTC")
OLD, NEW = "Answer.\nUse {x}.", "Answer.\nUse {x}.\nEnd with ```json\n{}\n``` and <b>stop</b>."
NASTY = "a | b `c` ``` \n\n# Heading\n<script>alert(1)</script> \\| [x](javascript:1) ‮ end"


def candidate(text: str, **fields: object) -> Candidate:
    return Candidate(version=version_of(text), text=text, **fields)


def a_search(challenger: bool = True) -> SearchResult:
    seed = candidate(OLD, mean_reward=0.4, n_scored=20)
    found = candidate(NEW, edit="critique", iteration=1, mean_reward=0.7, n_scored=20, critique=NASTY, change=NASTY)
    return SearchResult(
        seed=seed,
        challenger=found if challenger else None,
        candidates=(seed, found),
        rewards_by_iteration=(0.4, 0.7),
        stopped="1 iterations done",
        rollouts=52,
    )


def a_rollout(number: int, text: str, reward: float | None, answer: str, model: str = "gpt-x") -> Rollout:
    return Rollout(example_id=f"e{number}", prompt_version=version_of(text), answer=answer, reward=reward, model=model)


def a_pair(number: int, old: float | None = 0.0, new: float | None = 1.0) -> Pair:
    return Pair(
        session_id=f"s{number}",
        example_id=f"e{number}",
        incumbent=[Sample(reward=old)],
        challenger=[Sample(reward=new)],
        slices={"domain": "math" if number % 2 else "orders"},
    )


def a_verdict(decision: str = "promote", **fields: object) -> Verdict:
    slices = (SliceFigures(kind="domain", value=NASTY, n=2, gain=0.5),)
    return Verdict(decision=decision, reason="Promote: evidence 400 : 1.", gain=0.5, slices=slices, **fields)


def a_report(rewards=((0.0, 1.0), (0.5, 0.5), (1.0, 0.0), (0.5, None)), *, answer: str = NASTY, **fields: object) -> NightReport:
    asked = [
        Example(example_id=f"e{n}", session_id=f"s{n}", question=answer, expected_answer="12", origin="correction")
        for n in range(len(rewards))
    ]
    pairs = [a_pair(n, old, new) for n, (old, new) in enumerate(rewards)]
    known = {
        "examples": asked,
        "exam": BoughtExam(
            pairs=pairs,
            incumbent=[a_rollout(n, OLD, old, f"12 {answer}") for n, (old, _) in enumerate(rewards)],
            challenger=[a_rollout(n, NEW, new, "12") for n, (_, new) in enumerate(rewards)],
        ),
        "counts": {"turns": 40},
        "spent": Spent(calls={"agent": 50, "judge": 8}, cost_usd=0.25),
    }
    return build_report(NIGHT, WINDOW, EndState.PROMOTED, a_verdict(), a_search(), OLD, **(known | fields))


def a_quiet_report() -> NightReport:
    """A night whose search found nothing better."""
    verdict = Verdict(decision="reject", reason="Reject: the search found no better prompt.")
    return build_report(NIGHT, WINDOW, EndState.REJECTED, verdict, a_search(challenger=False), OLD)
