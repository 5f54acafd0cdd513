"""Slips of the finger, by the company they keep: a rare word, one slip away from a word that is many times as common.

"Hnadbag" is a slip where "handbag" is common, and so is "tellme" where "tell" and "me" are; "lan" and "loan" are two names
where both are common. What is rare on both sides is left as it is: the comparison of two texts decides about it.

Source: Kernighan, Church, Gale, "A Spelling Correction Program Based on a Noisy Channel Model" (1990); candidates by
symmetric deletion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nightschool.dataset.neighbours.folding import folded, words

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# How many times as common a word must be to be what was meant. One that was met once says little of itself; one that is met
# again and again may well be a word.
_TIMES: Final = 20
_TIMES_AGAIN: Final = 40
# And how many times as common as the next word that could have been meant.
_TIMES_THE_NEXT: Final = 5


def make_corrected(connection: DuckDBPyConnection) -> None:
    """From `texts`, make `corrected(id, meant)`: the texts with the words that were meant where a word is a slip."""
    connection.execute(f"""
        CREATE TEMP TABLE text_words AS SELECT id, unnest(list_distinct({words("text")})) AS word FROM texts
    """)
    connection.execute(f"CREATE TEMP TABLE vocabulary AS {_VOCABULARY}")
    connection.execute(f"CREATE TEMP TABLE slips AS {_MISTYPED}")
    connection.execute(f"INSERT INTO slips {_RUN_TOGETHER}")
    connection.execute(f"""
        CREATE TABLE corrected AS
        WITH hits AS (
            SELECT id, list(word) AS slips, list(meant) AS meant FROM text_words JOIN slips USING (word) GROUP BY id
        )
        SELECT id, CASE WHEN slips IS NULL THEN text ELSE array_to_string(
            list_transform({words("text")}, lambda w: coalesce(meant[list_position(slips, w)], w)), ' ') END AS meant
        FROM texts LEFT JOIN hits USING (id)
    """)
    for table in ("text_words", "vocabulary", "slips"):
        connection.execute(f"DROP TABLE {table}")


# Words of Latin letters, in how many texts they are, and in how many with whatever accents; `needed`: how often a word must be
# met for this one to be a slip of it.
_VOCABULARY: Final = f"""
    WITH counted AS (
        SELECT *, sum(texts) OVER (PARTITION BY plain)::BIGINT AS plain_texts
        FROM (SELECT word, {folded("word")} AS plain, count(*) AS texts FROM text_words GROUP BY word)
    )
    SELECT *, greatest({_TIMES} * plain_texts, {_TIMES_AGAIN} * (plain_texts - 1)) AS needed
    FROM counted WHERE regexp_full_match(plain, '[a-z]{{1,24}}')
"""

# Two words that are one slip apart are alike when each loses a letter or none. How rare a word is, is counted for all accents
# at once, so that texts typed without them are corrected like the others; which word was meant, the accents help to say.
_MISTYPED: Final = f"""
    WITH plain AS (SELECT plain, max(needed) AS needed, max(texts) AS texts FROM vocabulary WHERE len(plain) >= 3 GROUP BY plain),
    spread AS MATERIALIZED (
        SELECT *, unnest([plain] || list_transform(
            range(1, len(plain) + 1), lambda i: left(plain, i - 1) || substring(plain, i + 1))) AS part
        FROM plain
    ),
    paired AS MATERIALIZED (
        SELECT DISTINCT r.plain, c.plain AS meant
        FROM (SELECT * FROM spread WHERE needed <= (SELECT max(texts) FROM plain)) r
        JOIN (SELECT * FROM spread WHERE texts >= {_TIMES}) c ON r.part = c.part
        WHERE c.texts >= r.needed
    ),
    near AS MATERIALIZED (
        SELECT v.word, m.word AS meant, m.plain, m.texts, damerau_levenshtein(v.word, m.word) AS edits
        FROM (SELECT * FROM paired WHERE damerau_levenshtein(plain, meant) = 1) p
        JOIN vocabulary v ON v.plain = p.plain JOIN vocabulary m ON m.plain = p.meant AND m.texts >= v.needed
    ),
    nearest AS (
        SELECT word, plain, arg_max(meant, (texts, meant)) AS meant, max(texts) AS texts
        FROM (SELECT *, min(edits) OVER (PARTITION BY word) AS fewest FROM near) WHERE edits = fewest GROUP BY word, plain
    )
    SELECT word, arg_max(meant, (texts, meant)) AS meant FROM nearest
    GROUP BY word HAVING max(texts) >= {_TIMES_THE_NEXT} * coalesce(max(texts, 2)[2], 0)
"""

# Whether "carpet" is one word or two matters little: all texts that have it are corrected alike.
_RUN_TOGETHER: Final = """
    WITH halves AS MATERIALIZED (
        SELECT word, needed, unnest(list_transform(
            range(2, len(word) - 1), lambda i: [left(word, i), substring(word, i + 1)])) AS half
        FROM vocabulary
        WHERE len(word) >= 5 AND needed <= (SELECT max(texts) FROM vocabulary) AND word NOT IN (SELECT word FROM slips)
    )
    SELECT h.word, first(half[1] || ' ' || half[2] ORDER BY least(l.texts, r.texts) DESC, half) AS meant
    FROM halves h JOIN vocabulary l ON l.word = half[1] JOIN vocabulary r ON r.word = half[2]
    WHERE least(l.texts, r.texts) >= h.needed GROUP BY h.word
"""
