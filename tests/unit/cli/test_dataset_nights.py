"""`dataset explain` and `export` on a home with a night, and `prepare` on a database that Agno wrote."""

import csv
import hashlib
import json
import shutil
from datetime import date

import duckdb
import pytest

from nightschool.cli.dataset import preparing, summary
from nightschool.dataset.night_data import NightData, keep_night_data
from nightschool.llm import Journal
from nightschool.records import Night, Rollout
from nightschool.registry import Registry
from nightschool.settings import load_settings
from tests.agno_memory import converse
from tests.data_site import WINDOW, Site, a_turn

NIGHT = Night(target="default", run_date=date(2026, 11, 21))
AUDIT_COLUMNS = ["run_id", "session_id", "outcome", "reason", "cluster_id", "set"]


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """A home with one night: 30 questions, one that is asked three times, and a greeting."""
    home = tmp_path_factory.mktemp("home")
    site = Site(home)
    turns = [a_turn(f"run-{n}", f"Where is order A-{n}? Mail bob@corp.com", rating=5, answer=f"A{n}") for n in range(30)]
    turns += [a_turn(f"open-{n}", "When do you open on Sundays?", correction="9:00" if n == 1 else None) for n in range(3)]
    turns.append(a_turn("hello", "Xin chào!", comment="Call +84 912 345 678"))
    extracted = site.extract(turns)
    prepared = site.prepare(turns)
    made = {"turns": extracted.turns, "quarantine": extracted.quarantine, "examples": prepared.examples}
    made |= {"audit": prepared.audit, "card": prepared.card, "ledger": prepared.ledger}
    keep_night_data(NightData(night=NIGHT, window=WINDOW, **made), home)
    return home, {row["example_id"]: row for row in site.rows(prepared.examples)}


@pytest.fixture
def night(folder, made_once):
    """The examples of the night, by id; its home is that of the working folder."""
    home, examples = made_once
    shutil.copytree(home, folder / ".nightschool")
    return examples


def facts(shown):
    return " ".join(shown.output.split())


def test_explain_a_turn_that_became_an_example(cli, night):
    example = next(row for row in night.values() if row["run_id"].startswith("run-"))
    shown = cli("dataset", "explain", example["run_id"])
    assert shown.exit_code == 0
    assert f"kept – an example of the {example['set'].replace('_', '-')} set" in facts(shown)
    assert f"{example['example_id']} in the" in facts(shown)
    assert "the night of 2026-11-21 (default on production)" in facts(shown)
    assert "rated 5 of 5" in facts(shown)
    assert "bob@corp.com" not in shown.output


def test_explain_a_duplicate_by_the_turn_that_stands_for_it(cli, night):
    told = facts(cli("dataset", "explain", "open-0"))
    assert "duplicate – left out, another turn stands for it" in told
    assert "run open-1" in told
    assert "stands for 3 turns of the window" in told
    assert "9:00 (correction)" in told


def test_explain_noise_with_what_was_said_of_it_scrubbed(cli, night):
    told = facts(cli("dataset", "explain", "hel"))
    assert "noise – left out as noise: greeting" in told
    assert "question Xin chào!" in told
    assert "feedback Call +84" in told
    assert "912 345 678" not in told


def test_explain_for_programs(cli, night):
    found = json.loads(cli("dataset", "explain", "open-2", "--json").output)
    assert (found["outcome"], found["set"], found["canonical"]["run_id"]) == ("duplicate", None, "open-1")


def test_explain_what_no_turn_or_several_turns_have(cli, night):
    unknown = cli("dataset", "explain", "zzz")
    assert unknown.exit_code == 3
    assert "no turn whose run id begins with 'zzz'" in unknown.stderr
    several = cli("dataset", "explain", "open-")
    assert several.exit_code == 3
    assert "open-0, open-1, open-2" in several.stderr
    assert cli("dataset", "explain", "run-1").exit_code == 0, "the whole id, though others begin so"


def test_a_night_that_is_not_there_names_those_that_are(cli, night):
    refused = cli("dataset", "explain", "open-1", "--run-date", "2026-11-20")
    assert refused.exit_code == 3
    assert "2026-11-21" in refused.stderr
    assert "no data of a night at all for mail" in cli("dataset", "explain", "open-1", "--target", "mail").stderr
    assert "has no turns_audit.parquet" in cli("dataset", "explain", "open-1", "--folder", "nowhere").stderr


def test_validate_warns_of_what_is_held_out(cli, night, folder):
    held_out = next(row for row in night.values() if row["set"] == "held_out")
    (folder / "q.json").write_text(json.dumps([{"task": held_out["question"], "expected_answer": "x"}]))
    shown = cli("dataset", "validate", "q.json")
    assert f"its question is held out for the exam (session {held_out['session_id']})" in facts(shown)
    assert "Compared with the held-out questions of the night of 2026-11-21" in facts(shown)


