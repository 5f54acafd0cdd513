"""Curated files: templates, what is wrong with them, and how many of them join the train set."""

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightschool.dataset import load_splits
from nightschool.dataset.connection import open_memory
from nightschool.dataset.curated import TEMPLATES, choose_curated, load_curated, read_question
from nightschool.dataset.curated.checking import check_entries
from nightschool.dataset.curated.files import empty_entry, is_untouched, write_entries
from nightschool.dataset.curated.repeats import find_repeats
from nightschool.dataset.curated.vagueness import is_vague
from nightschool.errors import ConfigError, DataError
from nightschool.records import DataPolicy
from tests.data_site import a_turn


def an_entry(n, **more):
    difficulty = ("easy", "medium", "hard", "medium", "easy", "medium", "hard", "medium", "easy", "medium")[n % 10]
    known = {"task": f"How many legs have {n} cats?", "expected_answer": str(4 * n), "difficulty": difficulty}
    return known | {"category": ("math", "animals")[n % 2]} | more


ENTRIES = [an_entry(n) for n in range(60)]


def kinds(entries):
    report, questions = check_entries(entries)
    found = report.with_findings(find_repeats(questions)).findings
    return [(one.level, one.kind, one.entries) for one in found]


def test_the_fields_tell_the_templates_apart():
    entry = {"task": "Why?", "expected_answer": "so"}
    assert read_question(entry).template == "qa"
    assert read_question(entry | {"reasoning_steps": ["a"]}).template == "problem"
    assert read_question(entry | {"reasoning_steps": ["a"], "reasoning_type": "deduction"}).template == "reasoning"
    assert not read_question(entry).requires_reasoning
    assert read_question(entry | {"reasoning_type": "deduction"}).requires_reasoning
    assert not read_question(entry | {"reasoning_type": "deduction", "requires_reasoning": False}).requires_reasoning


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_filled_in_is_read_as_that_template(template):
    entry = empty_entry(template)
    assert is_untouched(entry)
    with pytest.raises(ValueError, match="task: it is empty"):
        read_question(entry)
    filled = {
        name: ["x"] if value == [""] else value if isinstance(value, bool) else value or "x" for name, value in entry.items()
    }
    assert read_question(filled).template == template


def test_an_unknown_template_names_those_that_there_are():
    with pytest.raises(ConfigError) as caught:
        empty_entry("essay")
    assert "qa, problem, reasoning" in caught.value.next_step


def test_a_good_file_has_no_findings():
    report, questions = check_entries(ENTRIES)
    assert not report.findings
    assert not find_repeats(questions)
    assert report.shares.difficulty == {"easy": 18, "medium": 30, "hard": 12}
    assert report.shares.category == {"animals": 30, "math": 30}


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        (ENTRIES[:49], ("error", "few", ())),
        ([], ("error", "few", ())),
        ([*ENTRIES, {"task": "Why?"}], ("error", "unreadable", (61,))),
        ([*ENTRIES, an_entry(70, expected_answer=" ")], ("error", "unreadable", (61,))),
        ([*ENTRIES, an_entry(70, expected_answer="It depends.")], ("error", "vague", (61,))),
        ([*ENTRIES, an_entry(70, task="HOW many  legs have 3 cats")], ("error", "duplicate", (4, 61))),
        ([an_entry(n, difficulty="easy") for n in range(60)], ("warning", "imbalance", ())),
        ([an_entry(n, category="math") for n in range(60)], ("warning", "one kind", ())),
    ],
)
def test_what_is_wrong_is_found_and_named(entries, found):
    assert found in kinds(entries)


def test_one_finding_does_not_hide_another():
    broken = [{"task": "Why?"}, an_entry(1, expected_answer="N/A"), an_entry(2), an_entry(2, expected_answer="9")]
    assert [kind for _, kind, _ in kinds(broken)] == ["unreadable", "vague", "few", "duplicate", "imbalance"]
    report, questions = check_entries(broken)
    assert [one.message for one in find_repeats(questions)] == ["they ask the same, with different answers"]
    assert len(report.errors) == 3


@pytest.mark.parametrize(
    "answer",
    ["it depends", "It depends on the order.", "N/A", "n/a.", "?", "...", "-", "tùy", "Tuỳ", "tùy trường hợp", "Tùy vào đơn hàng",
     "TBD", "I don’t know", "không biết", "có thể", "various"],
)  # fmt: skip
def test_a_vague_answer(answer):
    assert is_vague(answer)


@pytest.mark.parametrize(
    "answer",
    ["12", "yes", "no", "không", "A-10442", "none", "unknown", ">", "Tùy chọn A",
     "It depends on the carrier: DHL takes 2 days, all others take 5.", "Dependence", "native", "Independent"],
)  # fmt: skip
def test_an_answer_that_says_something(answer):
    assert not is_vague(answer)


def test_held_out_questions_are_named_but_never_quoted(site, tmp_path):
    turns = [a_turn(f"r{n}", f"Question number {n}?") for n in range(30)]
    prepared = site.prepare(turns)
    splits = load_splits(site.store, prepared.examples)
    examined, trained = splits.held_out[0], splits.train[0]
    questions = {1: read_question(an_entry(1)), 2: read_question(an_entry(2, task=trained.question.upper()))}
    questions[3] = read_question(an_entry(3, task=examined.question.upper()))
    (found,) = find_repeats(questions, examples=site.store.path(prepared.examples))
    assert (found.level, found.kind, found.entries) == ("warning", "held out", (3,))
    assert f"(session {examined.session_id})" in found.message
    assert examined.question not in found.message


