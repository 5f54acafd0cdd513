"""Questions and answers in files: every format says the same, and what is wrong is told or set aside."""

import csv
import hashlib
import json
import os

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightschool.errors import DataError
from nightschool.sources import BadRow
from nightschool.sources.plain_files import open_plain_file
from tests.source_reading import read_source

NEEDED = ("user_message", "agent_response", "timestamp")
ROWS = [
    {"user_message": "Đơn hàng đâu?", "agent_response": 'Nó "ở\nđây", 📦', "timestamp": "2026-11-20T19:00:00+07:00"},
    {"user_message": "Is it there?", "agent_response": None, "timestamp": "2026-11-20 12:00:01", "session_id": "s1"},
    {
        "user_message": "And now; then?",
        "agent_response": "yes\t!",
        "timestamp": "2026-11-20T12:00:02Z",
        "session_id": "s1",
        "rating": 5,
    },
    {"user_message": "Is it there?", "agent_response": None, "timestamp": "2026-11-20 12:00:01", "session_id": "s1"},
]


def columns_of(rows):
    return list(dict.fromkeys((*NEEDED, *(name for row in rows for name in row))))


def as_csv(folder, rows, *, delimiter=",", encoding="utf-8", name="c.csv"):
    with (folder / name).open("w", encoding=encoding, newline="") as opened:
        writer = csv.DictWriter(opened, columns_of(rows), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return folder / name


def as_lines(folder, rows, *, name="c.jsonl"):
    (folder / name).write_bytes(b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows))
    return folder / name


def as_list(folder, rows):
    (folder / "c.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8-sig")
    return folder / "c.json"


def as_parquet(folder, rows):
    lines, file = as_lines(folder, rows), folder / "c.parquet"
    duckdb.connect().execute(f"COPY (FROM read_json('{lines}', columns = {_json_columns(rows)})) TO '{file}' (FORMAT parquet)")
    return file


def _json_columns(rows):
    kinds = {"timestamp": "VARCHAR", "rating": "TINYINT"}
    return "{" + ", ".join(f"{name}: '{kinds.get(name, 'VARCHAR')}'" for name in columns_of(rows)) + "}"


def read(file, **options):
    return read_source(open_plain_file(file, **options))


def bad_in(rows):
    return [(row.run_id, row.reason) for row in rows if isinstance(row, BadRow)]