# Export


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv", "parquet"])
def test_export_of_all_sets(cli, night, folder, ending):
    file = folder / f"sets.{ending}"
    shown = cli("dataset", "export", file)
    assert shown.exit_code == 0
    assert "Held-out examples are among them" in shown.stderr
    readers = {
        "json": lambda: json.loads(file.read_text()),
        "jsonl": lambda: [json.loads(line) for line in file.read_text().splitlines()],
        "csv": lambda: list(csv.DictReader(file.read_text(encoding="utf-8").splitlines())),
        "parquet": lambda: duckdb.sql(f"SELECT * FROM '{file}'").df().to_dict("records"),
    }
    rows = readers[ending]()
    assert {row["example_id"]: row["question"] for row in rows} == {name: row["question"] for name, row in night.items()}
    assert {row["timestamp"] for row in rows} == {"2026-11-20T12:00:00Z"}
    assert {json.dumps(row["history"]) for row in rows} <= {"[]", '"[]"'}


def test_export_of_one_set(cli, night, folder):
    shown = cli("dataset", "export", "train.jsonl", "--set", "train")
    assert shown.stderr == ""
    names = {json.loads(line)["example_id"] for line in (folder / "train.jsonl").read_text().splitlines()}
    assert names == {name for name, row in night.items() if row["set"] == "train"}


def test_export_refuses_what_it_does_not_know(cli, night, folder):
    assert "Take one of json, jsonl, csv, parquet" in cli("dataset", "export", "sets.xml").stderr
    assert "There is no set 'exam'" in cli("dataset", "export", "sets.json", "--set", "exam").stderr
    assert cli("dataset", "export", "sets.json", "--sft", "--set", "train").exit_code == 2
    (folder / "there").mkdir()
    assert cli("dataset", "export", "there", "--format", "csv").exit_code == 3
    assert sorted(one.name for one in folder.iterdir()) == [".nightschool", "there"]


@pytest.fixture
def journal(folder, night):
    """Three rollouts of each example: a bad one, a good one, and a good one that is longer; one of another night."""
    url = f"sqlite:///{folder / '.nightschool' / 'journal.db'}"
    kept = Journal(url, NIGHT)
    for name in night:
        for n, (reward, tokens) in enumerate([(0.2, 5), (1.0, 10), (1.0, 30)]):
            keep(kept, name, n, reward, tokens)
    keep(Journal(url, NIGHT.model_copy(update={"run_date": date(2026, 11, 20)})), "other", 0, 1.0, 1)
    keep(kept, "gone", 0, 1.0, 1)


def keep(journal, example_id, n, reward, tokens):
    answer = {"role": "assistant", "content": f"Số {tokens}"}
    rollout = Rollout(
        example_id=example_id,
        prompt_version=f"p{n}",
        reward=reward,
        output_tokens=tokens,
        system_message="Be brief.",
        messages=({"role": "user", "content": "Mail bob@corp.com"}, answer),
    )
    journal.keep(journal.key("rollout", example_id, n), "rollout", rollout.model_dump_json())


def test_sft_writes_the_best_rollout_of_each_example_that_is_not_held_out(cli, night, journal, folder):
    shown = cli("dataset", "export", "--sft", "chats.jsonl")
    assert shown.exit_code == 0
    chats = [json.loads(line) for line in (folder / "chats.jsonl").read_text(encoding="utf-8").splitlines()]
    trainable = [name for name, row in night.items() if row["set"] != "held_out"]
    assert len(chats) == len(trainable) < len(night)
    for chat in chats:
        assert set(chat) == {"messages"}
        system, user, assistant = chat["messages"]
        assert system == {"role": "system", "content": "Be brief."}
        assert "bob@corp.com" not in user["content"]
        assert assistant == {"role": "assistant", "content": "Số 10"}
    held_out = 3 * (len(night) - len(trainable))
    assert f"left out: {held_out} on held-out examples, which are never trained on" in shown.stderr
    assert f"left out: {len(trainable)} with a reward below 0.8" in shown.stderr
    assert f"left out: {len(trainable)} weaker" in shown.stderr
    assert "left out: 1 of examples that the night no longer has" in shown.stderr


def test_sft_of_a_night_without_rollouts_says_so(cli, night, folder):
    refused = cli("dataset", "export", "--sft", "chats.jsonl")
    assert refused.exit_code == 3
    assert "no rollout of the night of 2026-11-21" in refused.stderr
    assert not (folder / ".nightschool" / "journal.db").exists()


# Prepare


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    """A database that Agno wrote: 12 sessions with a greeting, a question of their own, one that all ask, and one that fails."""
    path = tmp_path_factory.mktemp("memory") / "agno.db"
    converse(
        path, [(f"s{n}", "", ["Xin chào!", f"Where is order A-{n}?", "When do you open?", "Please explode"]) for n in range(12)]
    )
    return path


def rows(folder, name):
    return duckdb.sql(f"SELECT * FROM '{folder / name}'").df().to_dict("records")


