"""Upper bounds of what a night can take."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from pydantic import Field

from nightschool.evaluation import frequent_questions
from nightschool.evaluation.anchor_checks import most_anchor_grades
from nightschool.evaluation.judge_check import MOST_TRIED
from nightschool.gate import settle_unit
from nightschool.grading import load_anchors
from nightschool.grading.anchors import MOST_OF_A_KIND
from nightschool.llm.meter import price_usd
from nightschool.records import (
    BudgetPolicy,
    Example,
    GatePolicy,
    GradingPolicy,
    ModelPolicy,
    Record,
    SearchPolicy,
    ShadowPolicy,
    Splits,
)

LARGE_INPUT_TOKENS = 6000
"""A long prompt with a long conversation, for agent, judge and editor; what a critic reads is a setting."""
JUDGE_CALLS = 2
"""A grade that can't be read is asked for a second time."""
MUST_PASS_ROLLOUTS = 3
"""Both arms on the question, and the challenger once more where it failed."""


class Estimate(Record):
    """At most so much: races, early stops and duplicates make it less."""

    rollouts: int
    llm_calls: int
    cost_usd: float


class Sizes(Record):
    """What an upper bound depends on besides the policies."""

    train: int
    validation: int
    examined: int = Field(description="held-out examples that gate and shadow can examine at most")
    asked_again: int = Field(default=0, description="rollouts on must-pass and, before a win is believed, frequent questions")
    checked: int = Field(default=0, description="answers that are graded without a rollout, to check the judge")
    calls_of_a_rollout: int = Field(description="calls of the agent's model, for one answer")


def upper_bound(
    search: SearchPolicy,
    gate: GatePolicy,
    grading: GradingPolicy,
    models: ModelPolicy,
    splits: Splits,
    *,
    examined: Collection[str] = (),
    shadow: ShadowPolicy | None = None,
) -> Estimate:
    """The most that a night can take in which every call succeeds at the first try.

    A rollout is taken to call the agent's model once more than the most tools that an answer of the window used, and a
    call to have 6,000 tokens in (a critic's: `search.max_critic_tokens`) and as many out as critic, editor and judge may
    write, at their model's prices.
    Not in it: calls that are tried again after an outage (up to `models.max_attempts` each), an agent that uses more
    tools than it did in the window, writes longer answers than that or has a dearer model, and labels that a model gives
    (`data.labeller = "llm"`).

    Args:
        search: iterations, beam, branches.
        gate: horizon.
        grading: whether a judge is asked.
        models: prices, and the most tokens that an answer may have.
        splits: the examples of the night.
        examined: held-out sessions that the gate can't use again.
        shadow: how much is run beside a promotion of the last nights; None: nothing is.
    """
    beside = gate.model_copy(update={"horizon": shadow.units_a_night if shadow and shadow.nights else 0})
    sizes = Sizes(
        train=len(splits.train),
        validation=len(splits.validation),
        examined=_most_examined(splits.held_out, examined, gate) + _most_examined(splits.held_out, (), beside),
        asked_again=_asked_again(splits, gate),
        checked=most_checked(gate, grading, any(example.origin == "curated" for example in splits.train)),
        calls_of_a_rollout=_calls_of_a_rollout(splits),
    )
    return bound_of(sizes, search, grading, models)


def bound_of(sizes: Sizes, search: SearchPolicy, grading: GradingPolicy, models: ModelPolicy) -> Estimate:
    """As `upper_bound`, where the examples themselves are not known."""
    parents = 1 + search.beam_width * (search.max_iterations - 1)
    searching = search_bound(search, sizes.train, sizes.validation)
    rollouts = searching + 2 * sizes.examined + sizes.asked_again
    critiques = search.branch_factor * parents if "critique" in search.edits else 0
    merges = (2 if search.screen_size else 1) * parents if "merge" in search.edits else 0
    grades = JUDGE_CALLS * (grading.use_llm_grader + len(grading.scorers))
    others = (
        rollouts * (sizes.calls_of_a_rollout + grades) + sizes.checked * grades + merges + critiques
    )  # each critique is applied by one edit
    cost_usd = others * price_usd(models, LARGE_INPUT_TOKENS, models.max_output_tokens)
    cost_usd += critiques * price_usd(models, search.max_critic_tokens, models.max_output_tokens)
    return Estimate(rollouts=rollouts, llm_calls=others + critiques, cost_usd=cost_usd)


