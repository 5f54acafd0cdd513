"""What people put before any question, learned from the questions themselves: "mọi người ơi", "quick question".

A phrase at the start of many texts, next to many different words, whose rest is often a text of its own, asks nothing. The
written list of polite phrases knows the usual ones; every site has its own. "During the holidays" stands before many questions
as well, and changes what each of them asks: such a clause stands at the end, too, where nobody is greeted, and its rest is
asked less often than that of the phrases that are known to be polite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.connection import quoted
from nightschool.dataset.neighbours.folding import one_of, words
from nightschool.dataset.neighbours.wording import POLITE_PHRASES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Texts that are looked at; ids are in the order of digests, so that the first ones are a fair sample.
_SAMPLE: Final = 25_000
_MOST_WORDS: Final = 4
# A phrase counts if it is in so many texts (and this share of them), and if it was met beside so many different words: "bảng"
# is met beside "máy tính" alone, and says which device is meant.
_FEWEST_TEXTS: Final = 20
_SHARE_OF_TEXTS: Final = 0.001
_FEWEST_NEIGHBOURS: Final = 6
# The rest must be a text of its own for this share of its texts, and for this share of what it is with polite phrases.
_SHARE_WITH_TWIN: Final = 0.1
_SHARE_OF_POLITE: Final = 0.7
# Of its texts at most this share as many may end with the phrase.
_SHARE_AT_END: Final = 0.05
_DENIALS: Final = "(?:^| )(?:không|khong|ko|k|chưa|chua|đừng|dung|chẳng|hết|het|no|not|never|without|cannot|cant|dont)(?: |$)"


def learned_affixes(connection: DuckDBPyConnection, table: str) -> str:
    """SQL pattern of the phrases, for spaced texts; matches nothing where none was learned.

    Args:
        connection: holds the table.
        table: has `id` and `meant`, the text with its slips corrected.
    """
    found = [phrase for (phrase,) in connection.execute(_LEARNED.format(table=table)).fetchall()]
    return quoted(f"^{one_of(found)}" if found else "^$")


_POLITE: Final = quoted(f"^(?:{'|'.join(POLITE_PHRASES)})$")

_LEARNED: Final = f"""
    WITH sample AS MATERIALIZED (
        SELECT {words("meant")} AS words FROM {{table}}
        WHERE id < (SELECT min(id) FROM {{table}}) + {_SAMPLE}
    ),
    parts AS MATERIALIZED (
        SELECT array_to_string(words[:size], ' ') AS phrase, array_to_string(words[size + 1:], ' ') AS rest,
            words[size + 1] AS neighbour, array_to_string(words[-size:], ' ') AS ending
        FROM sample, range(1, {_MOST_WORDS + 1}) sizes(size) WHERE len(words) >= size + 3
    ),
    common AS MATERIALIZED (
        SELECT phrase, count(*) AS texts FROM parts GROUP BY phrase
        HAVING texts >= greatest({_FEWEST_TEXTS}, {_SHARE_OF_TEXTS} * (SELECT count(*) FROM sample))
            AND regexp_full_match(phrase, '[\\p{{{{L}}}} ]+') AND NOT regexp_matches(phrase, '{_DENIALS}')
    ),
    endings AS (
        SELECT ending AS phrase, count(*) AS ending_texts FROM parts WHERE ending IN (SELECT phrase FROM common) GROUP BY ending
    ),
    detached AS (
        SELECT phrase, any_value(texts) AS texts, count(*) AS twins, count(DISTINCT neighbour) AS neighbours
        FROM parts JOIN common USING (phrase) WHERE rest IN (SELECT meant FROM {{table}}) GROUP BY phrase
    ),
    polite AS (SELECT sum(twins) / sum(texts) AS twinned FROM detached WHERE regexp_full_match(phrase, {_POLITE}))
    SELECT phrase FROM detached LEFT JOIN endings USING (phrase), polite
    WHERE twins >= texts * greatest({_SHARE_WITH_TWIN}, {_SHARE_OF_POLITE} * coalesce(twinned, 0))
        AND neighbours >= {_FEWEST_NEIGHBOURS} AND coalesce(ending_texts, 0) <= {_SHARE_AT_END} * texts
    ORDER BY len(phrase) DESC, phrase
"""