def test_prepare_accounts_for_every_turn_on_one_screen(cli, memory, folder):
    shown = cli("dataset", "prepare", "--agent-db", memory, "--start", "2020-01-01", "--end", "2100-01-01", "--out", "look")
    assert shown.exit_code == 0, shown.output
    audit = rows(folder / "look", "turns_audit.parquet")
    assert list(audit[0]) == AUDIT_COLUMNS
    assert len(audit) == 48
    card = json.loads((folder / "look" / "card.json").read_text())
    assert sum(number for name, number in card["turns"].items() if name != "read") == card["turns"]["read"] == 48
    kept = {row["run_id"] for row in audit if row["outcome"] == "kept"}
    assert {row["run_id"] for row in rows(folder / "look", "examples.parquet")} == kept
    assert "# Data card" in (folder / "look" / "card.md").read_text()
    assert {one.name for one in (folder / "look").iterdir()} == {
        "turns_audit.parquet", "examples.parquet", "quarantine.parquet", "card.json", "card.md",
    }  # fmt: skip
    assert "greeting 12" in shown.output
    assert "There are too few new questions for a night" in shown.output
    assert len(shown.output.splitlines()) < 30


def test_prepare_is_the_same_twice_and_touches_nothing_else(cli, memory, folder):
    before = hashlib.sha256(memory.read_bytes()).hexdigest()
    arguments = ("dataset", "prepare", "--agent-db", memory, "--start", "2020-01-01", "--end", "2100-01-01", "--out")
    first = json.loads(cli(*arguments, "one", "--json").output)
    second = json.loads(cli(*arguments, "two", "--json").output)
    assert first["card"] == second["card"]
    for name in ("turns_audit.parquet", "examples.parquet", "card.md"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()
    assert hashlib.sha256(memory.read_bytes()).hexdigest() == before
    assert not (folder / ".nightschool" / "registry.db").exists()
    assert not (folder / ".nightschool" / "artifacts").exists()


def test_prepare_begins_where_the_live_ledger_ends_unless_it_is_to_forget_it(cli, memory, folder, night):
    with Registry(f"sqlite:///{folder / '.nightschool' / 'registry.db'}") as registry:
        site = Site(folder / ".nightschool")
        ledger = site.prepare([a_turn(f"run-{n}", f"Where is order A-{n}?") for n in range(9)]).ledger.model_dump_json()
        registry.begin(NIGHT, "You help.")
        settle(registry, ledger)
        arguments = ("dataset", "prepare", "--agent-db", memory, "--start", "2020-01-01", "--end", "2100-01-01", "--out", "look")
        assert "the live ledger knows 9 sessions" in cli(*arguments).output
        assert "split as on a first night" in cli(*arguments, "--fresh").output
        assert registry.ledger("production", "default") == ledger


def settle(registry, ledger):
    from nightschool.registry import SettledSets

    assert registry.settle(NIGHT, "reading", SettledSets(before="", after=ledger))


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2026-11-01", "2026-11-02", "2026-10-31T17:00:00+00:00", "2026-11-02T17:00:00+00:00"),
        ("2026-11-01T00:00:00+00:00", "2026-11-01T06:00:00Z", "2026-11-01T00:00:00+00:00", "2026-11-01T06:00:00+00:00"),
        ("2026-11-01T06:00", "2026-11-01", "2026-10-31T23:00:00+00:00", "2026-11-01T17:00:00+00:00"),
    ],
)
def test_days_are_local_and_whole_and_times_are_exact(folder, start, end, first, last):
    window = preparing.window_of(load_settings(timezone="Asia/Ho_Chi_Minh"), start, end, None)
    assert (window.start.isoformat(), window.end.isoformat()) == (first, last)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "No agent database is set"),
        (("--agent-db", "none.db", "--days", "3", "--start", "2026-11-01"), "either --days or --start"),
        (("--agent-db", "none.db", "--end", "2026-11-01"), "An end needs a start"),
        (
            ("--agent-db", "none.db", "--start", "2026-11-02", "--end", "2026-11-01"),
            "2026-11-01: a window must end after it starts: 2026",
        ),
        (("--agent-db", "none.db", "--start", "yesterday"), "neither a day nor an ISO time"),
        (("--agent-db", "none.db", "--start", "2026-11-01"), "none.db"),
    ],
)
def test_prepare_explains_what_it_can_not_do(cli, folder, options, words):
    refused = cli("dataset", "prepare", "--out", "look", *options)
    assert refused.exit_code in (2, 3)
    assert words in " ".join(refused.stderr.split())


def test_a_window_without_turns_is_no_failure_and_says_what_there_is(cli, memory, folder):
    ended = cli("dataset", "prepare", "--agent-db", memory, "--start", "2001-01-01", "--end", "2001-01-02", "--out", "look")
    assert ended.exit_code == 0
    assert "has no turn between" in ended.stderr


def test_minimums_that_are_met_are_told(cli, memory, folder, monkeypatch):
    monkeypatch.setattr(summary, "require_enough", lambda *_, **__: None)
    shown = cli("dataset", "prepare", "--agent-db", memory, "--start", "2020-01-01", "--end", "2100-01-01", "--out", "look")
    assert "There is enough for a night." in shown.output
