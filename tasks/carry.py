"""The night's test: the open one goes on, else the search's challenger opens one. All is settled before the first reward."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Literal

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import load_splits
from nightschool.gate import horizon_for, settle_unit, units_in_order
from nightschool.grading import JUDGE_TASK, gradable, grader_identity, load_scorers
from nightschool.records import (
    Candidate,
    Example,
    GateIdentity,
    GatePolicy,
    GateTest,
    Lineage,
    Night,
    NightStart,
    Pair,
    Record,
    SearchResult,
    digest_of_text,
    version_of,
)
from nightschool.settings import Settings
from tasks.logs import stage_logger
from tasks.train import read_search
from tasks.workshop import agent_digest, agent_host, artifacts, registry


class Sitting(Record):
    """What a night adds to a test."""

    test_id: str
    alpha: float
    horizon: int
    unit: Literal["session", "user"]
    night: int
    """This is the test's n-th night."""
    units: tuple[str, ...]
    """Sessions or users that may be examined tonight, in the order of the bet."""
    earlier: ArtifactRef
    """The pairs of the nights before."""
    budget_spent: float
    """Share of the year's false promotions that the target's tests have spent."""

    def policy(self, policy: GatePolicy) -> GatePolicy:
        """The gate's policy with what was settled when the test opened."""
        return policy.model_copy(update={"horizon": self.horizon, "unit": self.unit})


def identity_of(settings: Settings, prompt: str) -> GateIdentity:
    """Who answers and who grades, as the settings and the built agent say."""
    grading, models = settings.grading, settings.models
    judge = (models.judge_model or models.model) if grading.use_llm_grader else ""
    agent = agent_host(settings).traits(prompt, settings.rollouts.safe_tools)
    return GateIdentity(
        judge_model=judge,
        judge_prompt=digest_of_text(JUDGE_TASK) if judge else "",
        judge_temperature=grading.judge_temperature,
        rubric=digest_of_text(grading.rubric) if grading.rubric else "",
        grader=grader_identity(grading, judge, load_scorers(grading.scorers)),
        agent_model=agent.models,
        agent_tools=agent.tools,
        agent_code=agent_digest(settings),
    )


def carried_test(settings: Settings, start: NightStart, identity: GateIdentity) -> GateTest | None:
    """The test that this night goes on with, instead of searching; None where it searches."""
    with registry(settings) as book:
        found = book.tests.carried(start.night, identity, locked=settings.prompt.locked)
    if found is not None:
        stage_logger().info("The test of %s, opened on %s, goes on; no search tonight.", found.challenger, found.opened_on)
    return found


def open_test(
    settings: Settings,
    start: NightStart,
    challenger: Candidate,
    examples: ArtifactRef,
    identity: GateIdentity,
    *,
    examined: Collection[str],
    lineage: Lineage,
    search: ArtifactRef,
) -> GateTest | None:
    """Open the challenger's test on what has accrued; None where nothing has.

    Raises:
        IncumbentMoved: where another prompt is served by now.
    """
    splits = load_splits(artifacts(settings), examples)
    everything = (*splits.train, *splits.validation, *splits.held_out)
    unit = settle_unit((example.user_id for example in everything), settings.gate)
    fresh = {unit_of(example, unit) for example in splits.held_out if example.session_id not in set(examined)}
    with registry(settings) as book:
        return book.tests.open(
            start.night,
            book.add_version(challenger.text, lineage).version,
            start.incumbent,
            identity,
            horizon=horizon_for(len(fresh) / _days(everything), settings.gate),
            unit=unit,
            yearly=settings.gate.yearly_false_promotions,
            search=search.model_dump_json(),
        )


def sit(settings: Settings, start: NightStart, test: GateTest, examples: ArtifactRef, *, examined: Collection[str]) -> Sitting:
    """Write down what tonight examines: sessions that no promotion and no earlier night of this test has used."""
    store, night = artifacts(settings), start.night
    fresh = examinable(load_splits(store, examples).held_out, settings, examined)
    with registry(settings) as book:
        used = book.tests.used_units(test.test_id)
        units = {unit_of(example, test.terms.unit) for example in fresh} - used
        planned = book.tests.plan(test, night, units_in_order(units, test.challenger))
        earlier = book.tests.pairs(test.test_id, before=night.run_date)
        spent = book.tests.spent_in_a_year(night)
    return Sitting(
        test_id=test.test_id,
        alpha=test.terms.alpha,
        horizon=test.terms.horizon,
        unit=test.terms.unit,
        night=planned.number,
        units=planned.units,
        earlier=store.write_json("pairs", [pair.model_dump(mode="json") for pair in earlier]),
        budget_spent=spent / settings.gate.yearly_false_promotions,
    )


def last_spent(settings: Settings, night: Night) -> date:
    """The last run date whose share of the year's budget is spent."""
    with registry(settings) as book:
        return book.tests.last_spent(night)


def retired_texts(settings: Settings, start: NightStart) -> tuple[str, ...]:
    """Prompts that had their test against the night's incumbent before it began: the search must not propose them again."""
    with registry(settings) as book:
        return tuple(book.version(name).text for name in book.tests.retired(start))


def examinable(held_out: Iterable[Example], settings: Settings, examined: Collection[str]) -> list[Example]:
    """Held-out examples that can be graded, of sessions that no promotion has used."""
    used = set(examined)
    return [example for example in held_out if example.session_id not in used and gradable(example, settings.grading)]


def search_behind(settings: Settings, start: NightStart, test: GateTest, served: str) -> SearchResult:
    """The search of this very night, where it opened the test; else its challenger alone, because nothing was searched."""
    store = artifacts(settings)
    if test.opened_on == start.night.run_date and test.search:
        ref = ArtifactRef.model_validate_json(test.search)
        if store.has(ref):
            return read_search(ref, settings)
    with registry(settings) as book:
        text = book.version(test.challenger).text
    return SearchResult(
        seed=Candidate(version=version_of(served), text=served),
        challenger=Candidate(version=test.challenger, text=text, parent=version_of(served), edit="proposed earlier"),
        stopped=f"no search tonight: the test that was opened on {test.opened_on} goes on",
    )


def earlier_pairs(sitting: Sitting, settings: Settings) -> tuple[Pair, ...]:
    """What the test's earlier nights have bought."""
    return tuple(Pair.model_validate(row) for row in artifacts(settings).read_json(sitting.earlier))


def unit_of(example: Example, unit: Literal["session", "user"]) -> str:
    """The unit that an example belongs to; a session without a known user is one of its own."""
    return (example.user_id or example.session_id) if unit == "user" else example.session_id


def _days(examples: Sequence[Example]) -> int:
    """Days from the first to the last question of the window."""
    days = [example.timestamp.date() for example in examples if example.timestamp]
    return (max(days) - min(days)).days + 1 if days else 1
