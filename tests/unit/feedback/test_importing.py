"""Files of ratings: all or nothing, line numbers for what is wrong, and the same file twice adds nothing."""

import csv
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightschool.errors import DataError
from nightschool.feedback import FeedbackBook, import_feedback, listed

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def book(tmp_path):
    return FeedbackBook(f"sqlite:///{tmp_path / 'feedback.db'}")


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def of_csv(folder, text, **options):
    return written(folder / "ratings.csv", text, **options)


def of_lines(folder, *rows):
    return written(folder / "ratings.jsonl", "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))


def test_a_csv_of_a_spreadsheet_is_taken(book, tmp_path):
    text = 'rating,run_id,correction,comment\r\n5,r1,,\r\n1.0,r2,"A-17\nin the van","sai, rồi 😀"\r\n'
    done = import_feedback(book, of_csv(tmp_path, text, encoding="utf-8-sig"), now=NOW)
    assert (len(done.added), done.known, done.skipped) == (2, 0, ())
    known = book.latest(as_of=NOW)
    assert (known["r1"].rating, known["r1"].correction, known["r1"].rated_at) == (5, None, NOW)
    assert (known["r2"].comment, known["r2"].correction) == ("sai, rồi 😀", "A-17\nin the van")


def test_json_lines_carry_their_times_and_withdraw_corrections(book, tmp_path):
    file = of_lines(
        tmp_path,
        {"run_id": "r1", "rating": 1, "correction": "A-17", "rated_at": "2026-11-20T10:00:00+07:00"},
        "",
        {"run_id": "r1", "rating": 4, "correction": "", "rated_at": "2026-11-20T11:00:00+07:00", "author": "ada"},
    )
    assert len(import_feedback(book, file, now=NOW).added) == 2
    assert book.latest(as_of=NOW - timedelta(hours=8, minutes=30))["r1"].correction == "A-17"
    assert book.latest(as_of=NOW)["r1"].correction is None


def test_the_same_file_twice_adds_nothing_with_or_without_times(book, tmp_path):
    file = of_csv(tmp_path, "run_id,rating,rated_at\nr1,5,\nr2,4,2026-11-20T00:00:00Z\nr2,4,2026-11-20T00:00:00Z\n")
    first = import_feedback(book, file, now=NOW)
    assert (len(first.added), first.known) == (2, 1)
    again = import_feedback(book, file, now=LATER)
    assert (again.added, again.known) == ((), 3)
    assert len(list(book.entries())) == 2


def test_another_time_or_another_word_is_another_opinion(book, tmp_path):
    import_feedback(book, of_csv(tmp_path, "run_id,rating,rated_at\nr1,5,2026-11-19T00:00:00Z\n"), now=NOW)
    more = "run_id,rating,comment,rated_at\nr1,5,,2026-11-20T00:00:00Z\nr1,5,why,2026-11-19T00:00:00Z\nr1,5,,\n"
    done = import_feedback(book, of_csv(tmp_path, more), now=LATER)
    assert (len(done.added), done.known) == (2, 1)


BAD = [
    ({"run_id": "r1"}, "no rating"),
    ({"rating": 3}, "no run_id"),
    ({"run_id": "", "rating": 3}, "run_id"),
    ({"run_id": "r1", "rating": 7}, "rating: a whole number from 1 (bad) to 5 (very good), not 7"),
    ({"run_id": "r1", "rating": 4.5}, "not 4.5"),
    ({"run_id": "r1", "rating": True}, "not True"),
    ({"run_id": "r1", "rating": "good"}, "not good"),
    ({"run_id": "r1", "rating": 3, "rated_at": "2026-11-20 12:00"}, "with its zone"),
    ({"run_id": "r1", "rating": 3, "rated_at": "yesterday"}, "with its zone"),
    ({"run_id": "r1", "rating": 3, "stars": 3}, "unknown: stars"),
    ('{"run_id": "r1", "rating": 3, "\\ud83d": 3}', "unknown: ?"),
    ({"run_id": "r1", "rating": 3, "comment": 3}, "comment"),
    ("[1]", "not a JSON object"),
    ('"r1"', "not a JSON object"),
    ("{", "not JSON"),
]


@pytest.mark.parametrize(("row", "reason"), BAD)
def test_a_bad_line_is_told_by_its_number_and_nothing_is_imported(book, tmp_path, row, reason):
    file = of_lines(tmp_path, {"run_id": "good", "rating": 5}, row)
    with pytest.raises(DataError) as refused:
        import_feedback(book, file, now=NOW)
    assert "line 2: " in refused.value.message
    assert reason in refused.value.message
    assert list(book.entries()) == []
    done = import_feedback(book, file, skip_bad=True, now=NOW)
    assert [entry.run_id for entry in done.added] == ["good"]
    assert [line.number for line in done.skipped] == [2]


def test_the_number_of_a_csv_row_is_the_line_on_which_it_begins(book, tmp_path):
    file = of_csv(tmp_path, 'run_id,rating,comment\nr1,5,"two\nlines"\n\nr2,9,"more\nlines"\nr3,1\n')
    done = import_feedback(book, file, skip_bad=True, now=NOW)
    assert [line.number for line in done.skipped] == [5, 7]
    assert done.skipped[1].reason == "2 cells, but 3 columns"


def test_many_bad_lines_fill_one_screen(book, tmp_path):
    file = of_lines(tmp_path, *[{"run_id": "r", "rating": 0}] * 500)
    with pytest.raises(DataError, match="500 of 500 lines") as refused:
        import_feedback(book, file, now=NOW)
    assert refused.value.message.count("\n") < 20
    assert "… and 485 more" in refused.value.message


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("ratings.xlsx", b"", "neither .csv nor .jsonl"),
        ("ratings.csv", b"", "must name the columns, but says: nothing"),
        ("ratings.csv", b"r1,5\n", "must name the columns, but says: r1, 5"),
        ("ratings.csv", b"run_id,rating,rating\n", "must name the columns"),
        ("ratings.csv", b'run_id,rating\n"r1,5\n', "line 2: not CSV"),
        ("ratings.csv", "run_id,rating\ntê,5\n".encode("utf-16"), "not UTF-8"),
        ("ratings.jsonl", b'{"run_id": "\xff", "rating": 5}', "not UTF-8"),
        ("missing.csv", None, "No such file"),
    ],
)
def test_what_is_no_file_of_ratings_is_refused_in_plain_words(book, tmp_path, name, content, words):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataError, match=words) as refused:
        import_feedback(book, file, now=NOW)
    assert refused.value.next_step


