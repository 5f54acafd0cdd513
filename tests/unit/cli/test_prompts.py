"""`history`, `show` and `diff` on a home with two promotions."""

import json

from nightschool import load_prompt
from tests.unit.cli.conftest import FIRST, SECOND


def test_history_lists_what_was_served_newest_first(cli, versions):
    seed, first, second, rejected = versions
    shown = cli("history")
    assert shown.exit_code == 0
    assert shown.output.index(second) < shown.output.index(first) < shown.output.index(seed)
    assert f"● {second}" in shown.output
    assert "2026-11-21" in shown.output
    assert "Promote: because." in shown.output
    assert rejected not in shown.output


def test_history_of_everything_lists_the_other_exams_too(cli, versions):
    shown = cli("history", "--all")
    assert versions[3] in shown.output
    assert "reject: because." in shown.output


def test_history_for_programs_is_a_json_object_a_line(cli, versions):
    rows = [json.loads(line) for line in cli("history", "--json").output.splitlines()]
    assert [row["version"] for row in rows] == [versions[2], versions[1], versions[0]]
    assert [row["is_incumbent"] for row in rows] == [True, False, False]
    assert rows[0]["reason"] == "Promote: because."
    assert rows[0]["needed"] == 365


def test_show_prints_the_incumbent_and_where_it_came_from(cli, versions):
    shown = cli("show").output
    assert shown.endswith(f"{SECOND}\n")
    assert versions[1] in shown
    assert "until now" in shown


def test_show_text_alone_is_the_text_alone(cli, versions):
    assert cli("show", versions[1][:6], "--text").output == f"{FIRST}\n"


def test_show_of_a_version_that_was_never_served_says_so(cli, versions):
    assert "never" in cli("show", versions[3]).output


def test_diff_shows_the_lines_that_changed(cli, versions):
    lines = cli("diff", versions[1][:6], versions[2][:6]).output.splitlines()
    assert lines[:2] == [f"--- {versions[1]}", f"+++ {versions[2]}"]
    assert "-You are our support desk." in lines
    assert "+Trả lời ngắn." in lines
    assert " Answer with {value} [bold]." in lines


def test_diff_of_a_version_with_itself_says_so(cli, versions):
    assert cli("diff", versions[1], versions[1][:8]).output == f"Both are version {versions[1]}.\n"


def test_a_command_publishes_what_a_killed_night_left_unpublished(cli, versions, folder):
    assert load_prompt(default="none", home=folder / ".nightschool").is_default
    cli("history")
    assert load_prompt(home=folder / ".nightschool").text == SECOND


def test_what_can_not_be_published_is_a_warning_and_no_failure(cli, versions, folder):
    (folder / ".nightschool" / "served").write_text("a file where a folder must be")
    shown = cli("history")
    assert shown.exit_code == 0
    assert "Warning: Promoted, but not published" in shown.stderr


def test_an_unknown_version_or_target_names_what_there_is(cli, versions):
    missing = cli("show", "zzz")
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "No prompt version begins with 'zzz'" in missing.stderr
    other = cli("history", "--target", "mail")
    assert other.exit_code == 2
    assert "the registry knows default on production" in other.stderr
    assert cli("show", "--track", "backfill/1").exit_code == 2


def test_without_a_registry_it_says_what_to_do(cli, folder):
    for command in (["history"], ["show"], ["diff", "a", "b"]):
        refused = cli(*command)
        assert refused.exit_code == 2
        assert "There is no registry" in refused.stderr
        assert "nightschool retrain" in refused.stderr
    assert not (folder / ".nightschool").exists()


def test_home_may_be_named(cli, versions, folder, monkeypatch):
    monkeypatch.chdir("/")
    assert versions[2] in cli("--home", folder / ".nightschool", "history").output
