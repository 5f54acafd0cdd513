"""Duplicates and near duplicates: how right, how fast, and how the peers do on the same rows."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measuring import Measured, claim, counted, measured, not_run
from benchmarks.paraphrases import asked_questions
from benchmarks.truth import Match, match

PEERS = ("datasketch", "rensa", "text-dedup")
MODULES = ("datasketch", "rensa", "text_dedup")
# How many times as fast we mean to be, at a better F1; rensa is measured by what it loses.
TIMES_AS_FAST = {"datasketch": 4, "datasketch in bulk": 1, "text-dedup": 8}
GOALS = {peer: f"ratio >= {times} at better F1" for peer, times in TIMES_AS_FAST.items()} | {"rensa": "drops >= 5 x"}
SEED = 11
QUALITY_SIZE = 100_000
"""Asked questions by which quality is measured, also where it is to be quick: what is learned from the texts themselves (which
words are slips, what is said before any question) takes many of them. Of 20,000 the recall is lower."""


def claims(quick: bool) -> list[dict[str, Any]]:
    """Look at every claim; smaller sizes where it is to be quick, by the same code."""
    some = measured(clustered, QUALITY_SIZE)
    found = [*_quality(some), *_exact(20_000 if quick else 100_000), _brute_force(1_000 if quick else 5_000), _night(quick)]
    if quick:
        found.append(_growth(10_000, measured(clustered, 10_000), QUALITY_SIZE, some))
    else:
        million = measured(clustered, 1_000_000)
        found += [_growth(10_000, measured(clustered, 10_000), 1_000_000, million), *_million(million)]
    if quick and not any(map(importlib.util.find_spec, MODULES)):
        return [*found, *(not_run(f"{peer} on asked questions", goal, "it is not installed") for peer, goal in GOALS.items())]
    return [*found, *_against_peers(4_000 if quick else QUALITY_SIZE, quick=quick)]


# What runs in a process of its own.


def clustered(size: int, known: int = 0) -> tuple[dict[str, Any], float]:
    """Texts, truth and clusters of so many asked questions; the last `size - known` of them are new, the others the ledger's."""
    from nightschool.dataset.connection import open_memory
    from nightschool.dataset.neighbours import find_neighbours, make_clusters
    from nightschool.records import NeighbourPolicy

    with open_memory(threads=2) as connection:
        _load(connection, size, known)
        if known:
            connection.execute("ALTER TABLE texts RENAME TO new_texts")
            connection.execute("CREATE TABLE texts AS SELECT id, text FROM truth WHERE NOT new")
            find_neighbours(connection, NeighbourPolicy())
            connection.execute("CREATE TABLE known_texts AS SELECT id, text, signature FROM texts JOIN signatures USING (id)")
            for table in ("texts", "signatures", "strict_pairs", "loose_pairs"):
                connection.execute(f"DROP TABLE {table}")
            connection.execute("ALTER TABLE new_texts RENAME TO texts")

        def work() -> None:
            find_neighbours(connection, NeighbourPolicy())
            make_clusters(connection)

        _, cpu_s = counted(work)
        found = connection.execute("SELECT question, cluster FROM truth JOIN clusters USING (id) ORDER BY id").fetchnumpy()
        return {"truth": found["question"].tolist(), "clusters": found["cluster"].tolist()}, cpu_s


def _load(connection: Any, size: int, known: int) -> None:
    """Make `truth(id, text, question, new)` of distinct normalised texts, and `texts` of the new ones."""
    from nightschool.dataset.normalisation import normalised

    asked = asked_questions(size, SEED)
    import numpy as np

    connection.execute("CREATE TABLE asked (text VARCHAR, question BIGINT, new BOOLEAN)")
    for start in range(0, len(asked), 50_000):
        part = asked[start : start + 50_000]
        columns = {
            "text": np.array([one.text for one in part], dtype=object),
            "question": np.array([one.question for one in part]),
            "new": np.array([start + number >= known for number in range(len(part))]),
        }
        connection.register("part", columns)
        connection.execute("INSERT INTO asked SELECT text, question, new FROM part")
    connection.execute(f"""
        CREATE TABLE truth AS
        SELECT row_number() OVER (ORDER BY md5(text)) - 1 AS id, text, question, new FROM (
            SELECT {normalised("text")} AS text, min(question) AS question, bool_and(new) AS new FROM asked GROUP BY 1
        )
    """)
    connection.execute("CREATE TABLE texts AS SELECT id, text FROM truth WHERE new ORDER BY id")


