"""A backup holds all that an installation keeps, and goes back into empty places only."""

from datetime import UTC, datetime

import pytest

from nightschool.artifacts import artifacts_of
from nightschool.backup import back_up, restore
from nightschool.errors import DataError
from nightschool.feedback import FeedbackBook
from nightschool.llm import Journal
from nightschool.publishing import publish_owed
from nightschool.registry import Registry
from nightschool.serving import load_prompt
from nightschool.settings import Settings
from tests.unit.registry.nights import a_night, promoted

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXT = "Trả lời ngắn."


def fill(settings):
    """A night that promoted, with its work, a rating, an artifact, its salt; returns the artifact."""
    with Registry(settings.database_url("registry")) as registry:
        promoted(registry, a_night(), TEXT)
        publish_owed(registry, settings)
    journal = Journal(settings.database_url("journal"), a_night())
    journal.keep(journal.key("agent", "x"), "agent", "kept", tokens=7, cost_usd=0.5)
    journal.close()
    feedback = FeedbackBook(settings.database_url("feedback"))
    feedback.rate("run-1", 5, "good")
    feedback.close()
    (settings.home / "salt").write_text("s" * 64)
    return artifacts_of(settings).write_json("examples", [1, 2])


def check(settings, artifact):
    with Registry(settings.database_url("registry")) as registry:
        assert registry.incumbent("production", "support").text == TEXT
        assert len(registry.verdicts("production", "support")) == 1
        assert len(promoted_again(registry)) == 3
    journal = Journal(settings.database_url("journal"), a_night())
    assert journal.find(journal.key("agent", "x")) == "kept"
    assert journal.spent().tokens == 7
    assert journal.month_cost_usd(datetime.now(UTC)) == 0.5
    journal.close()
    feedback = FeedbackBook(settings.database_url("feedback"))
    assert feedback.latest(as_of=datetime.now(UTC))["run-1"].rating == 5
    assert feedback.rate("run-2", 4).rating == 4
    feedback.close()
    assert artifacts_of(settings).read_json(artifact) == [1, 2]
    assert (settings.home / "salt").read_text() == "s" * 64
    assert load_prompt("support", home=settings.home).text == TEXT


def promoted_again(registry):
    """The next night goes on, with a number of its own for its move."""
    promoted(registry, a_night(22), "Another.")
    return registry.history("production", "support")


@pytest.fixture
def site(tmp_path):
    return Settings(home=tmp_path / "home")


def test_what_was_lost_is_back(site, tmp_path):
    artifact = fill(site)
    copied = back_up(site, tmp_path / "backup")
    assert copied["registry"] > 5
    assert copied["artifacts"] == 1
    other = Settings(home=tmp_path / "restored")
    assert restore(other, tmp_path / "backup") == copied
    check(other, artifact)


def test_a_second_backup_into_the_same_folder_adds_what_is_new(site, tmp_path):
    fill(site)
    back_up(site, tmp_path / "backup")
    new = artifacts_of(site).write_json("examples", [3])
    with Registry(site.database_url("registry")) as registry:
        promoted_again(registry)
    assert back_up(site, tmp_path / "backup")["artifacts"] == 1
    other = Settings(home=tmp_path / "restored")
    restore(other, tmp_path / "backup")
    assert artifacts_of(other).read_json(new) == [3]
    with Registry(other.database_url("registry")) as registry:
        assert len(registry.history("production", "support")) == 3


def test_a_backup_is_not_mixed_with_what_is_there(site, tmp_path):
    fill(site)
    back_up(site, tmp_path / "backup")
    with pytest.raises(DataError, match="not empty"):
        restore(site, tmp_path / "backup")


def test_a_folder_that_is_no_backup_is_refused(site, tmp_path):
    with pytest.raises(DataError, match="no backup"):
        restore(site, tmp_path)
    assert not site.home.exists()
