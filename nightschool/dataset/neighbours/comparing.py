"""The comparison itself: which candidates ask the same, by their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.signatures import BANDS
from nightschool.dataset.neighbours.spelling import only_plain
from nightschool.records import NeighbourPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy import ndarray

# Bytes of a core beyond which bands are counted and no words compared: the comparison's cost grows with the square.
_LONG: Final = 400
# A band is shared with probability J³ (J: share of the 4-grams that two texts have in common): 21 of 24 means J ≈ 0.96.
_LONG_STRICT_BANDS: Final = 21
_LONG_LOOSE_BANDS: Final = BANDS // 2
# Words of the one that the other lacks, beyond which no rule takes two texts for one.
_MOST_WORDS: Final = 3
# Edits, as a share of the longer core, up to which two texts are too alike whatever their words: slips that no rule takes
# for one (a word cut in two, an unknown word) would else put one question into two sets.
_FEW_EDITS: Final = 0.12
# How many times as common a word must be to be what was meant by another one in the same place of the same sentence.
_TIMES: Final = 8


def compare(connection: DuckDBPyConnection, policy: NeighbourPolicy, first: ndarray, second: ndarray, shared: ndarray) -> None:
    """Add to `strict_forms` and `loose_forms` those of the candidates that are.

    Args:
        connection: holds `forms`, `word_counts` and the two tables.
        policy: how much two texts may differ.
        first: ids of the forms, shape (candidates,).
        second: ids of the others.
        shared: how many bands each pair shares.
    """
    connection.register("candidates", {"x": first, "y": second, "shared": shared})
    try:
        connection.execute(f"CREATE TEMP TABLE compared AS {_COMPARED}")
    finally:
        connection.unregister("candidates")
    connection.execute(f"CREATE TEMP TABLE couples AS {_COUPLES}")
    connection.execute(f"CREATE TEMP TABLE judged AS {_judged(policy)}")
    connection.execute("INSERT INTO loose_forms SELECT a, b FROM judged WHERE loose")
    connection.execute(f"INSERT INTO strict_forms {_STRICT}")
    for table in ("compared", "couples", "judged"):
        connection.execute(f"DROP TABLE {table}")


def _all_couples() -> str:
    """Words of either text that the other lacks, function words too, where there are as many in both."""
    rest_x = "list_filter(words_x, lambda w: NOT list_contains(words_y, w))"
    rest_y = "list_filter(words_y, lambda w: NOT list_contains(words_x, w))"
    return f"CASE WHEN len({rest_x}) = len({rest_y}) THEN list_zip({rest_x}, {rest_y}) END"


# The joins stand alone (MATERIALIZED): an equality of the comparison must not become a join key.
_COMPARED: Final = f"""
    WITH gathered AS MATERIALIZED (
        SELECT least(x, y) AS a, greatest(x, y) AS b, shared, f.core AS core_x, g.core AS core_y,
            f.words AS words_x, g.words AS words_y, f.content AS content_x, g.content AS content_y
        FROM candidates JOIN forms f ON f.id = x JOIN forms g ON g.id = y
    ),
    sized AS (
        SELECT *, least(strlen(core_x), strlen(core_y)) AS shorter, greatest(strlen(core_x), strlen(core_y)) AS longer
        FROM gathered
    ),
    comparable AS (
        SELECT *, replace(core_x, ' ', '') = replace(core_y, ' ', '') AS same, longer > {_LONG} AS long
        FROM sized WHERE 2 * shorter >= longer
    ),
    worded AS MATERIALIZED (
        SELECT *,
            CASE WHEN same OR long THEN [] ELSE list_filter(content_x, lambda w: NOT list_contains(words_y, w)) END AS only_x,
            CASE WHEN same OR long THEN [] ELSE list_filter(content_y, lambda w: NOT list_contains(words_x, w)) END AS only_y
        FROM comparable
    )
    SELECT a, b, shared, same, long, core_x, core_y, longer, content_x, content_y, only_x, only_y,
        CASE WHEN len(only_x) = len(only_y) THEN list_zip(only_x, only_y) ELSE {_all_couples()} END AS couples
    FROM worded WHERE greatest(len(only_x), len(only_y)) <= {_MOST_WORDS}
