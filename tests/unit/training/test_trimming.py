"""What a critic reads: never over its budget, never nothing, and in the ratio of failing to passing rollouts."""

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.llm.tokens import cut_middle, tokens_of
from nightschool.training.edits.trimming import (
    LEAST_CHARS,
    MOST_MESSAGES,
    THE_PROMPT,
    chat_within,
    mixed,
    shrinking,
)
from tests.unit.training.worlds import an_example, an_experiment

PROMPT = "You are the assistant of our support desk."
HEAD = "Criticise:"
SMALLEST = 200
"""Tokens that one text of letters takes at its shortest."""

texts = st.text(max_size=50) | st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=20), st.integers(1, 500))
tool_calls = st.lists(st.builds(lambda arguments: {"function": {"name": "look_up", "arguments": arguments}}, texts), max_size=1)
messages = st.builds(
    lambda role, content, calls: {"role": role, "content": content, "tool_calls": calls or None},
    st.sampled_from(["user", "assistant", "tool", "system"]),
    texts | st.none(),
    tool_calls,
)
chats = st.lists(messages, min_size=1, max_size=40)


def render(rollouts):
    """As agentlightning's prompts do: rewards in words, messages as JSON."""
    runs = [f"Reward {one['final_reward']}: {json.dumps(one['messages'], ensure_ascii=False)}" for one in rollouts]
    return [{"role": "user", "content": "\n".join([HEAD, *runs])}]


def rollout(reward, *said):
    return an_experiment(an_example(0), reward).model_copy(update={"messages": said})


def user(content):
    return {"role": "user", "content": content}


def read(chat):
    """The rollouts that a chat shows: reward and messages."""
    lines = [line.removeprefix("Reward ").split(": ", 1) for line in chat[0]["content"].removeprefix(HEAD).strip().split("\n")]
    return [(float(reward), json.loads(said)) for reward, said in lines]


def is_at_its_shortest(shown):
    (_, said), *others = shown
    arguments = [call["function"]["arguments"] for message in said for call in message.get("tool_calls", ())]
    longest = max(len(text) for text in (*arguments, *(message.get("content", "") for message in said)))
    return not others and len(said) <= MOST_MESSAGES // 4 + 1 and longest <= LEAST_CHARS


@given(st.lists(chats, min_size=1, max_size=8), st.integers(100, 5_000))
def test_the_chat_is_within_its_budget_and_never_shows_nothing(said, budget):
    rollouts = [rollout(0.0, *messages) for messages in said]
    chat = chat_within(budget, rollouts, PROMPT, render)
    shown = read(chat)
    assert tokens_of(chat) <= budget or is_at_its_shortest(shown)
    assert 1 <= len(shown) <= len(rollouts)
    assert all(messages for _, messages in shown)


@given(st.lists(st.integers(0, 3_000), min_size=1, max_size=8), st.integers(SMALLEST, 20_000))
def test_no_room_is_wasted_while_a_text_is_cut_or_a_rollout_left_out(lengths, budget):
    rollouts = [rollout(0.0, user("x" * length)) for length in lengths]
    chat = chat_within(budget, rollouts, PROMPT, render)
    shown = read(chat)
    complete = len(shown) == len(rollouts) and "left out" not in chat[0]["content"]
    assert complete or tokens_of(chat) > budget - len(shown) - LEAST_CHARS, "a character each, or one rollout more, would fit"


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=8, max_size=8).map(sorted), st.integers(SMALLEST, 2_000))
def test_where_fewer_rollouts_fit_three_of_four_are_the_worst(rewards, budget):
    rollouts = [rollout(reward, user("word " * 500)) for reward in rewards]
    shown = Counter(reward for reward, _ in read(chat_within(budget, rollouts, PROMPT, render)))
    fitted = Counter(one.reward for one in mixed(rollouts, shown.total()))
    assert shown == fitted
    enough = min(Counter(rewards).values()) >= shown.total() and len(set(rewards)) == 2
    assert not enough or shown[0.0] == max(1, round(0.75 * shown.total()))


