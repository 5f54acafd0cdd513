"""Which expected answers may be compared with, and which examples can be graded at all."""

from __future__ import annotations

from nightschool.grading.numbers import is_quantity
from nightschool.records import Example, GradingPolicy

LONGEST_LABEL_WORDS = 6


def reference_of(example: Example) -> str | None:
    """The expected answer that accuracy is measured against; None where there is none.

    A correction or a curated answer is a person's. An answer of the agent's own that was rated well serves for its facts
    only: a number or a short label, never for likeness of wording, which would favour the prompt that wrote it.
    """
    expected = example.expected_answer
    if expected is None or not expected.strip():
        return None
    if example.origin == "rated" and not _is_fact(expected):
        return None
    return expected


def gradable(example: Example, policy: GradingPolicy) -> bool:
    """Whether an answer to this example can be given a reward: there is a reference, or a judge."""
    return policy.use_llm_grader or reference_of(example) is not None


def _is_fact(text: str) -> bool:
    return is_quantity(text) or (len(text.splitlines()) == 1 and len(text.split()) <= LONGEST_LABEL_WORDS)