"""

# Words that stand in the same place of two texts: a slip of the finger, or another word? Latin letters alone are judged;
# a sign less in Chinese, a digit or an operator more is another thing. "Damerau": two letters swapped are one slip.
_COUPLES: Final = f"""
    WITH coupled AS (
        SELECT a, b, couple, list_contains(only_x, couple[1]) AND list_contains(only_y, couple[2]) AS both_content
        FROM (SELECT a, b, only_x, only_y, unnest(couples) AS couple FROM compared WHERE NOT same)
    ),
    measured AS (
        SELECT couple, damerau_levenshtein(couple[1], couple[2]) AS edits, greatest(len(couple[1]), len(couple[2])) AS length,
            least(coalesce(p.texts, 1), coalesce(q.texts, 1)) AS rarer,
            greatest(coalesce(p.texts, 1), coalesce(q.texts, 1)) AS commoner
        FROM (SELECT DISTINCT couple FROM coupled)
        LEFT JOIN word_counts p ON p.word = couple[1] LEFT JOIN word_counts q ON q.word = couple[2]
        WHERE NOT regexp_matches(couple[1] || couple[2], '[^a-z]')
    ),
    slips AS (
        SELECT couple,
            edits <= CASE WHEN length >= 8 THEN 2 ELSE 1 END
                AND ({_TIMES} * rarer <= commoner OR (rarer = 1 AND length >= 4)) AS strict,
            edits <= CASE WHEN length >= 6 THEN 2 ELSE 1 END AS loose
        FROM measured
    )
    SELECT a, b, bool_and(coalesce(CASE WHEN both_content THEN strict ELSE loose END, false)) AS strict,
        bool_and(coalesce(loose, false)) AS loose
    FROM coupled LEFT JOIN slips USING (couple) GROUP BY a, b
"""

_JOINED_WORDS: Final = """(more_x > 0 AND more_y > 0 AND more_x <> more_y
    AND levenshtein(array_to_string(only_x, ''), array_to_string(only_y, '')) <= 1)"""
_TWO_WORDS_MORE: Final = """(least(more_x, more_y) = 0 AND more_x + more_y <= 2
    AND least(len(content_x), len(content_y)) >= 4)"""
# Places at which the content words that both have differ. Two neighbours may have changed places; "from A to B" is not
# "from B to A".
_MISPLACED: Final = "len(list_filter(list_zip(common_x, common_y), lambda w: w[1] <> w[2]))"
_NEIGHBOURS_SWAPPED: Final = """(misplaced = 2 AND len(list_filter(range(1, len(common_x)),
    lambda i: common_x[i] = common_y[i + 1] AND common_x[i + 1] = common_y[i])) > 0)"""
# With so many of the same content words in the same order, function words may differ as they like; with fewer, or with two of
# them in the other order, by this share of the text.
_ENOUGH_CONTENT: Final = 3
_MOST_EDITS_OF_FUNCTION_WORDS: Final = 0.45
# Cheaper than counting the edits: hardly a pair of so few edits is less alike than this.
_MAYBE_FEW_EDITS: Final = "(shared >= 4 AND jaro_similarity(core_x, core_y) >= 0.8)"


def _judged(policy: NeighbourPolicy) -> str:
    return f"""
        WITH counted AS (
            SELECT *, len(only_x) AS more_x, len(only_y) AS more_y FROM compared WHERE NOT same AND NOT long
        ),
        alike AS (
            SELECT c.*, more_x + more_y = 0 OR coalesce(p.strict, false) OR {_JOINED_WORDS} AS words_strict,
                more_x + more_y = 0 OR coalesce(p.loose, false) OR {_JOINED_WORDS} OR {_TWO_WORDS_MORE} AS words_loose
            FROM counted c LEFT JOIN couples p USING (a, b)
        ),
        common AS MATERIALIZED (
            SELECT *, CASE WHEN content_x = content_y AND len(content_x) >= {_ENOUGH_CONTENT} THEN 0
                    ELSE levenshtein(core_x, core_y) / longer END AS edits,
                list_filter(content_x, lambda w: list_contains(content_y, w)) AS common_x,
                list_filter(content_y, lambda w: list_contains(content_x, w)) AS common_y
            FROM alike WHERE words_strict OR words_loose OR {_MAYBE_FEW_EDITS}
        ),
        measured AS (SELECT *, {_MISPLACED} AS misplaced FROM common),
        ruled AS (
            SELECT a, b, words_strict AND (misplaced = 0 OR {_NEIGHBOURS_SWAPPED}) AND (
                    edits <= {policy.max_edit_share} OR (more_x + more_y = 0 AND edits <= {_MOST_EDITS_OF_FUNCTION_WORDS})
                ) AS strict,
                (words_loose AND edits <= {policy.max_loose_edit_share}) OR edits <= {_FEW_EDITS} AS loose
            FROM measured
        )
        SELECT a, b, same OR shared >= {_LONG_STRICT_BANDS} AS strict, same OR shared >= {_LONG_LOOSE_BANDS} AS loose
        FROM compared WHERE same OR long
        UNION ALL
        SELECT a, b, strict, strict OR loose FROM ruled
    """


# Of the pairs that ask the same by their plain words, those whose numbers and marks do not say otherwise.
_STRICT: Final = f"""
    WITH gathered AS MATERIALIZED (
        SELECT a, b, f.marks AS marks_a, g.marks AS marks_b, f.numbers AS numbers_a, g.numbers AS numbers_b
        FROM judged JOIN forms f ON f.id = a JOIN forms g ON g.id = b WHERE strict
    )
    SELECT a, b FROM gathered
    WHERE numbers_a = numbers_b
        AND NOT list_has_any({only_plain("marks_a", "marks_b")}, {only_plain("marks_b", "marks_a")})
"""
