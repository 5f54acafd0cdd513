"""A model labels: many questions a call, each once, within the budget; without it the rules' labels stay."""

import asyncio
import json
import re
from contextlib import asynccontextmanager
from datetime import date

import pytest

from nightschool.dataset.labels import ModelLabeller, Unlabelled
from nightschool.errors import TransientError
from nightschool.llm import LLM, Journal, Meter
from nightschool.records import BudgetPolicy, ModelPolicy, Night
from tests.scripted_endpoint import answering, chat_answer, error

TONIGHT = Night(target="t", run_date=date(2026, 11, 21))
ALL_NIGHTS = Night(track="labels", target="t", run_date=date.min)


def an_answer(*numbers, category="math"):
    entry = {"category": category, "difficulty": "hard", "language": "vi", "requires_reasoning": True}
    return chat_answer(json.dumps({"labels": [{"number": number, **entry} for number in numbers]}))


def questions(size):
    return [Unlabelled(question=f"Question {number}?") for number in range(size)]


class Desk:
    """A labeller before an endpoint; everything that it told."""

    def __init__(self, folder, endpoint, budget):
        url = f"sqlite:///{folder / 'journal.db'}"
        self.tonight, self.known = Journal(url, TONIGHT), Journal(url, ALL_NIGHTS)
        self.told = []
        self._endpoint, self._budget = endpoint, budget

    def labeller(self, model="m"):
        return ModelLabeller(
            self._open, self.known, model=model, categories=["math", "code_generation", "conversation"], tell=self.told.append
        )

    @asynccontextmanager
    async def _open(self):
        policy = ModelPolicy(base_url=self._endpoint.url, model="m", max_attempts=1)
        journal = Journal(self.tonight._engine.url.render_as_string(), TONIGHT)
        llm = LLM(policy, "", journal=journal, meter=Meter(self._budget))
        try:
            yield llm
        finally:
            await llm.aclose()
            journal.close()


@asynccontextmanager
async def a_desk(folder, *script, **budget):
    async with answering(script) as endpoint:
        desk = Desk(folder, endpoint, BudgetPolicy(**budget))
        try:
            yield desk, endpoint
        finally:
            desk.tonight.close()
            desk.known.close()


async def label(labeller, some):
    return await asyncio.to_thread(labeller.label, some)


async def test_a_batch_is_one_call_and_a_question_is_asked_once(tmp_path):
    async with a_desk(tmp_path, an_answer(*range(1, 21))) as (desk, endpoint):
        found = await label(desk.labeller(), questions(22))
        assert {(one.category, one.difficulty, one.language, one.requires_reasoning) for one in found} == {
            ("math", "hard", "vi", True)
        }
        assert len(endpoint.sent) == 2
        again = await label(desk.labeller(), questions(22)[::-1])
        assert (again, len(endpoint.sent)) == (found, 2)
        assert desk.tonight.spent().calls == {"labeller": 2}
        assert desk.known.spent().cost_usd == 0
        await label(desk.labeller(model="another"), questions(1))
        assert len(endpoint.sent) == 3


async def test_questions_are_shown_as_data_with_what_was_said_before(tmp_path):
    some = [Unlabelled(question="còn màu đỏ? " + "a" * 2000, context=("user: áo?", "assistant: 200k"))]
    async with a_desk(tmp_path, an_answer(1)) as (desk, endpoint):
        await label(desk.labeller(), some)
    (entry,) = json.loads(endpoint.sent[0]["messages"][1]["content"])
    assert entry["conversation_before"] == ["user: áo?", "assistant: 200k"]
    assert len(entry["question"]) == 1000
    assert "code_generation" in endpoint.sent[0]["messages"][0]["content"]


async def test_what_the_model_leaves_out_or_makes_up_is_left_to_the_rules(tmp_path):
    async with a_desk(tmp_path, an_answer(1, 7, category="astrology")) as (desk, _):
        first, second = await label(desk.labeller(), questions(2))
    assert (first.category, first.difficulty, second) == (None, "hard", None)


@pytest.mark.parametrize(
    ("script", "budget", "told"),
    [
        ([error(500)], {}, "21 of 21 new questions keep the rules' labels"),
        ([an_answer(*range(1, 22))], {"max_calls": 1}, "1 of 21 new questions keep the rules' labels: .*budget"),
        ([chat_answer("I'd rather not.")], {}, "21 of 21 .* twice gave no labels"),
    ],
)
async def test_without_an_answer_the_rules_labels_stay(tmp_path, script, budget, told):
    async with a_desk(tmp_path, *script, **budget) as (desk, _):
        found = await label(desk.labeller(), questions(21))
        assert [one is None for one in found].count(True) == int(told.partition(" ")[0])
        (said,) = desk.told
        assert re.search(told, said)


class Deaf:
    """A model that hears nothing."""

    async def ask_for(self, *asked, **options):
        raise TransientError("nobody there")


async def test_it_may_be_asked_within_an_event_loop(tmp_path):
    @asynccontextmanager
    async def open_deaf():
        yield Deaf()

    async with a_desk(tmp_path, error(500)) as (desk, _):
        labeller = ModelLabeller(open_deaf, desk.known, model="m", categories=["math"], tell=desk.told.append)
        assert labeller.label(questions(1)) == [None]
    assert desk.told == ["1 of 1 new questions keep the rules' labels: nobody there"]