def exact_ours(size: int) -> tuple[int, float]:
    """Distinct normalised questions, by our SQL."""
    import numpy as np

    from nightschool.dataset.connection import open_memory
    from nightschool.dataset.normalisation import normalised

    texts = np.array([one.text for one in asked_questions(size, SEED)], dtype=object)
    with open_memory(threads=2) as connection:
        connection.register("asked", {"text": texts})
        connection.execute("CREATE TABLE raw AS SELECT text FROM asked")
        query = f"SELECT count(*) FROM (SELECT md5({normalised('text')}) AS key FROM raw GROUP BY key)"
        row, cpu_s = counted(lambda: connection.execute(query).fetchone())
        return row[0], cpu_s


def exact_pandas(size: int) -> tuple[int, float]:
    """The same by pandas: the steps of our normalisation as string methods, and `drop_duplicates`."""
    import pandas as pd

    texts = pd.Series([one.text for one in asked_questions(size, SEED)])
    wide = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

    def work() -> int:
        known = texts.str.translate(wide).str.replace(r"[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]", "", regex=True)
        known = known.str.normalize("NFC").str.lower().str.normalize("NFC").str.replace(r"['’‘ʼ`´]", "", regex=True)
        known = known.str.replace(r"(?<!\d)[.,:]|[.,:](?!\d)", " ", regex=True)
        known = known.str.replace(r"[;!?…\"“”„«»‹›¿¡。，、；：！？~_]+", " ", regex=True)
        bare = ~known.str.contains(r"\d", regex=True)
        known = known.where(~bare, known.str.replace(r"[()\[\]{}\-‐-―]+", " ", regex=True))
        known = known.str.replace(r"\s+", " ", regex=True).str.strip().str.normalize("NFC")
        return len(known.drop_duplicates())

    return counted(work)


def brute_force(size: int) -> tuple[dict[str, int], float]:
    """Strict pairs among so many texts, found by bands, and found by comparing each with each."""
    import numpy as np

    from nightschool.dataset.connection import open_memory
    from nightschool.dataset.neighbours import find_neighbours, finding
    from nightschool.records import NeighbourPolicy

    def pairs(connection: Any) -> set[tuple[int, int]]:
        find_neighbours(connection, NeighbourPolicy())
        found = set(connection.execute("SELECT a, b FROM strict_pairs").fetchall())
        for table in ("strict_pairs", "loose_pairs", "signatures"):
            connection.execute(f"DROP TABLE {table}")
        return found

    def each_with_each(signatures: Any, known: int) -> Any:
        first, second = np.triu_indices(len(signatures), 1)
        return first, second, np.ones(len(first), dtype=np.int64)

    with open_memory(threads=2) as connection:
        _load(connection, size, 0)
        found, cpu_s = counted(lambda: pairs(connection))
        finding.candidate_pairs = each_with_each
        return {"found": len(found & (every := pairs(connection))), "all": len(every)}, cpu_s


# The claims.


def _quality(one: Measured) -> list[dict[str, Any]]:
    got = match(one.value["truth"], one.value["clusters"])
    where = f"of {QUALITY_SIZE:,} asked questions, by their distinct texts"
    return [
        claim(f"near duplicates: pair precision, {where}", ours=got.precision, goal=">= 0.96", met=got.precision >= 0.96),
        claim(f"near duplicates: pair recall, {where}", ours=got.recall, goal=">= 0.88", met=got.recall >= 0.88),
        claim(f"near duplicates: B3 F1, {where}", ours=got.b3_f1, goal=">= 0.97", met=got.b3_f1 >= 0.97),
    ]


def _exact(size: int) -> list[dict[str, Any]]:
    ours, peer = measured(exact_ours, size), measured(exact_pandas, size)
    ratio = peer.cpu_s / ours.cpu_s
    name = f"exact duplicates of {size:,} questions against pandas, CPU s ({ours.value:,} and {peer.value:,} distinct)"
    return [claim(name, ours=ours.cpu_s, peer=peer.cpu_s, ratio=ratio, goal="ratio >= 1.5", met=ratio >= 1.5)]


