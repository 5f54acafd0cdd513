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
