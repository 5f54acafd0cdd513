"""Turns of a made-up site, as much of `turns.parquet` as preparation reads, with the truth about which ask the same.

They have what costs time in real ones: answers of some sentences, the session's history so far, a tool call in every fourth,
a long system message, and personal data in one answer of fifteen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks.paraphrases import Asked
from nightschool.artifacts import ArtifactRef, ArtifactStore
from nightschool.dataset.connection import open_memory, write_parquet

START = datetime(2026, 10, 1, tzinfo=UTC)
TURNS_A_SESSION = 3
USERS = 5_000
_WITH_DATA = 15
_DATA = (
    "gọi 09{a:04} {b:03} nhé",
    "mail an.le{a}@gmail.com",
    "Tôi là Nguyễn Văn An, sđt 09{a:04}{b:04}",
    "call +84 91{a:04}{b:03}, please",
)
_SENTENCES = (
    "Your order is on its way and will arrive on 21.11.2026.",
    "Đơn hàng của bạn đang được giao, phí giao là 30.000 đ.",
    'Steps:\n- open the app\n- tap "Orders"\n- choose the order',
    "You can return it within 7 days, see https://shop.example/help.",
    "Bạn có thể đổi trả trong vòng 7 ngày kể từ khi nhận hàng.",
)
_SYSTEM_MESSAGE = "You are the help desk of a shop. Be short and polite. Hotline: 0909 123 123. " * 15
_CALL = '[{"name":"find_order","arguments":"{\\"order\\":\\"A-%d\\"}","result":"{\\"status\\":\\"shipped\\"}","failed":false}]'

# The history of a turn: the exchanges of its session before it, as extraction writes them.
_MESSAGE = """'{"role":"user","content":' || to_json(question) || '},{"role":"assistant","content":' || to_json(answer) || '}'"""
_EARLIER = 'OVER (PARTITION BY session_id ORDER BY "index" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)'
_QUERY = f"""
    SELECT *, '[' || coalesce(string_agg({_MESSAGE}, ',') {_EARLIER}, '') || ']' AS history,
        '{_SYSTEM_MESSAGE}' AS system_message, NULL::TINYINT AS rating, NULL::VARCHAR AS correction,
        NULL::VARCHAR AS quarantine_reason
    FROM frame ORDER BY created_at, run_id
"""


def write_turns(store: ArtifactStore, asked: Sequence[Asked], *, prefix: str = "r", per_day: int = 1000) -> ArtifactRef:
    """One turn for each text, in sessions of three, so many a day; the run's id is the prefix and the text's number."""
    return store.write("turns", ".parquet", partial(_write, asked, prefix, per_day))


def _write(asked: Sequence[Asked], prefix: str, per_day: int, path: Path) -> int:
    import pandas as pd

    moments = [START + timedelta(days=n // per_day, seconds=n % per_day) for n in range(len(asked))]
    frame = pd.DataFrame(
        {
            "run_id": [f"{prefix}{n}" for n in range(len(asked))],
            "session_id": [f"{prefix}s{n // TURNS_A_SESSION}" for n in range(len(asked))],
            "index": [n % TURNS_A_SESSION for n in range(len(asked))],
            "created_at": pd.to_datetime(pd.Series(moments)).dt.tz_localize(None),
            "question": [one.text for one in asked],
            "answer": [_answer(n) + _datum(n) for n in range(len(asked))],
            "status": "COMPLETED",
            "tool_calls": ["[]" if n % 4 else _CALL % n for n in range(len(asked))],
            "user_id": [f"u{n // TURNS_A_SESSION % USERS}" for n in range(len(asked))],
        }
    )
    with open_memory() as connection:
        connection.register("frame", frame)
        return write_parquet(connection, _QUERY, path)


def _answer(n: int) -> str:
    count = 1 + n % 4
    return " ".join(_SENTENCES[(n // 4 + i * (1 + n % 3)) % len(_SENTENCES)] for i in range(count))


def _datum(n: int) -> str:
    """In every fifteenth answer, something of a person's, who comes again now and then. Questions stay what they ask."""
    if n % _WITH_DATA:
        return ""
    person = n // _WITH_DATA % 20_000
    return " " + _DATA[person % len(_DATA)].format(a=person % 10_000, b=person * 37 % 1000)
