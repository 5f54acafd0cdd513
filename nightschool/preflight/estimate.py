"""Upper bounds of what a night can take."""

from __future__ import annotations

from nightschool.llm.meter import price_usd
from nightschool.records import GatePolicy, GradingPolicy, ModelPolicy, Record, SearchPolicy

TYPICAL_INPUT_TOKENS = 1500
TYPICAL_OUTPUT_TOKENS = 400


class Estimate(Record):
    """At most so much: races, early stops and duplicates make it less."""

    rollouts: int
    llm_calls: int
    cost_usd: float


def upper_bound(
    search: SearchPolicy, gate: GatePolicy, grading: GradingPolicy, models: ModelPolicy, *, validation: int, held_out: int
) -> Estimate:
    """The most that a night can take, with one LLM call a rollout and one a grade.

    Args:
        search: iterations, beam, branches.
        gate: horizon.
        grading: whether a judge is asked.
        models: prices; a call is taken to have 1,500 tokens in and 400 out.
        validation: examples that candidates are ranked on.
        held_out: sessions that the gate may examine.
    """
    parents = [1] + [search.beam_width] * (search.max_iterations - 1)
    children = [search.branch_factor * len(search.edits) * count for count in parents]
    batch = search.gradient_batch_size * search.branch_factor
    searching = validation + sum(count * batch for count in parents) + sum(children) * validation
    examining = 2 * min(held_out, gate.horizon)
    rollouts = searching + examining
    writing = 2 * search.branch_factor * sum(parents) if "critique" in search.edits else 0
    calls = rollouts * (2 if grading.use_llm_grader else 1) + writing
    return Estimate(
        rollouts=rollouts, llm_calls=calls, cost_usd=calls * price_usd(models, TYPICAL_INPUT_TOKENS, TYPICAL_OUTPUT_TOKENS)
    )
