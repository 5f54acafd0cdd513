"""What people put before or after any question, learned from the questions themselves: "mọi người ơi", "quick question".

A phrase at the start or the end of many texts, next to many different words, whose rest is often a text of its own, asks
nothing. The written list of polite phrases knows the usual ones; every site has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.connection import quoted
from nightschool.dataset.neighbours.folding import words

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Texts that are looked at; ids are in the order of digests, so that the first ones are a fair sample.
_SAMPLE: Final = 25_000
_MOST_WORDS: Final = 4
# A phrase counts if it is in so many texts (and this share of them), if the rest of this share of those is a text of its own,
# and if it was met beside so many different words: "bảng" is met beside "máy tính" alone, and says which device is meant.
_FEWEST_TEXTS: Final = 20
_SHARE_OF_TEXTS: Final = 0.001
_SHARE_WITH_TWIN: Final = 0.1
_FEWEST_NEIGHBOURS: Final = 6
_DENIALS: Final = "(?:^| )(?:không|khong|ko|k|chưa|chua|đừng|dung|chẳng|hết|het|no|not|never|without|cannot|cant|dont)(?: |$)"


def learned_affixes(connection: DuckDBPyConnection, table: str) -> str:
    """SQL pattern of the phrases, for spaced texts; matches nothing where none was learned.

    Args:
        connection: holds the table.
        table: has `id` and `meant`, the text with its slips corrected.
    """
    found = connection.execute(_LEARNED.format(table=table)).fetchall()
    before = [_spaced(phrase) for at_start, phrase in found if at_start]
    after = [_spaced(phrase) for at_start, phrase in found if not at_start]
    patterns = [f"^ (?:{'|'.join(before)}) "] * bool(before) + [f" (?:{'|'.join(after)}) $"] * bool(after)
    return quoted("|".join(patterns) or "^$")


def _spaced(phrase: str) -> str:
    return phrase.replace(" ", "  ")


_LEARNED: Final = f"""
    WITH sample AS MATERIALIZED (
        SELECT {words("meant")} AS words FROM {{table}}
        WHERE id < (SELECT min(id) FROM {{table}}) + {_SAMPLE}
    ),
    sides AS (
        SELECT words, size, at_start FROM sample, range(1, {_MOST_WORDS + 1}) sizes(size), (VALUES (true), (false)) s(at_start)
        WHERE len(words) >= size + 3
    ),
    parts AS MATERIALIZED (
        SELECT at_start,
            array_to_string(CASE WHEN at_start THEN words[:size] ELSE words[-size:] END, ' ') AS phrase,
            array_to_string(CASE WHEN at_start THEN words[size + 1:] ELSE words[:-size - 1] END, ' ') AS rest,
            CASE WHEN at_start THEN words[size + 1] ELSE words[-size - 1] END AS neighbour
        FROM sides
    ),
    common AS MATERIALIZED (
        SELECT at_start, phrase, count(*) AS texts FROM parts GROUP BY at_start, phrase
        HAVING texts >= greatest({_FEWEST_TEXTS}, {_SHARE_OF_TEXTS} * (SELECT count(*) FROM sample))
            AND regexp_full_match(phrase, '[\\p{{{{L}}}} ]+') AND NOT regexp_matches(phrase, '{_DENIALS}')
    ),
    detached AS (
        SELECT at_start, phrase, any_value(texts) AS texts, count(*) AS twins, count(DISTINCT neighbour) AS neighbours
        FROM parts JOIN common USING (at_start, phrase) WHERE rest IN (SELECT meant FROM {{table}}) GROUP BY at_start, phrase
    )
    SELECT at_start, phrase FROM detached
    WHERE twins >= {_SHARE_WITH_TWIN} * texts AND neighbours >= {_FEWEST_NEIGHBOURS}
    ORDER BY at_start, len(phrase) DESC, phrase
"""