def _brute_force(size: int) -> dict[str, Any]:
    one = measured(brute_force, size)
    share = one.value["found"] / max(1, one.value["all"])
    name = f"share of the strict pairs of each with each that bands find, {size:,} asked questions"
    return claim(name, ours=share, goal=">= 0.97", met=share >= 0.97)


def _night(quick: bool) -> dict[str, Any]:
    known, new = (20_000, 2_000) if quick else (200_000, 10_000)
    one = measured(clustered, known + new, known)
    name = f"neighbours of {new:,} new turns beside {known:,} of the ledger, CPU s"
    return claim(name, ours=one.cpu_s, goal="<= 2", met=one.cpu_s <= 2)


def _growth(small: int, one: Measured, large: int, other: Measured) -> dict[str, Any]:
    exponent = math.log(other.cpu_s / one.cpu_s) / math.log(large / small)
    name = f"near duplicates: growth exponent of the CPU time, {small:,} to {large:,} asked questions"
    return claim(name, ours=exponent, goal="<= 1.15", met=exponent <= 1.15)


def _million(one: Measured) -> Iterator[dict[str, Any]]:
    yield claim("near duplicates and clusters of 1,000,000 turns, CPU s", ours=one.cpu_s, goal="<= 45", met=one.cpu_s <= 45)
    name = "near duplicates and clusters of 1,000,000 turns, peak MB"
    yield claim(name, ours=one.peak_mb, goal="<= 3072", met=one.peak_mb <= 3072)


def _against_peers(size: int, *, quick: bool) -> Iterator[dict[str, Any]]:
    one = measured(clustered, size)
    truth = one.value["truth"]
    ours = match(truth, one.value["clusters"])
    with _interpreter(quick) as python, tempfile.TemporaryDirectory() as folder:
        texts = Path(folder) / "texts.json"
        texts.write_text(json.dumps(measured(texts_of, size).value))
        for peer in GOALS:
            name = f"{peer} on {size:,} asked questions"
            script = str(Path(__file__).with_name("peer_scripts.py"))
            run = subprocess.run([python, script, peer, str(texts)], capture_output=True, text=True, check=False)
            if run.returncode:
                yield not_run(name, GOALS[peer], (run.stderr.strip().splitlines() or ["no output"])[-1][:160])
                continue
            answer = json.loads(run.stdout.splitlines()[-1])
            yield _peer_claim(peer, size, GOALS[peer], ours, one.cpu_s, match(truth, answer["labels"]), answer["cpu_s"])


def texts_of(size: int) -> tuple[list[str], float]:
    """The texts that `clustered` works on, in the same order."""
    from nightschool.dataset.connection import open_memory

    with open_memory(threads=2) as connection:
        _load(connection, size, 0)
        return [row[0] for row in connection.execute("SELECT text FROM texts ORDER BY id").fetchall()], 0.0


def _peer_claim(peer: str, size: int, goal: str, ours: Match, our_s: float, theirs: Match, their_s: float) -> dict[str, Any]:
    if peer == "rensa":
        ratio = theirs.dropped_questions / max(1, ours.dropped_questions)
        name = f"rensa on {size:,} asked questions: new questions dropped"
        dropped = {"ours": ours.dropped_questions, "peer": theirs.dropped_questions}
        return claim(name, **dropped, ratio=ratio, goal=goal, met=ratio >= 5)
    ratio, least = their_s / our_s, TIMES_AS_FAST[peer]
    name = f"{peer} on {size:,} asked questions: CPU s (B3 F1 {ours.b3_f1:.3f} and {theirs.b3_f1:.3f})"
    met = ratio >= least and ours.b3_f1 > theirs.b3_f1
    return claim(name, ours=our_s, peer=their_s, ratio=ratio, goal=goal, met=met)


@contextmanager
def _interpreter(quick: bool) -> Iterator[str]:
    """A Python that may have the peers: this one where it is to be quick, else a throw-away environment that gets them."""
    if quick:
        yield sys.executable
        return
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        for peer in PEERS:
            subprocess.run([python, "-m", "pip", "install", "--quiet", peer], capture_output=True, check=False)
        yield python
