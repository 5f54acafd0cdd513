"""The agent's model: deterministic, as good as its prompt, and never better than its truth."""

from __future__ import annotations

import json

import pytest

from nightschool.simulator import order_status, true_quality
from nightschool.simulator.answering import Reply, answer
from nightschool.simulator.chat import Chat, OfferedTool
from nightschool.simulator.comparing import agrees
from nightschool.simulator.editor import INSTRUCTIONS
from nightschool.simulator.failures import WRONG_LANGUAGE_CREDIT
from nightschool.simulator.language import reads_as
from nightschool.simulator.problem import Question
from nightschool.simulator.skills import Skill
from nightschool.simulator.world import population

SEED_PROMPT = "Bạn là một trợ lý AI giúp tôi giải quyết thắc mắc"
BEST_PROMPT = "\n".join(words[0].vi for words in INSTRUCTIONS.values())
TOOLS = (OfferedTool("calculator", "expression", numeric=False), OfferedTool("order_status", "order_number", numeric=True))


def ask(prompt: str, question: str, *results: str, tools: tuple[OfferedTool, ...] = TOOLS, sample: str = "") -> Reply:
    return answer(Chat(prompt, (question,), results, tools, "auto"), seed=4, sample=sample)


def run(prompt: str, question: Question, *, tools: tuple[OfferedTool, ...] = TOOLS) -> str:
    reply = ask(prompt, question.text, tools=tools)
    if reply.tool:
        (argument,) = json.loads(reply.arguments).values()
        result = order_status(str(argument)) if reply.tool == "order_status" else str(eval(argument))
        reply = ask(prompt, question.text, result, tools=tools)
    return reply.content


def credit(question: Question, said: str) -> float:
    if not agrees(question.expected_answer, said):
        return 0.0
    return 1.0 if reads_as(said, question.language) else WRONG_LANGUAGE_CREDIT


@pytest.mark.parametrize("tools", [TOOLS, ()], ids=["with tools", "without tools"])
@pytest.mark.parametrize("prompt", [SEED_PROMPT, "Work step by step. State the unit.", BEST_PROMPT, "Answer with a single word."])
def test_answers_are_as_good_as_the_ground_truth_says(prompt: str, tools: tuple[OfferedTool, ...]) -> None:
    everybody = population(99, 1500)
    measured = sum(credit(question, run(prompt, question, tools=tools)) for question in everybody) / len(everybody)
    assert measured == pytest.approx(true_quality(prompt, tools=bool(tools)), abs=0.04)


def test_more_skills_more_quality_and_no_skill_does_it_all() -> None:
    prompt, quality = SEED_PROMPT, true_quality(SEED_PROMPT)
    for words in INSTRUCTIONS.values():
        prompt = f"{prompt}\n- {words[1].vi}"
        assert quality + 0.01 < true_quality(prompt) < quality + 0.25
        quality = true_quality(prompt)
    assert quality > 0.85


def test_harm_and_demonstrations() -> None:
    demonstrations = "\n\n".join(f"Q: how much is {n}?\nA: {n} km" for n in range(8))
    assert 0 < true_quality(f"{SEED_PROMPT}\n\n{demonstrations}") - true_quality(SEED_PROMPT) < 0.05
    assert true_quality(f"{SEED_PROMPT}\nGive only the result.") < true_quality(SEED_PROMPT) - 0.05


def test_the_same_question_gets_the_same_answer_and_at_a_temperature_another_sample_may_differ() -> None:
    questions = [question.text for question in population(5, 60)]
    first = [ask(SEED_PROMPT, question) for question in questions]
    assert first == [ask(SEED_PROMPT, question) for question in questions]
    assert first != [ask(SEED_PROMPT, question, sample="7 1.0 0") for question in questions]


def test_a_skill_is_seen_in_the_text() -> None:
    question = "What do 14 lamps cost if a single one is 35000 VND?"
    prompt = "Work step by step, state the unit, reply directly. End with “Final answer: …”."
    assert ask(prompt, question, tools=()).content.splitlines() == [
        "Step 1: 14 × 35000 = 490000",
        "That would be 490000 VND.",
        "Final answer: 490000 VND",
    ]


def test_a_tool_is_called_only_where_one_is_offered_that_helps() -> None:
    prompt = INSTRUCTIONS[Skill.TOOLS][0].en
    helped = [question for question in population(6, 300) if ask(prompt, question.text).tool]
    assert {question.problem.domain for question in helped} == {"arithmetic", "conversion", "orders", "policy"}
    assert not any(ask(prompt, question.text, tools=()).tool for question in helped)
    assert not any(ask(prompt, question.text, tools=(OfferedTool("weather", "city", numeric=False),)).tool for question in helped)
    spontaneous = sum(bool(ask(SEED_PROMPT, question.text).tool) for question in helped)
    assert 0 < spontaneous < 0.4 * len(helped)


def test_a_numeric_parameter_gets_a_number() -> None:
    replies = (ask(INSTRUCTIONS[Skill.TOOLS][0].en, f"What is the status of order {n}?") for n in range(10000, 10020))
    assert any(json.loads(reply.arguments) == {"order_number": 10005} for reply in replies if reply.tool)


def test_a_tool_that_fails_is_survived() -> None:
    question = "What do 12 lamps cost if a single one is 35000 VND?"
    reply = ask(INSTRUCTIONS[Skill.TOOLS][0].en, question, "can't be worked out")
    assert not reply.tool
    assert reply.content
    assert "I don't know" in ask(INSTRUCTIONS[Skill.TOOLS][0].en, "What is the status of order 63775?", "unknown order").content


@pytest.mark.parametrize(("said", "reply"), [("hello", "Hello!"), ("Chào shop", "Xin chào!"), ("cảm ơn", "Không có gì")])
def test_small_talk_is_answered_in_kind(said: str, reply: str) -> None:
    assert ask(SEED_PROMPT, said).content.startswith(reply)
