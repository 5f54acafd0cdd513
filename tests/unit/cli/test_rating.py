"""`rate` puts what a person says where the next night reads it."""

from datetime import UTC, datetime, timedelta

from nightschool.feedback import FeedbackBook


def latest(folder):
    book = FeedbackBook(f"sqlite:///{folder / '.nightschool' / 'feedback.db'}")
    return book.latest(as_of=datetime.now(UTC) + timedelta(minutes=1))


def test_a_rating_with_a_correction_is_kept(cli, folder):
    said = cli("rate", "run-1", "1", "--comment", "wrong order", "--correct", "A-10442")
    assert said.exit_code == 0
    assert "Rated run-1 with 1 of 5 and corrected it." in said.output
    entry = latest(folder)["run-1"]
    assert (entry.rating, entry.comment, entry.correction) == (1, "wrong order", "A-10442")


def test_a_rating_alone_is_enough_and_a_correction_stays(cli, folder):
    cli("rate", "run-1", "1", "--correct", "A-10442")
    assert cli("rate", "run-1", "4").output == "Rated run-1 with 4 of 5.\n"
    entry = latest(folder)["run-1"]
    assert (entry.rating, entry.correction) == (4, "A-10442")


def test_a_file_of_ratings_is_imported_once(cli, folder):
    (folder / "ratings.csv").write_text("run_id,rating,correction\nrun-1,5,\nrun-2,1,A-10442\n")
    said = cli("rate", "--import", "ratings.csv")
    assert (said.exit_code, said.output) == (0, "Imported 2 ratings, 1 of them with a correction.\n")
    assert latest(folder)["run-2"].correction == "A-10442"
    assert (
        "Imported 0 ratings, 0 of them with a correction; 2 were known already." in cli("rate", "--import", "ratings.csv").output
    )


def test_bad_lines_stop_an_import_unless_they_may_be_left_out(cli, folder):
    (folder / "ratings.jsonl").write_text('{"run_id": "run-1", "rating": 5}\n{"run_id": "run-2", "rating": 9}\n')
    refused = cli("rate", "--import", "ratings.jsonl")
    assert refused.exit_code == 3
    assert "line 2: rating: a whole number from 1 (bad) to 5 (very good), not 9" in refused.output
    assert "--skip-bad" in refused.output
    assert latest(folder) == {}
    done = cli("rate", "--import", "ratings.jsonl", "--skip-bad")
    assert done.exit_code == 0
    assert "Left out 1 lines:\n  line 2" in done.output
    assert set(latest(folder)) == {"run-1"}


def test_a_run_and_a_file_at_once_or_neither_are_wrong_usage(cli, folder):
    assert cli("rate", "run-1", "5", "--import", "ratings.csv").exit_code == 2
    assert cli("rate", "run-1").exit_code == 2
    assert cli("rate").exit_code == 2
