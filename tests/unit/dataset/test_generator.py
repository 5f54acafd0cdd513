"""DatasetGenerator: as the users' first report has it."""

import json
import subprocess
import sys

import pytest

from nightschool.dataset import DatasetGenerator, load_curated
from nightschool.errors import DataError

HEAVY = ["agno", "duckdb", "numpy", "openai", "pandas", "prefect", "scipy", "sqlalchemy"]


def filled(number):
    generator = DatasetGenerator()
    for n in range(number):
        difficulty = "easy" if n % 10 < 3 else "medium" if n % 10 < 8 else "hard"
        generator.add_question(f"Câu hỏi {n}?", f"Trả lời {n}", difficulty, ("toán", "mua sắm")[n % 2], context="thử")
    return generator


def test_fifty_questions_are_saved_as_utf_8_that_people_can_read(tmp_path, capsys):
    path = tmp_path / "questions.json"
    filled(50).save(path)
    text = path.read_text(encoding="utf-8")
    assert '\n    "task": "Câu hỏi 0?",\n' in text
    assert json.loads(text)[0] == {
        "task": "Câu hỏi 0?",
        "expected_answer": "Trả lời 0",
        "difficulty": "easy",
        "category": "toán",
        "context": "thử",
    }
    assert len(load_curated([path])) == 50
    assert "medium    25   50 %" in capsys.readouterr().out.replace("50%", "50 %")


def test_fewer_are_not_saved(tmp_path, capsys):
    path = tmp_path / "questions.json"
    assert not filled(49).validate()
    with pytest.raises(DataError, match="49 questions, at least 50 are needed"):
        filled(49).save(path)
    assert not path.exists()
    assert "error: there are 49 questions" in capsys.readouterr().out


def test_imbalance_is_a_warning(capsys):
    generator = DatasetGenerator()
    for n in range(50):
        generator.add_question(f"Question {n}?", n, "hard", "math")
    assert generator.validate()
    printed = capsys.readouterr().out
    assert "warning: difficulties are unbalanced: 0% easy, 0% medium, 100% hard" in printed
    assert "warning: all questions are of the category 'math'" in printed


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"task": " "}, "task: it is empty"),
        ({"expected_answer": ""}, "expected_answer"),
        ({"difficulty": "insane"}, "difficulty"),
    ],
)
def test_a_wrong_question_is_refused_at_once(wrong, words):
    with pytest.raises(DataError, match=words):
        DatasetGenerator().add_question(**{"task": "Why?", "expected_answer": "so", "difficulty": "easy"} | wrong)


def test_it_is_imported_fast():
    script = f"""
import sys
from nightschool.dataset import DatasetGenerator
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
