"""`dataset new`, `add`, `validate` and `stats`."""

import json

import pytest

from tests.unit.dataset.test_curated import ENTRIES, an_entry


@pytest.fixture
def curated(folder):
    def write(entries):
        (folder / "questions.json").write_text(json.dumps(entries), encoding="utf-8")
        return "questions.json"

    return write


def read(folder):
    return json.loads((folder / "questions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("template", "field"), [("qa", "context"), ("problem", "reasoning_steps"), ("reasoning", "reasoning_type")]
)
def test_new_starts_a_file_with_an_entry_to_fill_in(cli, folder, template, field):
    assert cli("dataset", "new", "questions.json", "--template", template).exit_code == 0
    (entry,) = read(folder)
    assert field in entry
    assert (entry["task"], entry["expected_answer"]) == ("", "")


def test_new_overwrites_nothing(cli, curated, folder):
    refused = cli("dataset", "new", curated(ENTRIES))
    assert refused.exit_code == 2
    assert "nightschool dataset add questions.json" in refused.stderr
    assert len(read(folder)) == 60


def test_an_untouched_new_file_is_not_valid(cli, folder):
    cli("dataset", "new", "questions.json")
    refused = cli("dataset", "validate", "questions.json")
    assert refused.exit_code == 3
    assert "task: it is empty" in refused.stdout


def test_add_fills_a_new_file(cli, folder):
    cli("dataset", "new", "questions.json")
    arguments = ("--task", "Tính 15 % của 80?", "--answer", "12", "--difficulty", "easy", "--category", "toán", "--must-pass")
    added = cli("dataset", "add", "questions.json", *arguments, "--step", "15 % là 0,15", "--step", "0,15 × 80 = 12")
    assert added.output == "questions.json has 1 question now.\n"
    assert read(folder) == [
        {
            "task": "Tính 15 % của 80?",
            "expected_answer": "12",
            "context": "",
            "difficulty": "easy",
            "category": "toán",
            "requires_reasoning": True,
            "reasoning_steps": ["15 % là 0,15", "0,15 × 80 = 12"],
            "must_pass": True,
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--task", "how many legs have 3 cats", "--answer", "12"), "entry 4 asks the same"),
        (("--task", "Why?", "--answer", "it depends"), "is vague"),
        (("--task", "Why?", "--answer", "so", "--difficulty", "insane"), "difficulty"),
        (("--task", "Why?"), "Give it with --answer"),
    ],
)
def test_add_refuses_what_would_be_found_wrong_later(cli, curated, folder, arguments, words):
    refused = cli("dataset", "add", curated(ENTRIES), *arguments)
    assert refused.exit_code in (2, 3)
    assert words in refused.stderr
    assert len(read(folder)) == 60


def test_a_good_file_is_valid(cli, curated):
    shown = cli("dataset", "validate", curated(ENTRIES))
    assert shown.exit_code == 0
    assert "Nothing is wrong with it." in shown.output
    assert "no night has run here yet" in shown.output


def test_what_is_wrong_is_told_with_its_entry_and_ends_with_3(cli, curated):
    refused = cli("dataset", "validate", curated([*ENTRIES[:20], an_entry(70, expected_answer="N/A"), an_entry(3)]))
    assert refused.exit_code == 3
    lines = [" ".join(line.split()) for line in refused.stdout.splitlines()]
    assert any(line.startswith("✗ entry 21 vague the expected answer 'N/A'") for line in lines)
    assert "✗ entries 4, 22 duplicate they ask the same" in lines
    assert "✗ file few there are 22 questions; at least 50 are needed" in lines
    assert "3 errors, 0 warnings" in refused.stderr


def test_warnings_alone_end_well_unless_they_are_to_count(cli, curated):
    file = curated([an_entry(n, category="math") for n in range(50)])
    shown = cli("dataset", "validate", file)
    assert shown.exit_code == 0
    assert "all questions are of the category 'math'" in shown.output
    assert "It can be used." in shown.output
    assert cli("dataset", "validate", file, "--strict").exit_code == 3


def test_the_report_for_programs(cli, curated):
    report = json.loads(cli("dataset", "validate", curated(ENTRIES[:3]), "--json").stdout)
    assert report["shares"]["questions"] == 3
    assert report["findings"][0] | {"message": ""} == {"level": "error", "kind": "few", "message": "", "entries": []}


def test_a_file_that_is_no_list_or_not_there(cli, curated):
    assert "holds no JSON list" in cli("dataset", "stats", curated({})).stderr
    missing = cli("dataset", "validate", "none.json")
    assert missing.exit_code == 3
    assert "nightschool dataset new none.json" in missing.stderr


def test_stats_are_columns_when_piped_and_bars_on_a_terminal(cli, curated, monkeypatch):
    file = curated([*ENTRIES, {"task": "broken"}])
    piped = cli("dataset", "stats", file).output
    assert "█" not in piped
    assert "medium 30 50% recommended 50%" in " ".join(piped.split())
    assert "1 entry can't be read" in piped
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "████████████" in cli("dataset", "stats", file).output
    assert json.loads(cli("dataset", "stats", file, "--json").output)["category"] == {"animals": 30, "math": 30}
