"""Prompts as a file, from one home to another."""

import json

import pytest

from nightschool import load_prompt
from nightschool.records import version_of
from nightschool.registry import Registry
from tests.unit.cli.conftest import FIRST, SECOND
from tests.unit.registry.nights import SEED


def test_export_writes_what_was_served_and_the_best_one(cli, versions, folder):
    ended = cli("export", "best_prompts.json")
    assert (ended.exit_code, "3 prompts of default" in ended.output) == (0, True), ended.output
    written = json.loads((folder / "best_prompts.json").read_text())
    assert written["best_prompt"]["prompt_text"] == SECOND
    assert [prompt["version"] for prompt in written["prompts"]] == versions[:3]
    assert [prompt["prompt_text"] for prompt in written["prompts"]] == [SEED, FIRST, SECOND]
    assert list(folder.glob("*.tmp")) == []


def test_export_to_the_terminal_is_json_alone(cli, versions):
    assert json.loads(cli("export", "-").stdout)["target"] == "default"


def test_export_and_import_carry_the_incumbent_into_an_empty_home(cli, versions, folder):
    cli("export", "best.json")
    ended = cli("--home", "other", "import", "best.json")
    assert ended.exit_code == 0, ended.output
    assert load_prompt(home=folder / "other").text == SECOND
    with Registry(f"sqlite:///{folder / 'other' / 'registry.db'}") as registry:
        assert [registry.version(name).text for name in versions[:3]] == [SEED, FIRST, SECOND]
        assert registry.version(versions[1]).lineage.note == "imported from best.json"


def test_import_leaves_an_incumbent_where_it_is_and_its_prompts_can_be_served_by_hand(cli, versions, folder):
    (folder / "best.json").write_text(json.dumps({"best_prompt": {"prompt_text": "New {x}."}, "iterations": 10}))
    ended = cli("import", "best.json")
    assert (ended.exit_code, "The incumbent of default stays" in ended.output) == (0, True), ended.output
    assert cli("show", "--text").output.strip() == SECOND.strip()
    cli("rollback", version_of("New {x}."), "--reason", "from the prototype")
    assert load_prompt(home=folder / ".nightschool").text == "New {x}."


@pytest.mark.parametrize(
    "content",
    [
        '["One.", "Two."]',
        '[{"prompt_text": "One.", "score": 1}, {"prompt_text": "Two."}]',
        '{"prompts": {"a": "One.", "b": "Two."}}',
    ],
)
def test_files_of_other_programs_are_read(cli, versions, folder, content):
    (folder / "prompts.json").write_text(content)
    ended = cli("import", "prompts.json")
    assert (ended.exit_code, "2 prompts are kept" in ended.output) == (0, True), ended.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "no file of prompts"),
        ("[]", "no prompt"),
        ("7", "no file of prompts"),
        ('{"prompts": [{"prompt_text": ""}]}', "no file of prompts"),
        ('{"prompts": [7]}', "no file of prompts"),
        ('{"best_prompt": {"prompt_text": "One.", "version": "abc"}}', "not the one that this version names"),
    ],
)
def test_what_is_no_such_file_is_refused_and_nothing_is_kept(cli, versions, folder, content, said):
    (folder / "prompts.json").write_text(content)
    ended = cli("import", "prompts.json")
    assert (ended.exit_code, said in ended.output) == (3, True), ended.output


def test_an_import_serves_nothing_without_the_locked_text(cli, folder, monkeypatch):
    (folder / "prompts.json").write_text('{"best_prompt": {"prompt_text": "One."}}')
    monkeypatch.setenv("NIGHTSCHOOL_PROMPT__LOCKED", "Never share keys.")
    ended = cli("import", "prompts.json")
    assert (ended.exit_code, "lacks the locked text" in ended.output) == (2, True), ended.output


def test_a_file_that_can_not_be_written_is_named(cli, versions):
    ended = cli("export", "nowhere/best.json")
    assert (ended.exit_code, "nowhere/best.json can't be written" in ended.output) == (2, True)


def test_a_file_that_can_not_be_put_in_place_leaves_nothing_beside_it(cli, versions, folder):
    (folder / "best").mkdir()
    assert cli("export", "best").exit_code == 2
    assert sorted(path.name for path in folder.iterdir() if "best" in path.name) == ["best"]


def test_a_version_without_a_proof_is_refused(cli, versions, folder):
    ended = cli("export", "best.json", "--version", versions[1])
    assert (ended.exit_code, "--proof" in ended.output, (folder / "best.json").exists()) == (2, True, False), ended.output


def test_nothing_served_is_nothing_to_export(cli, versions):
    assert cli("export", "best.json", "--target", "other").exit_code == 2