WRITERS = {
    "comma": as_csv,
    "tab": lambda folder, rows: as_csv(folder, rows, delimiter="\t", name="c.tsv"),
    "semicolon and a byte order mark": lambda folder, rows: as_csv(folder, rows, delimiter=";", encoding="utf-8-sig"),
    "lines": as_lines,
    "lines with a byte order mark": lambda folder, rows: as_lines(
        folder, [b"\xef\xbb\xbf" + json.dumps(rows[0]).encode(), *rows[1:]]
    ),
    "list": as_list,
    "parquet": as_parquet,
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_every_format_says_the_same(tmp_path, write):
    turns = read(write(tmp_path, ROWS))
    assert turns == read(as_lines(tmp_path, ROWS, name="other.ndjson"))
    assert [turn.question for turn in turns] == ["Đơn hàng đâu?", "Is it there?", "Is it there?", "And now; then?"]
    assert turns[0].answer == 'Nó "ở\nđây", 📦'
    assert [turn.created_at.isoformat()[11:19] for turn in turns] == ["12:00:00", "12:00:01", "12:00:01", "12:00:02"]
    assert [turn.rating for turn in turns] == [None, None, None, 5]
    assert len({turn.run_id for turn in turns}) == 4


def test_a_session_named_is_a_history_and_a_row_without_one_stands_alone(tmp_path):
    alone, first, second, third = read(as_lines(tmp_path, ROWS))
    assert (alone.session_id, alone.history) == (alone.run_id, ())
    assert [turn.session_id for turn in (first, second, third)] == ["s1"] * 3
    assert [(message.role, message.content) for message in third.history] == [("user", "Is it there?")] * 2


def test_ids_stay_the_same_in_any_order_and_with_more_rows(tmp_path):
    ids = {turn.run_id for turn in read(as_lines(tmp_path, ROWS))}
    assert {turn.run_id for turn in read(as_lines(tmp_path, ROWS[::-1]))} == ids
    more = [{"user_message": "new", "agent_response": "x", "timestamp": 1795000000}, *ROWS]
    assert {turn.run_id for turn in read(as_lines(tmp_path, more))} > ids


def test_everything_that_is_known_of_a_row_is_kept(tmp_path):
    known = {"run_id": "r1", "session_id": "s", "user_id": "ben", "agent_id": "support", "rating": "1", "comment": "sai"}
    (turn,) = read(as_csv(tmp_path, [ROWS[0] | known | {"correction": "A-17"}]))
    assert {name: str(getattr(turn, name)) for name in known} == known
    assert (turn.correction, turn.status, turn.index) == ("A-17", "COMPLETED", 0)


def test_one_agent_is_read_with_the_rows_that_name_none(tmp_path):
    rows = [ROWS[0] | {"agent_id": name, "run_id": name or "nobody"} for name in ("support", "sales", None)]
    file = as_lines(tmp_path, rows)
    assert {turn.run_id for turn in read(file, agent_id="support")} == {"support", "nobody"}
    assert open_plain_file(file, agent_id="support").holdings().agent_ids == ("sales", "support")


SAME_MOMENT = ["2026-11-20T12:00:00Z", "2026-11-20 19:00:00+07", "2026-11-20T12:00:00", "2026-11-20 12:00:00 UTC", 1795176000]
SAME_MOMENT += [1795176000.0, "1795176000", 1795176000_000, 1795176000_000_000, 1795176000_000_000_000, "1.795176e9"]


@pytest.mark.parametrize("time", SAME_MOMENT, ids=str)
def test_times_are_iso_or_unix_in_any_unit(tmp_path, time):
    (turn,) = read(as_lines(tmp_path, [ROWS[0] | {"timestamp": time}]))
    assert turn.created_at.isoformat() == "2026-11-20T12:00:00+00:00"


BAD = [
    ({"user_message": None}, "no user_message"),
    ({"user_message": "\0"}, "no user_message"),
    ({"timestamp": None}, "no timestamp"),
    ({"timestamp": "20/11/2026"}, "unknown shape: timestamp"),
    ({"timestamp": 1e300}, "unknown shape: timestamp"),
    ({"rating": 9}, "rating is not a whole number from 1 to 5"),
    ({"rating": 4.5}, "rating is not a whole number from 1 to 5"),
    ({"rating": "good"}, "rating is not a whole number from 1 to 5"),
    ({"run_id": "first"}, "run_id is not unique"),
    (b"{broken", "broken JSON"),
    (b"[1]", "unknown shape: not a JSON object"),
    (b'{"user_message": "\xff"}', "text is not UTF-8"),
    (b'{"user_message": "' + b"x" * (16 * 2**20) + b'"}', "longer than 16 MB"),
    (b"[" * 100_000, "nested too deeply"),
]


@pytest.mark.parametrize(("change", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_bad_row_is_set_aside_with_its_line(tmp_path, change, reason):
    first = ROWS[0] | {"run_id": "first"}
    rows = read(as_lines(tmp_path, [first, change if isinstance(change, bytes) else ROWS[1] | change]))
    assert bad_in(rows) == [("line 2", reason)]
    assert [turn.run_id for turn in rows if not isinstance(turn, BadRow)] == ["first"]


def test_what_is_certain_is_repaired(tmp_path):
    line = b'{"user_message": "a\\u0000b \\ud83d", "agent_response": "\\ud83d\\ude00", "timestamp": 1795176000}'
    (turn,) = read(as_lines(tmp_path, [line]))
    assert (turn.question, turn.answer) == ("ab \ufffd", "😀")


def test_rows_of_a_csv_that_have_too_few_or_too_many_cells_are_set_aside(tmp_path):
    file = tmp_path / "c.csv"
    file.write_text("user_message,agent_response,timestamp\na,b\n,,\nc,d,1795176000\ne,f,1795176000,more\n")
    rows = read(file)
    assert bad_in(rows) == [("line 2", "not a row: missing columns"), ("line 5", "not a row: too many columns")]
    assert [turn.question for turn in rows if not isinstance(turn, BadRow)] == ["c"]


def test_a_bad_row_of_another_day_is_no_concern_of_this_window(tmp_path):
    from datetime import UTC, datetime

    from nightschool.records import Window

    file = as_lines(tmp_path, [ROWS[0], ROWS[1] | {"rating": 9}])
    day = Window(start=datetime(2026, 11, 20, 12, tzinfo=UTC), end=datetime(2026, 11, 20, 12, 0, 1, tzinfo=UTC))
    source = open_plain_file(file)
    assert source.count(day) == 1
    assert [turn.question for turn in read_source(source, day)] == ["Đơn hàng đâu?"]
    assert (source.holdings().turns, source.holdings().first) == (1, day.start)


REFUSED = [
    ("c.csv", b"question,agent_response,timestamp\n", "lacks user_message. Its columns: question, agent_response, timestamp."),
    ("c.csv", b"user_message,agent_response,timestamp,raiting\n", "Did you mean rating by raiting?"),
    ("c.csv", b"user_message,agent_response,timestam\n", "Did you mean timestamp by timestam?"),
    ("c.csv", b"", "Its columns: none"),
    ("c.csv", "user_message,agent_response,timestamp\nt\u00ea,b,1\n".encode("latin-1"), "is not UTF-8"),
    ("c.csv", "user_message,agent_response,timestamp\nt\u00ea,b,1\n".encode("utf-16"), "is not UTF-8"),
    ("c.json", b'[{"user_message": ', "can't be read as JSON"),
    ("c.json", b'[{"question": "x"}]', "lacks user_message, agent_response, timestamp"),
    ("c.json", b'[{"user_message": "\xff"}]', "is not UTF-8"),
    ("c.parquet", b"PAR1 or not", "can't be read"),
    ("c.csv", None, "No such file"),
    ("c.parquet", None, "No such file"),
]


@pytest.mark.parametrize(("name", "content", "words"), REFUSED, ids=[words for *_, words in REFUSED])
def test_a_file_that_can_t_be_read_is_refused_in_plain_words(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as refused:
        read(tmp_path / name)
    assert words in refused.value.message
    assert name in refused.value.message
    assert refused.value.next_step


def test_other_columns_mean_nothing_and_case_does_not_matter(tmp_path):
    rows = [{"id": 7, "User_Message": "a", "AGENT_RESPONSE": "b", "Timestamp": 1795176000, "tenant": "x"}]
    (turn,) = read(as_lines(tmp_path, rows))
    assert (turn.question, turn.answer) == ("a", "b")


def test_an_empty_file_of_lines_has_no_turns(tmp_path):
    assert read(as_lines(tmp_path, [])) == []
    assert read(as_list(tmp_path, [])) == []


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_reading_changes_nothing(tmp_path, write):
    file = write(tmp_path, ROWS)
    before = hashlib.sha256(file.read_bytes()).hexdigest(), sorted(os.listdir(tmp_path))  # noqa: PTH208 - names are enough
    read(file)
    assert (hashlib.sha256(file.read_bytes()).hexdigest(), sorted(os.listdir(tmp_path))) == before  # noqa: PTH208


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
ROW = st.fixed_dictionaries(
    {"user_message": TEXT, "agent_response": TEXT, "timestamp": st.integers(1_700_000_000, 1_700_000_005)},
    optional={"session_id": st.sampled_from("ab"), "rating": st.integers(1, 5), "run_id": st.sampled_from("xyz")},
)


@given(rows=st.lists(ROW, min_size=1, max_size=8))
@settings(max_examples=15, deadline=None)
def test_any_rows_are_counted_once_and_alike_in_csv_and_json(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("plain")
    source = open_plain_file(as_lines(folder, rows))
    read_rows = read_source(source)
    assert len(read_rows) == len(rows)
    good = [row for row in read_rows if not isinstance(row, BadRow)]
    assert len({turn.run_id for turn in good}) == len(good)
    from_csv = read_source(open_plain_file(as_csv(folder, rows)))
    assert [row for row in from_csv if not isinstance(row, BadRow)] == good
