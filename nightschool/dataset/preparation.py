"""From turns to examples: noise out, duplicates out, split; and one line on what became of each turn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from nightschool.artifacts import ArtifactRef, ArtifactStore
from nightschool.dataset.card import card_of, counts_of
from nightschool.dataset.clusters import find_clusters
from nightschool.dataset.connection import open_memory, parquet, quoted, write_parquet
from nightschool.dataset.curated import CuratedQuestion, load_curated
from nightschool.dataset.examples_table import EXAMPLES_QUERY, make_examples
from nightschool.dataset.labels import Labeller, add_labels, follow_up, has_context, question_in_context
from nightschool.dataset.ledger import load_ledger, write_ledger
from nightschool.dataset.noise import noise_reason, repeats_a_retry
from nightschool.dataset.normalisation import may_have_control_tokens, neutralised, normalised
from nightschool.dataset.outcomes import AUDIT_QUERY, keep_apart, make_audit, make_kept
from nightschool.dataset.scrubbing import public_values, scrub, scrub_again
from nightschool.dataset.splitting import assign_sets, choose_canonicals, is_small
from nightschool.records import DataPolicy, Record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CURATED_COLUMNS = {
    "example_id": "VARCHAR",
    "task": "VARCHAR",
    "expected_answer": "VARCHAR",
    "context": "VARCHAR",
    "difficulty": "VARCHAR",
    "category": "VARCHAR",
    "requires_reasoning": "BOOLEAN",
    "reasoning_steps": "VARCHAR[]",
    "must_pass": "BOOLEAN",
}

_FEW_TURNS = 20_000
"""Turns up to which a second thread costs more, in starting each of many short queries, than it saves."""

_TEXTS = ("question", "history", "tool_calls", "answer", "correction")
"""What people said, the question first: secrets are numbered in this order."""

# A follow-up is the same question where it follows the same question. (The lambda has its text computed once.)
_KEY_IN_CONTEXT = f"list_transform([{question_in_context('question', 'history')}], lambda asked: {normalised('asked')})[1]"


class Prepared(Record):
    """What preparation gave; `load_splits` reads `examples`, the next night takes `ledger`."""

    examples: ArtifactRef
    audit: ArtifactRef = Field(description="turns_audit: run_id, session_id, outcome, reason, cluster_id, set of every turn")
    card: ArtifactRef
    ledger: ArtifactRef
    is_small: bool = Field(description="a small site: half is held out, and the search pools train and validation")
    counts: Mapping[str, int] = Field(description="read = sum of the outcomes; kept + curated = train + validation + held_out")


def prepare(
    turns: ArtifactRef,
    *,
    ledger: ArtifactRef | None,
    policy: DataPolicy,
    store: ArtifactStore,
    salt: str,
    curated: Sequence[Path] = (),
    labeller: Labeller | None = None,
    examined: Collection[str] = (),
    overlap_days: int = 0,
) -> Prepared:
    """Make the three sets. The same turns give the same bytes, in whatever order they come and on however many threads.

    Args:
        turns: what `extract` kept.
        ledger: the last night's ledger; None on a target's first night. It is never changed: a new one is returned.
        policy: what is noise, and the shares of the sets.
        store: where the results are kept.
        salt: of this installation: equal personal data become equal surrogates here, and others elsewhere.
        curated: JSON files of questions that join the train set.
        labeller: names category, difficulty and language where the rules' labels are not wanted; None: the rules alone.
        examined: held-out sessions that promotions have used; their examples are marked.
        overlap_days: how many of the turns' first days were read again for turns that were stored late; the card says so.

    Raises:
        DataError: for a curated file or a ledger that can't be used, or an artifact that is gone.
    """
    questions = load_curated(curated, must_pass=policy.must_pass_files)
    with open_memory(threads=1 if turns.rows <= _FEW_TURNS else None) as connection:
        _read(connection, store.path(turns), policy, salt)
        _load_curated(connection, questions)
        load_ledger(connection, None if ledger is None else store.path(ledger))
        _sort_out(connection, policy)
        find_clusters(connection, policy)
        choose_canonicals(connection, policy)
        _let_go(connection, "turns", "questions")
        _allow_curated(connection)
        add_labels(connection, "standing", policy, labeller)
        small = is_small(connection, policy)
        assign_sets(connection, policy, small=small)
        keep_apart(connection)
        make_kept(connection)
        _let_go(connection, "standing")
        scrub_again(connection, "kept", _TEXTS, key=salt, policy=policy.scrub)
        make_audit(connection)
        make_examples(connection, policy, examined)
        about = card_of(connection, policy, small=small, overlap_days=overlap_days)
        return _stored(connection, store, about, small=small, turns=turns, ledger=ledger)


def _stored(
    connection: DuckDBPyConnection,
    store: ArtifactStore,
    about: dict[str, Any],
    *,
    small: bool,
    turns: ArtifactRef,
    ledger: ArtifactRef | None,
) -> Prepared:
    examples = store.write("examples", ".parquet", partial(write_parquet, connection, EXAMPLES_QUERY))
    audit = store.write("turns_audit", ".parquet", partial(write_parquet, connection, AUDIT_QUERY))
    new_ledger = store.write("ledger", ".parquet", partial(write_ledger, connection))
    named = {"turns": turns, "ledger_before": ledger, "examples": examples, "turns_audit": audit, "ledger": new_ledger}
    digests = {name: ref.digest for name, ref in named.items() if ref is not None}
    card = store.write_json("card", about | {"digests": digests})
    return Prepared(examples=examples, audit=audit, card=card, ledger=new_ledger, is_small=small, counts=counts_of(connection))


def _read(connection: DuckDBPyConnection, path: Path, policy: DataPolicy, salt: str) -> None:
    """Make `turns`: every row with a number of its own, scrubbed, free of control tokens.

    It is the one table with the long texts; those made from it leave them out.
    """
    order = 'created_at NULLS LAST, run_id, session_id, "index", md5(question), md5(answer)'
    connection.execute(f"""
        CREATE TABLE turns AS
        SELECT turn, run_id, session_id, "index", created_at, user_id, status, rating, quarantine_reason, {", ".join(_TEXTS)}
        FROM (SELECT * FROM read_parquet({quoted(str(path))}, file_row_number = true)) JOIN (
            SELECT file_row_number, row_number() OVER (ORDER BY {order}) AS turn
            FROM read_parquet({quoted(str(path))}, file_row_number = true)
        ) USING (file_row_number)
    """)
    connection.execute("CREATE TABLE moments AS SELECT created_at FROM turns")
    public = public_values(connection, parquet(path))
    scrub(connection, "turns", _TEXTS, key=salt, policy=policy.scrub, public=public)
    for name in _TEXTS:
        connection.execute(f"UPDATE turns SET {name} = {neutralised(name)} WHERE {may_have_control_tokens(name)}")


def _load_curated(connection: DuckDBPyConnection, questions: Sequence[CuratedQuestion]) -> None:
    """Make `curated`: the questions as rows, with the key by which they meet the turns."""
    columns = ", ".join(f"{name} {kind}" for name, kind in _CURATED_COLUMNS.items())
    connection.execute(f"CREATE TABLE curated_as_given ({columns})")
    if questions:
        rows = [[getattr(one, name) for name in _CURATED_COLUMNS] for one in questions]
        connection.executemany(f"INSERT INTO curated_as_given VALUES ({', '.join('?' * len(_CURATED_COLUMNS))})", rows)
    connection.execute(f"""
        CREATE TABLE curated AS
        SELECT *, md5(key_text) AS question_key FROM (SELECT *, {normalised("question")} AS key_text FROM (
            SELECT * EXCLUDE (task, expected_answer), {neutralised("task")} AS question,
                {neutralised("expected_answer")} AS expected_answer
            FROM curated_as_given
        ))
    """)


def _sort_out(connection: DuckDBPyConnection, policy: DataPolicy) -> None:
    """Split `turns` into `set_aside` (quarantined, or noise with its reason) and `questions` (with their keys)."""
    in_context = f"CASE WHEN follows AND {has_context('history')} THEN {_KEY_IN_CONTEXT} ELSE key_text END"
    connection.execute(f"""
        CREATE TABLE sifted AS
        SELECT turn, run_id, session_id, "index", created_at, user_id, status, rating, correction, quarantine_reason, key_text,
            {in_context} AS key_in_context,
            CASE WHEN quarantine_reason IS NULL THEN {noise_reason(policy, follows="follows")} END AS noise
        FROM (SELECT *, {follow_up("key_text")} AS follows FROM (
            SELECT * REPLACE (nullif(trim(correction), '') AS correction), {normalised("question")} AS key_text FROM turns
        ))
    """)
    # Windows carry all columns with them: they look at the few rows that need it, or at the few columns.
    connection.execute(f"""
        UPDATE sifted SET noise = 'repeated retry' FROM (
            SELECT turn FROM sifted SEMI JOIN (SELECT session_id FROM sifted WHERE status <> 'COMPLETED') USING (session_id)
            QUALIFY {repeats_a_retry()}
        ) AS retries
        WHERE sifted.turn = retries.turn AND noise IS NULL AND quarantine_reason IS NULL
    """)
    connection.execute("""
        CREATE TABLE questions AS
        SELECT turn, run_id, session_id, created_at, user_id, rating, correction,
            key_in_context AS key_text, md5(key_in_context) AS question_key, md5(key_text) AS words_key,
            'real_' || session_id || '_msg_' || ("index" + 1) || coalesce('_' || nth, '') AS example_id
        FROM sifted LEFT JOIN (
            SELECT turn, row_number() OVER (PARTITION BY session_id, "index" ORDER BY turn) AS nth
            FROM sifted QUALIFY nth > 1
        ) USING (turn)
        WHERE quarantine_reason IS NULL AND noise IS NULL
    """)
    connection.execute("""
        CREATE TABLE set_aside AS
        SELECT turn, run_id, session_id, quarantine_reason, noise FROM sifted
        WHERE quarantine_reason IS NOT NULL OR noise IS NOT NULL
    """)
    connection.execute("DROP TABLE sifted")


def _let_go(connection: DuckDBPyConnection, *tables: str) -> None:
    """Drop what no later step looks at: a window of a million turns fills memory otherwise."""
    for name in tables:
        connection.execute(f"DROP TABLE {name}")


def _allow_curated(connection: DuckDBPyConnection) -> None:
    """Make `curated_allowed`: the curated questions that stand in no other set, and are like none that does."""
    connection.execute("""
        CREATE TABLE curated_allowed AS
        SELECT c.* FROM curated c JOIN texts t USING (question_key) JOIN demands d USING (id)
        WHERE d.sets = 1 AND d.set = 'train'
    """)
