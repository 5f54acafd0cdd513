"""Which expected answers may be compared with, and which examples can be graded at all."""

from __future__ import annotations

import re

from nightschool.grading.numbers import is_quantity, without_numbers
from nightschool.records import Example, GradingPolicy

LONGEST_LABEL_WORDS = 3
LONGEST_NAME_WORDS = 6
"""Names, whose every word has a capital, may be longer than other labels: Ho Chi Minh City."""

# A word that says nothing by itself, and words that make a sentence of what stands beside them: wording, and no fact.
_MERE_POLITENESS = re.compile(
    "sure|certainly|absolutely|definitely|ok|okay|thanks|sorry|welcome|done|hello|hi|dạ|vâng|được|chào|ạ", re.IGNORECASE
)
_WORD_OF_A_SENTENCE = re.compile(
    "i|you|we|they|it|he|she|this|that|these|those|my|your|our|their|its|here|there|i'm|i'll|we'll|it's|you're|that's"
    "|is|are|am|was|were|be|been|has|have|had|do|does|did|can|could|will|would|may|might|shall|should|must|please"
    "|sorry|sure|certainly|absolutely|definitely|course|problem|welcome|thanks|thank|okay|ok|great|done|hello|hi|let"
    "|glad|happy|help|bạn|tôi|mình|em|anh|chị|chúng|là|đã|đang|sẽ|được|bị|thì|của|này|đó|ạ|nhé|nha|dạ|vâng|vui|lòng"
    "|xin|cảm|ơn|chào|giúp|rất|tất|nhiên|dĩ|vậy",
    re.IGNORECASE,
)
_AROUND = "\"'`*“”‘’()[].,;:!?…"


def reference_of(example: Example) -> str | None:
    """The expected answer that accuracy is measured against and that the judge is shown; None where there is none.

    A correction or a curated answer is a person's. An answer of the agent's own that was rated well serves for its facts
    only: a number or a short label, never for likeness of wording, which would favour the prompt that wrote it. Such an
    answer with more in it than a fact is no reference at all, so that a prompt gains nothing by sounding like it.
    """
    expected = example.expected_answer
    if expected is None or not expected.strip():
        return None
    if example.origin == "rated" and not is_fact(expected):
        return None
    return expected


def gradable(example: Example, policy: GradingPolicy) -> bool:
    """Whether an answer to this example can be given a reward: there is a reference, a judge, or a scorer."""
    return policy.use_llm_grader or bool(policy.scorers) or reference_of(example) is not None


def is_fact(text: str) -> bool:
    """Whether a text is nothing but a fact: a number with its unit, a code, a name, a label of a few words."""
    if len(text.split("\n")) > 1 or text.rstrip().endswith(("?", "…", "...")):
        return False
    words = [word.strip(_AROUND) for word in without_numbers(text).split()]
    telling = _MERE_POLITENESS if len(words) == 1 and not is_quantity(text) else _WORD_OF_A_SENTENCE
    if any(telling.fullmatch(word) for word in words):
        return False
    if is_quantity(text):
        return True
    is_name = all(word[:1].isupper() for word in words if word)
    return len(words) <= (LONGEST_NAME_WORDS if is_name else LONGEST_LABEL_WORDS)