def test_a_file_without_opinions_imports_none(book, tmp_path):
    assert import_feedback(book, of_csv(tmp_path, "run_id,rating\n")) == ((), 0, ())


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "run_id": st.sampled_from(["r1", "r2", "đ"]),
                "rating": st.integers(1, 5),
                "comment": st.text(max_size=5),
                "correction": st.none() | st.text(max_size=5),
                "rated_at": st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds of a strategy are naive
            }
        ),
        max_size=8,
    )
)
@settings(max_examples=25, deadline=None)
def test_importing_is_idempotent_and_counts_add_up(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("importing")
    book = FeedbackBook(f"sqlite:///{folder / 'f.db'}")
    file = of_lines(folder, *[json.loads(json.dumps(row, default=datetime.isoformat)) for row in rows])
    first = import_feedback(book, file, now=NOW)
    before = list(book.entries())
    again = import_feedback(book, file, now=LATER)
    assert len(first.added) + first.known == len(rows) == again.known
    assert again.added == ()
    assert list(book.entries()) == before


@given(comment=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
@settings(max_examples=25, deadline=None)
def test_any_text_of_a_csv_arrives_as_it_is(tmp_path_factory, comment):
    file = tmp_path_factory.mktemp("importing") / "f.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([("run_id", "rating", "comment"), ("r1", 3, comment)])
    (entry,) = import_feedback(FeedbackBook(f"sqlite:///{file.with_suffix('.db')}"), file, now=NOW).added
    assert entry.comment == (comment if comment.strip() else "")


def test_listed_names_every_line_of_a_few(book, tmp_path):
    done = import_feedback(book, of_lines(tmp_path, "[]", "{}"), skip_bad=True, now=NOW)
    assert listed(done.skipped) == "  line 1: not a JSON object\n  line 2: no run_id"
