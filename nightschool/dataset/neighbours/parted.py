"""Words that were typed together, taken apart: "signin" among texts that have "sign" and "in".

Which of two readings was meant matters little where texts are only kept apart: all that have the word are read alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.compared_forms import ComparedForms
from nightschool.dataset.neighbours.wording import ENGLISH_FUNCTION_WORDS, VIETNAMESE_FUNCTION_WORDS
from nightschool.dataset.neighbours.wordlists import WordLists, word_lists

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SHORTEST: Final = 5

# Words met once, and what is known beside them.
_JOINED: Final = f"""
    SELECT id, word FROM (SELECT id, unnest(content) AS word FROM forms)
    WHERE len(word) >= {_SHORTEST} AND regexp_full_match(word, '[a-z]+') AND word NOT IN (SELECT word FROM word_counts)
"""


def part_joined_words(connection: DuckDBPyConnection, forms: ComparedForms) -> WordLists:
    """The forms' words, where a word that was met once is two known ones as these two.

    Args:
        connection: holds `forms` and `word_counts`.
        forms: what the table `forms` holds.
    """
    import numpy as np

    known = dict(connection.execute("SELECT word, texts FROM word_counts").fetchall())
    known |= dict.fromkeys((VIETNAMESE_FUNCTION_WORDS | ENGLISH_FUNCTION_WORDS) - known.keys(), 0)
    parted: dict[int, dict[str, list[str]]] = {}
    for form, word in connection.execute(_JOINED).fetchall():
        halves = [(word[:at], word[at:]) for at in range(1, len(word)) if word[:at] in known and word[at:] in known]
        if halves:
            best = max(halves, key=lambda pair: (min(known[pair[0]], known[pair[1]]), pair))
            parted.setdefault(form, {})[word] = [*best]
    if not parted:
        return forms.words
    rows = forms.rows(np.array(sorted(parted)))
    texts = [_read(forms.words, row, parted[form]) for row, form in zip(rows.tolist(), sorted(parted), strict=True)]
    told = [{word: [half for half in halves if known[half]] for word, halves in parted[form].items()} for form in sorted(parted)]
    texts += [_read(forms.words, row + len(forms.ids), only) for row, only in zip(rows.tolist(), told, strict=True)]
    return forms.words.with_others(np.concatenate([rows, rows + len(forms.ids)]), word_lists(texts))


def _read(words: WordLists, text: int, parted: dict[str, list[str]]) -> bytes:
    start = int(words.first[text])
    written = map(words.word, range(start, start + int(words.count[text])))
    return " ".join(part for word in written for part in parted.get(word, [word])).encode()
