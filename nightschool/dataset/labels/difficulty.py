"""How hard a question is, in SQL: points for length, numbers, steps, tools and what has to be kept in mind."""

from __future__ import annotations

from nightschool.dataset.connection import quoted

MEDIUM_FROM = 2
HARD_FROM = 5
"""Points. One alone (a number, a tool) is an everyday question; to be hard it takes several kinds of them."""

_NUMBERS = r"\d+(?:[.,:/-]\d+)*"
_STEPS = (
    r"\b(?:then|after that|afterwards|next|finally|and also|as well as|both|unless|except|at least|at most|but (?:if|not)"
    r"|given that|sau do|tiep theo|cuoi cung|dong thoi|ngoai ra|tru khi|it nhat|toi da|nhung neu"
    r"|biet rang)\b|;|\n\s*(?:\d+[.)]|[-*•]) |\?[^?]"
)


def difficulty(folded: str, tool_calls: str, history: str, needs_reasoning: str) -> str:
    """`easy`, `medium` or `hard`, as an SQL expression.

    Args:
        folded: SQL expression of the question's folded text.
        tool_calls: SQL expression of the JSON list of the tools that the answer took.
        history: SQL expression of the JSON list of the messages before it.
        needs_reasoning: SQL expression (BOOLEAN).
    """
    words = f"(length({folded}) - length(replace({folded}, ' ', '')) + 1)"
    points = [
        *_over(words, 10, 25, 60, 120),
        *_over(_count(folded, _NUMBERS), 2, 4),
        *_over(_count(folded, _STEPS), 1, 3),
        *_over(_items(tool_calls), 1, 3),
        *_over(_items(history), 8),
        f"2 * ({needs_reasoning})::INT",
    ]
    total = " + ".join(points)
    return f"CASE WHEN {total} >= {HARD_FROM} THEN 'hard' WHEN {total} >= {MEDIUM_FROM} THEN 'medium' ELSE 'easy' END"


def _over(amount: str, *bounds: int) -> list[str]:
    return [f"({amount} >= {bound})::INT" for bound in bounds]


def _count(text: str, pattern: str) -> str:
    return f"len(regexp_extract_all({text}, {quoted(pattern)}))"


def _items(json_list: str) -> str:
    return f"CASE WHEN length({json_list}) > 2 THEN json_array_length({json_list}) ELSE 0 END"
