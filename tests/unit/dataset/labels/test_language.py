"""Vietnamese and English are told apart, however they are typed; other scripts by their letters."""

import sys
import types
from random import Random

import pytest

from nightschool.dataset.labels import language
from nightschool.errors import ConfigError
from nightschool.records import DataPolicy
from nightschool.simulator.problems import PROBLEMS


def test_at_least_97_of_100_real_looking_questions_are_told(sql, questions_by_language):
    found = sql(language, *(question for _, question in questions_by_language))
    wrong = [(*pair, told) for pair, told in zip(questions_by_language, found, strict=True) if pair[0] != told]
    assert len(wrong) <= 0.03 * len(questions_by_language), wrong


def test_the_simulated_desks_questions_are_told(sql):
    rng = Random(7)
    asked = []
    for problem in PROBLEMS:
        for wording in range(len(problem.wordings)):
            for spoken in ("en", "vi"):
                values = {name: slot.sample(rng) for name, slot in problem.slots.items()}
                asked.append((spoken, problem.ask(wording, values, spoken)))
    found = sql(language, *(question for _, question in asked))
    assert sum(told == spoken for told, (spoken, _) in zip(found, asked, strict=True)) >= 0.97 * len(asked)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Đơn hàng của tôi đâu?", "vi"),
        ("cho hoi don hang cua toi", "vi"),
        ("ship hcm bn tien v shop", "vi"),
        ("check giúp mình order này với", "vi"),
        ("My name is Nguyễn Văn An and I can't log in", "en"),
        ('Translate "tôi muốn mua một cái áo" into English', "en"),
        ("Dịch câu “the quick brown fox is in the house” sang tiếng Việt", "vi"),
        ("Where is my order?", "en"),
        ("résumé template", "en"),
        ("42", "en"),
        ("", "en"),
        ("商品はいつ届きますか", "ja"),
        ("주문이 어디에 있나요?", "ko"),
        ("我的订单在哪里？", "zh"),
        ("สินค้าอยู่ที่ไหน", "th"),
        ("где мой заказ?", "ru"),
        ("What does 你好 mean in English?", "en"),
    ],
)
def test_a_text_has_one_language(sql, text, expected):
    assert sql(language, text) == [expected]


def test_decomposed_letters_are_letters(sql):
    import unicodedata

    assert sql(language, unicodedata.normalize("NFD", "màu đỏ")) == ["vi"]


def test_a_site_may_let_py3langid_tell(labelled, monkeypatch):
    module = types.ModuleType("py3langid")
    module.set_languages = lambda names: None
    module.classify = lambda text: ("vi" if "size" in text else "en", 1.0)
    monkeypatch.setitem(sys.modules, "py3langid", module)
    found = labelled("size L", "màu đỏ", "где мой заказ?", policy=DataPolicy(language_detector="py3langid"))
    assert {question: row["language"] for question, row in found.items()} == {
        "size L": "vi",
        "màu đỏ": "en",
        "где мой заказ?": "ru",
    }


def test_a_detector_that_is_not_installed_is_named(labelled, monkeypatch):
    monkeypatch.setitem(sys.modules, "py3langid", None)
    with pytest.raises(ConfigError, match="py3langid, which is not installed"):
        labelled("size L", policy=DataPolicy(language_detector="py3langid"))
