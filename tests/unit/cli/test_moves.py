"""Moves by hand on the command line."""

import shutil

import pytest

from nightschool import load_prompt
from nightschool.registry import Registry
from tests.unit.cli.conftest import FIRST, SECOND
from tests.unit.registry.nights import a_night, prepare


def test_rollback_serves_the_one_before_and_stands_in_the_history(cli, versions, folder):
    ended = cli("rollback", "--reason", "too terse")
    assert ended.exit_code == 0, ended.output
    assert ended.output == f"default is now served with {versions[1]} instead of {versions[2]} (rollback).\n"
    assert load_prompt(home=folder / ".nightschool").text == FIRST
    assert "too terse" in cli("history").output


def test_adopt_serves_a_file_and_asks_why(cli, versions, folder):
    (folder / "prompt.txt").write_text("By hand {x}.\n")
    ended = cli("adopt", "prompt.txt", input="new policy\n")
    assert ended.exit_code == 0, ended.output
    assert load_prompt(home=folder / ".nightschool").text == "By hand {x}.\n"
    assert "new policy" in cli("show").output


@pytest.mark.parametrize(("name", "content", "words"), [("gone.txt", None, "can't be read"), ("empty.txt", " \n", "is empty")])
def test_a_file_that_can_not_be_adopted_is_named(cli, versions, folder, name, content, words):
    if content is not None:
        (folder / name).write_text(content)
    ended = cli("adopt", name, "--reason", "x")
    assert (ended.exit_code, name in ended.output, words in ended.output) == (2, True, True)


@pytest.mark.parametrize("reason", ["", " \t"])
def test_a_move_without_a_reason_is_refused(cli, versions, folder, reason):
    ended = cli("rollback", "--reason", reason)
    assert (ended.exit_code, "say why" in ended.output) == (2, True), ended.output
    assert cli("show", "--text").output.strip() == SECOND.strip()
    assert cli("rollback", input=f"{reason}\ntoo terse\n").exit_code == 0
    assert "too terse" in cli("history").output


@pytest.mark.parametrize("command", [["rollback"], ["adopt", "prompt.txt"], ["approve"]])
def test_the_locked_text_of_the_settings_is_kept_by_every_command(cli, versions, folder, monkeypatch, command):
    hold(folder)
    (folder / "prompt.txt").write_text("By hand.")
    monkeypatch.setenv("NIGHTSCHOOL_PROMPT__LOCKED", "Never share keys.")
    ended = cli(*command, "--reason", "x")
    assert (ended.exit_code, "lacks the locked text" in ended.output) == (2, True), ended.output


def hold(folder):
    with Registry(f"sqlite:///{folder / '.nightschool' / 'registry.db'}") as registry:
        return prepare(registry, a_night(22, target="default"), "Dear.", decision="hold")


def test_approve_serves_what_was_held_back(cli, versions, folder):
    challenger, _, _ = hold(folder)
    ended = cli("approve", "--reason", "worth it")
    assert (ended.exit_code, challenger in ended.output) == (0, True), ended.output
    assert load_prompt(home=folder / ".nightschool").text == "Dear."


def test_who_has_no_name_on_this_machine_decides_too(cli, versions, folder, monkeypatch):
    def nobody():
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nobody)
    hold(folder)
    ended = cli("decline", "--reason", "too dear")
    assert ended.exit_code == 0, ended.output


def test_decline_leaves_everything(cli, versions, folder):
    challenger, _, _ = hold(folder)
    ended = cli("decline", "--reason", "too dear", "--by", "ann")
    assert (ended.exit_code, challenger in ended.output) == (0, True), ended.output
    assert cli("show", "--text").output.strip() == SECOND.strip()
    again = cli("approve", "--reason", "x")
    assert (again.exit_code, "nightschool history --all" in again.output) == (5, True)


def events(folder):
    with Registry(f"sqlite:///{folder / '.nightschool' / 'registry.db'}") as registry:
        return [item.payload for item in registry.pending("event") if item.payload["event"] == "nightschool.promotion.failed"]


def test_a_rollback_that_can_not_be_published_is_left_to_be_told_once(cli, versions, folder):
    served = folder / ".nightschool" / "served"
    shutil.rmtree(served, ignore_errors=True)
    served.write_text("a file where a folder should be")
    for _ in range(2):
        assert cli("rollback", versions[0], "--reason", "too terse").exit_code == 5
    [left] = events(folder)
    assert (left["target"], left["told"]) == ("default", True)
    assert left["sentence"].startswith("Promoted, but not published: default (file: ")
    assert left["next"]
    assert left["key"].startswith(f"production/default/{left['run_date']}")


def test_a_move_that_can_be_done_leaves_no_failure(cli, versions, folder):
    assert cli("rollback", "--reason", "too terse").exit_code == 0
    assert events(folder) == []