def test_the_ledger_knows_what_was_held_out_and_has_left_the_window(site):
    turns = [a_turn(f"r{n}", f"Question number {n}?") for n in range(30)]
    ledger = site.prepare(turns).ledger
    examined = load_splits(site.store, site.prepare(turns).examples).held_out[0]
    later = site.prepare([a_turn("new", "Something else entirely?")], ledger=ledger)
    questions = {1: read_question(an_entry(1, task=examined.question))}
    assert not find_repeats(questions, examples=site.store.path(later.examples))
    (found,) = find_repeats(questions, examples=site.store.path(later.examples), ledger=site.store.path(later.ledger))
    assert found.kind == "held out"


def test_the_same_in_other_words_is_a_warning(site):
    asked = ["Where is my order A-10442?", "Where is my order A-10443?", "where is my order A-10442, please"]
    questions = {n: read_question(an_entry(n, task=task)) for n, task in enumerate(asked, start=1)}
    (found,) = find_repeats(questions)
    assert (found.level, found.kind, found.entries) == ("warning", "near duplicate", (1, 3))


def test_what_is_too_like_a_held_out_question_is_told_without_quoting_it(site):
    turns = [a_turn(f"r{n}", f"Where is my order A-{n}, please?") for n in range(30)]
    prepared = site.prepare(turns)
    examined = load_splits(site.store, prepared.examples).held_out[0]
    near = examined.question.replace(", please?", "?")
    (found,) = find_repeats({7: read_question(an_entry(1, task=near))}, examples=site.store.path(prepared.examples))
    assert (found.level, found.kind, found.entries) == ("warning", "held out", (7,))
    assert f"too like a question that is held out for the exam (session {examined.session_id})" in found.message


# The share of the train set


def curated_path(folder, number, **more):
    path = folder / f"curated-{number}.json"
    write_entries(path, [an_entry(n, **more) for n in range(number)])
    return path


def used(site, path, turns, **policy):
    prepared = site.prepare(turns, curated=[path], policy=DataPolicy(**policy))
    train = load_splits(site.store, prepared.examples).train
    return {one.example_id for one in train if one.origin == "curated"}, [one for one in train if one.origin != "curated"]


@settings(deadline=None, max_examples=50)  # a database is opened for each
@given(share=st.integers(1, 99), number=st.integers(0, 40), real=st.integers(0, 40), must=st.integers(0, 3))
def test_the_share_is_kept_and_as_many_as_it_allows_are_used(share, number, real, must):
    with open_memory(threads=1) as connection:
        connection.execute(f"CREATE TABLE kept AS SELECT 'train' AS set FROM range({real})")
        query = f"SELECT 'curated_' || range AS example_id, range < {must} AS must_pass FROM range({number})"
        choose_curated(connection, query, DataPolicy(curated_share=share / 100))
        chosen = {name for (name,) in connection.execute("SELECT example_id FROM curated_used").fetchall()}
    allowed, marked = Fraction(share, 100), {f"curated_{n}" for n in range(min(must, number))}
    assert marked <= chosen
    assert chosen == marked or len(chosen) <= allowed * (len(chosen) + real)
    assert len(chosen) == number or len(chosen) + 1 > allowed * (len(chosen) + 1 + real)


def test_more_real_examples_let_more_curated_ones_in_and_none_out(site, tmp_path):
    path = curated_path(tmp_path, 60)
    few, _ = used(site, path, [a_turn(f"r{n}", f"Question number {n}?") for n in range(20)], curated_share=0.3)
    more, _ = used(site, path, [a_turn(f"r{n}", f"Question number {n}?") for n in range(60)], curated_share=0.3)
    assert few < more


def test_must_pass_questions_stay_whatever_the_share(site, tmp_path):
    plain, marked = curated_path(tmp_path, 10), tmp_path / "must.json"
    write_entries(marked, [an_entry(n) for n in (3, 50, 51)])
    prepared = site.prepare(
        [a_turn("r1", "Where is my order?")],
        curated=[plain, marked],
        policy=DataPolicy(curated_share=0.1, must_pass_files=(str(marked),)),
    )
    train = load_splits(site.store, prepared.examples).train
    assert {one.question for one in train if one.must_pass} == {an_entry(n)["task"] for n in (3, 50, 51)}
    assert sum(one.origin == "curated" for one in train) == 3


def test_an_entry_may_be_marked_in_its_file(tmp_path):
    path = tmp_path / "curated.json"
    path.write_text(json.dumps([an_entry(1), an_entry(2, must_pass=True), an_entry(1, must_pass=True)]))
    assert [one.must_pass for one in load_curated([path])] == [True, True]


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "curated.json"
    write_entries(path, [an_entry(1, task="Mấy giờ mở cửa?")])
    assert "Mấy giờ mở cửa?" in path.read_text(encoding="utf-8")
    with pytest.raises(DataError, match="can't be written"):
        write_entries(path, [an_entry(1, task="\ud800")])
    assert [one.name for one in tmp_path.iterdir()] == ["curated.json"]
    assert "Mấy giờ" in path.read_text(encoding="utf-8")
