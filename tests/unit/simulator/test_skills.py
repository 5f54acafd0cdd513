"""What is read out of a system prompt."""

from __future__ import annotations

import pytest

from nightschool.simulator.editor import INSTRUCTIONS
from nightschool.simulator.skills import LONG_PROMPT_WORDS, Skill, asked_in, forbidden_in, read_prompt

DEMONSTRATION = "Q: Work step by step in what unit?\nA: 12 km"


@pytest.mark.parametrize(
    ("text", "skill"),
    [
        ("Think step by step.", Skill.STEPS),
        ("Please show all your work before answering", Skill.STEPS),
        ("Hãy suy luận cẩn thận", Skill.STEPS),
        ("Conclude with a single line that has the answer.", Skill.FINAL),
        ("Dòng cuối ghi kết quả.", Skill.FINAL),
        ("Numbers need units.", Skill.UNITS),
        ("Nhớ kèm đơn vị đo.", Skill.UNITS),
        ("For arithmetic, call the calculator.", Skill.TOOLS),
        ("Look each order up before you answer.", Skill.TOOLS),
        ("Hãy tra cứu đơn hàng.", Skill.TOOLS),
        ("Respond in the user's language.", Skill.LANGUAGE),
        ("Reply in Vietnamese when the customer writes Vietnamese.", Skill.LANGUAGE),
        ("Trả lời bằng ngôn ngữ mà khách dùng.", Skill.LANGUAGE),
        ("Don't make anything up.", Skill.HONESTY),
        ("If it is not in the data, say that you cannot know.", Skill.HONESTY),
        ("Không bịa.", Skill.HONESTY),
        ("Keep it concise.", Skill.DIRECT),
        ("Never ask the user anything.", Skill.DIRECT),
        ("Trả lời ngắn gọn.", Skill.DIRECT),
    ],
)
def test_free_wordings_are_understood(text: str, skill: Skill) -> None:
    assert asked_in(text) == (skill,)
    assert not forbidden_in(text)


@pytest.mark.parametrize("skill", Skill)
def test_each_of_the_editors_wordings_asks_for_its_skill_alone(skill: Skill) -> None:
    for words in INSTRUCTIONS[skill]:
        for text in words:
            assert asked_in(text) == (skill,), text
            assert not forbidden_in(text), text


@pytest.mark.parametrize(
    "text",
    [
        "Bạn là một trợ lý AI giúp tôi giải quyết thắc mắc",
        "You are a helpful assistant.",
        "You are the support desk of a shop. Be friendly.",
        "",
    ],
)
def test_what_asks_for_nothing_gives_nothing(text: str) -> None:
    assert read_prompt(text).strengths == ()


@pytest.mark.parametrize(
    ("text", "skill"),
    [
        ("Give a single word.", Skill.STEPS),
        ("Không cần giải thích.", Skill.STEPS),
        ("Never use the tools.", Skill.TOOLS),
        ("Always answer in English.", Skill.LANGUAGE),
        ("Always give an answer, make your best guess.", Skill.HONESTY),
        ("Always ask a clarifying question first.", Skill.DIRECT),
    ],
)
def test_the_opposite_is_worse_than_nothing_and_a_contradiction_worse_than_asking(text: str, skill: Skill) -> None:
    assert read_prompt(text).of(skill) == -1
    contradicted = read_prompt(f"{text}\n{INSTRUCTIONS[skill][0].en}").of(skill)
    assert 0 < contradicted < read_prompt(INSTRUCTIONS[skill][0].en).of(skill) == 1


@pytest.mark.parametrize(
    "demonstration",
    [DEMONSTRATION, "User: what unit?\nAssistant: step by step", "user\nwhat unit, step by step?\nassistant\n5 km"],
)
def test_demonstrations_are_counted_and_are_no_instructions(demonstration: str) -> None:
    read = read_prompt("You help.\n\nExamples:\n\n" + "\n\n".join([demonstration] * 5))
    assert read.demonstrations == 5
    assert read.strengths == ()


def test_instructions_beside_demonstrations_still_count() -> None:
    text = "Work step by step.\n\n" + "\n\n".join([DEMONSTRATION] * 3) + "\n\nState the unit."
    assert [skill for skill, _ in read_prompt(text).strengths] == [Skill.STEPS, Skill.UNITS]


def test_very_long_instructions_lose_attention() -> None:
    text = "Work step by step. " + "Mind the gap. " * LONG_PROMPT_WORDS
    assert 0 < read_prompt(text).of(Skill.STEPS) < 0.5
