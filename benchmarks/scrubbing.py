"""Scrubbing against the plain guard's scan of the same texts: what looking costs at the least, before anything is replaced."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from benchmarks.measuring import claim, counted, measured

_COLUMNS = ("question", "history", "tool_calls", "answer", "correction")
_SHARE_WITH_DATA = 0.1
_TURNS_A_SESSION = 4
_CPU_S_A_MILLION = 12.0
_ROWS_AT_ONCE = 50_000
_WORDS = (
    *("where", "is", "my", "order", "parcel", "refund", "address", "please", "change", "đơn", "hàng", "của", "tôi", "giao"),
    *("tiền", "máy", "tính", "21.11.2026", "10:30", "99.000", "đ"),
)

_NAMES = (
    ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Đặng", "Bùi"),
    ("Văn", "Thị", "Minh", "Ngọc", "Quốc", "Thanh", "Hữu", "Đức"),
    ("An", "Bình", "Châu", "Dũng", "Giang", "Hương", "Khánh", "Lan", "Mai", "Nam", "Phúc", "Quân", "Trang", "Uyên", "Yến"),
)


def claims(quick: bool) -> list[dict[str, Any]]:
    """What scrubbing a million turns of 1 KB costs (quick: 3·10⁴), a tenth of their texts holding something."""
    rows = 30_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turns.parquet"
        write_turns(path, rows)
        bare, ours = measured(scan, str(path)), measured(scrub_all, str(path))
    ratio, goal = ours.cpu_s / bare.cpu_s, _CPU_S_A_MILLION * rows / 1_000_000
    named = f"scrub {rows:,} turns of 1 KB"
    return [
        claim(
            f"{named}: CPU-s, beside the guard's scan",
            ours=ours.cpu_s,
            peer=bare.cpu_s,
            ratio=ratio,
            goal=f"≤ {goal:g} s",
            met=ours.cpu_s <= goal,
        ),
        claim(f"{named}: peak MB", ours=ours.peak_mb, goal="≤ 3,000", met=ours.peak_mb <= 3_000),
    ]


def scan(path: str) -> tuple[int, float]:
    """Count the rows in which the guard finds anything."""
    from nightschool.dataset.connection import open_memory, quoted
    from nightschool.dataset.scrubbing.guards import suspicious
    from nightschool.records import ScrubPolicy

    any_text = " OR ".join(suspicious(name, ScrubPolicy()) for name in _COLUMNS)
    with open_memory() as connection:
        connection.execute(f"CREATE TABLE turns AS FROM read_parquet({quoted(path)})")
        query = f"SELECT count(*) FROM turns WHERE {any_text}"
        return counted(lambda: int(connection.execute(query).fetchall()[0][0]))


def scrub_all(path: str) -> tuple[int, float]:
    """Scrub all rows in place; counts the values that were replaced."""
    import pandas as pd  # noqa: F401 - imports are not what is measured

    from nightschool.dataset.connection import open_memory, quoted
    from nightschool.dataset.scrubbing import scrub
    from nightschool.records import ScrubPolicy

    with open_memory() as connection:
        connection.execute(f"CREATE TABLE turns AS FROM read_parquet({quoted(path)})")
        work = partial(scrub, connection, "turns", _COLUMNS, key="k" * 64, policy=ScrubPolicy())
        _, cpu_s = counted(work)
        found = connection.execute('SELECT coalesce(sum("values"), 0) FROM scrubbed').fetchall()
        return int(found[0][0]), cpu_s


def write_turns(path: Path, rows: int) -> None:
    """Turns in sessions of four, each with the history of those before, a tool call in every third."""
    import pandas as pd

    from nightschool.dataset.connection import open_memory, parquet

    draws = random.Random(20261123)
    made = chain.from_iterable(_session(draws) for _ in range(rows // _TURNS_A_SESSION))
    typed = ", ".join(f"{name} VARCHAR" for name in _COLUMNS)
    with open_memory() as connection:
        connection.execute(f"CREATE TABLE turns ({typed})")
        while batch := list(islice(made, _ROWS_AT_ONCE)):
            connection.register("batch", pd.DataFrame(batch, columns=list(_COLUMNS), dtype="string"))
            connection.execute("INSERT INTO turns FROM batch")
        connection.execute(f"COPY turns TO '{path}' (FORMAT parquet)")
        assert connection.execute(f"SELECT count(*) FROM {parquet(path)}").fetchall() == [(rows,)]


def _session(draws: random.Random) -> Iterator[tuple[str | None, ...]]:
    said: list[dict[str, str]] = []
    for turn in range(_TURNS_A_SESSION):
        question, answer = _text(draws, 20), _text(draws, 45)
        calls = [_call(draws)] if turn % 3 == 0 else []
        correction = _text(draws, 20) if draws.random() < 0.03 else None
        yield question, _json(said), _json(calls), answer, correction
        said += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def _call(draws: random.Random) -> dict[str, object]:
    arguments = {"order": f"A-{draws.randrange(10**6)}"}
    return {"name": "find_order", "arguments": arguments, "result": _text(draws, 30), "failed": False}


def _json(value: object) -> str:
    """As extraction writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(draws: random.Random, words: int) -> str:
    text = " ".join(draws.choices(_WORDS, k=words))
    return f"{text} {_datum(draws)}" if draws.random() < _SHARE_WITH_DATA else text


def _datum(draws: random.Random) -> str:
    """Mostly a phone number or an address, at times with a name; now and then a card or a key."""
    number = f"09{draws.randrange(10**8):08}"
    forms = (
        f"gọi {number[:4]} {number[4:7]} {number[7:]} nhé",
        f"call +84{number[1:]}, please",
        f"mail an.le{draws.randrange(10**5)}@gmail.com",
        f"write to mary{draws.randrange(10**5)}@shop.vn.",
        f"Tôi là {' '.join(map(draws.choice, _NAMES))}, sđt {number}",
        f"CCCD 0790{draws.randrange(10**8):08}",
        f"key sk-proj-{draws.getrandbits(128):032x}" if draws.random() < 0.2 else f"sđt {number}",
    )
    return draws.choice(forms)