@given(st.integers(0, 12), st.integers(1, 12))
def test_a_mix_has_no_rollout_twice_and_as_many_as_there_are(count, size):
    ordered = [rollout(number / 100) for number in range(count)]
    chosen = [one.reward for one in mixed(ordered, size)]
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(count, size)
    assert not ordered or chosen[0] == 0.0


def test_with_room_for_all_nothing_is_cut_or_left_out():
    rollouts = [rollout(0.25, user(f"{number} {'x' * 2_000}")) for number in range(8)]
    shown = read(chat_within(12_000, rollouts, PROMPT, render))
    assert [messages[0]["content"] for _, messages in shown] == [one.messages[0]["content"] for one in rollouts]


def test_short_texts_stay_whole_beside_a_long_one():
    said = [user("Where is order 7?"), {"role": "tool", "content": "row " * 20_000}, user("It is not in this list.")]
    chat = chat_within(1_000, [rollout(0.0, *said)], PROMPT, render)
    ((_, shown),) = read(chat)
    assert [shown[0], shown[2]] == [said[0], said[2]]
    assert shown[1]["content"].startswith("row row")
    assert "characters left out" in shown[1]["content"]
    assert 990 < tokens_of(chat) <= 1_000


def test_a_prompt_that_a_system_message_repeats_is_marked_and_not_shown_again():
    said = [
        {"role": "system", "content": PROMPT},
        {"role": "developer", "content": f"<instructions>\n{PROMPT}\n</instructions>\nIt is Monday."},
        user(f"Did somebody tell you: {PROMPT}"),
    ]
    ((_, shown),) = read(chat_within(1_000, [rollout(0.0, *said)], f"{PROMPT}\n", render))
    assert shown[0]["content"] == THE_PROMPT
    assert shown[1]["content"] == f"<instructions>\n{THE_PROMPT}\n</instructions>\nIt is Monday."
    assert shown[2] == said[2]


@pytest.mark.parametrize("prompt", ["", " " * 40, "Be brief."])
def test_a_prompt_shorter_than_its_mark_stays_where_it_is(prompt):
    said = {"role": "system", "content": f"{prompt} Be kind."}
    ((_, shown),) = read(chat_within(1_000, [rollout(0.0, said)], prompt, render))
    assert shown == [said]


def test_of_a_long_conversation_the_beginning_and_the_end_are_shown():
    said = [user(f"message {number}") for number in range(100)]
    ((_, shown),) = read(chat_within(10_000, [rollout(0.0, *said)], PROMPT, render))
    half = MOST_MESSAGES // 2
    assert (shown[:half], shown[-half:]) == (said[:half], said[-half:])
    assert shown[half]["content"] == "[… 84 messages left out …]"


def test_fields_without_a_value_are_not_shown_and_others_keep_their_shape():
    said = {"role": "assistant", "content": None, "tool_calls": [{"id": 7, "function": {"arguments": "{}"}}]}
    ((_, shown),) = read(chat_within(1_000, [rollout(0.0, said)], PROMPT, render))
    assert shown == [{"role": "assistant", "tool_calls": said["tool_calls"]}]


def test_one_rollout_at_its_shortest_is_shown_also_where_that_is_too_much():
    chat = chat_within(10, [rollout(0.0, user("x" * 5_000)), rollout(1.0, user("y" * 5_000))], PROMPT, render)
    ((reward, shown),) = read(chat)
    assert reward == 0.0
    assert len(shown[0]["content"]) == LEAST_CHARS


@given(texts, st.integers(LEAST_CHARS, 2_000))
def test_a_cut_text_keeps_its_ends_and_its_length(text, length):
    cut = cut_middle(text, length)
    assert len(cut) == min(len(text), length)
    assert (cut[:50], cut[-50:]) == (text[:50], text[-50:])


@given(st.integers(1, 100_000), st.integers(0, 5_000))
def test_each_next_chat_is_shorter_and_there_are_few(budget, fixed):
    def compose(room):
        return [{"role": "user", "content": "x" * max(fixed, 3 * (room - 4))}]

    made = [tokens_of(chat) for chat in shrinking(budget, compose)]
    assert 1 <= len(made) <= 5
    assert made == sorted(set(made), reverse=True)
    assert all(later <= max(earlier // 2, tokens_of(compose(0))) for earlier, later in pairwise(made))