def most_checked(gate: GatePolicy, grading: GradingPolicy, curated: bool) -> int:
    """The most answers that are graded to check the judge: recorded ones before the search, anchors then and in the exam.

    Args:
        gate: files of anchors, horizon.
        grading: whether a judge is asked.
        curated: whether there are curated questions, of which anchors are made where no file has any.
    """
    if not grading.use_llm_grader:
        return MOST_TRIED if grading.scorers else 0
    made = 2 * MOST_OF_A_KIND if curated else 0
    anchors = len(load_anchors(map(Path, gate.anchor_files))) if gate.anchor_files else made
    return MOST_TRIED + most_anchor_grades(anchors, math.ceil(gate.horizon / gate.batch))


def search_bound(search: SearchPolicy, train: int, validation: int) -> int:
    """The most rollouts of a search on so many examples: the parents', at the screen where there is one, and on validation."""
    parents = 1 + search.beam_width * (search.max_iterations - 1)
    children = search.branch_factor * len(search.edits) * parents
    batch = min(search.gradient_batch_size * search.branch_factor, train)
    if not search.screen_size:
        return parents * batch + (1 + children) * validation
    raced = min(search.races[-1], validation) if search.races else validation
    passed = search.beam_width + 2  # of each parent's children one more than the beam is wide, and what was merged
    ranked = parents * passed * raced + validation + search.beam_width * (validation - raced)
    return parents * batch + children * min(search.screen_size, batch) + ranked


def budget_warning(
    budget: BudgetPolicy, search: SearchPolicy, grading: GradingPolicy, models: ModelPolicy, splits: Splits
) -> str:
    """One sentence where the search's part of the budget may not last for one iteration; empty where it will."""
    once = search.model_copy(update={"max_iterations": 1})
    bound = upper_bound(once, GatePolicy(), grading, models, splits.model_copy(update={"held_out": ()}))
    tokens = bound.llm_calls * (LARGE_INPUT_TOKENS + models.max_output_tokens)
    part = 1 - budget.gate_share
    short = [
        f"{name} leaves {part * limit:,.6g} for the search"
        for name, limit, needed in (
            ("budget.max_calls", budget.max_calls, bound.llm_calls),
            ("budget.max_tokens", budget.max_tokens, tokens),
            ("budget.max_cost_usd", budget.max_cost_usd, bound.cost_usd),
        )
        if limit and part * limit < needed
    ]
    if not short:
        return ""
    takes = f"{bound.llm_calls} calls, {tokens:,} tokens, ${bound.cost_usd:.2f}"
    return f"The budget may be too small for one iteration, which takes at most {takes}: {'; '.join(short)}."


def _most_examined(held_out: Sequence[Example], examined: Collection[str], gate: GatePolicy) -> int:
    """Validate buys every example of a unit: those of the largest units that the horizon has room for."""
    fresh = [example for example in held_out if example.session_id not in examined]
    by_user = settle_unit((example.user_id for example in fresh), gate) == "user"
    sizes = Counter((by_user and example.user_id) or example.session_id for example in fresh)
    return sum(size for _, size in sizes.most_common(gate.horizon))


def _asked_again(splits: Splits, gate: GatePolicy) -> int:
    marked = sum(example.must_pass for example in (*splits.train, *splits.validation, *splits.held_out))
    frequent = frequent_questions(splits, gate.guards.question_share)
    return MUST_PASS_ROLLOUTS * marked + 2 * gate.guards.question_samples * len(frequent)


def _calls_of_a_rollout(splits: Splits) -> int:
    """One for the answer, and one for each tool of the answer that used most."""
    examples = (*splits.train, *splits.validation, *splits.held_out)
    return 1 + max((len(example.tool_calls) for example in examples), default=0)
