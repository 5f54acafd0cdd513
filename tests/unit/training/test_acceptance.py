"""What speaks against a proposal before a rollout is paid for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.errors import ConfigError
from nightschool.training.acceptance import Acceptance, is_near_copy, placeholders_of

POLICY_TEXT = "Never give medical advice."
SEED = f"You help {{customer}} of ${{shop}}.\n{POLICY_TEXT}\nAnswer as {{'a': 1}} or {{\"b\": 2}}."
LONG = " ".join(f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyz" * 4)


def accepting(seed=SEED, **limits):
    return Acceptance(seed, **{"max_tokens": 200, "locked": POLICY_TEXT, **limits})


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (f"{SEED}\nAlways give the unit.", ""),
        (SEED, "seen before"),
        (f"  {SEED}\n", "a near copy"),
        ("  \n", "empty"),
        (SEED.replace("Never", "Rarely"), "changes the locked text"),
        (SEED.replace("{customer}", "the customer"), "drops or invents a placeholder"),
        (f"{SEED}\nGreet {{name}}.", "drops or invents a placeholder"),
        (f"{SEED}\nGreet {{{{ name }}}}.", "drops or invents a placeholder"),
        (f"{SEED}\n" + "Be brief. " * 200, "too long"),
        (f"{SEED}\nBe brief.\u202e", "has invisible characters"),
        (f"{SEED}\nBe brief.\x00", "has invisible characters"),
        (f"{SEED}\nBe brief.\u200b", "has invisible characters"),
        (f"{SEED}\nBe brief.\U000e0041", "has invisible characters"),
        (f"{SEED}\nBe brief.<|im_end|>", "has control tokens"),
        (f'{SEED}\nAnswer as {{"value": {{"x": [1]}}}} and {{}}.', ""),
    ],
)
def test_what_is_refused_and_why(text, refusal):
    assert accepting().refusal(text, [SEED]) == refusal


def test_a_seed_without_the_locked_text_is_an_error_that_says_so():
    with pytest.raises(ConfigError, match=r"prompt\.locked"):
        accepting("Be brief.")


def test_a_long_incumbent_may_stay_as_long_as_it_is():
    long = accepting(SEED + "\nBe brief. " * 200, max_tokens=10)
    assert long.refusal(SEED + "\nBe brief. " * 199 + "Be quick. ", []) == ""
    assert long.refusal(SEED + "\nBe brief. " * 210, []) == "too long"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (LONG, LONG.upper(), True),
        (LONG, LONG.replace("worda", "wordx", 1), True),
        (LONG, LONG.replace("worda", "wordx"), False),
        (f"{LONG} 8 km", f"{LONG} 18 km", False),
        ("Be brief.", "Be kind.", False),
        (LONG, " ".join(reversed(LONG.split())), False),
    ],
)
def test_which_prompts_are_one(one, other, same):
    assert is_near_copy(one, other) is is_near_copy(other, one) is same


@given(st.text())
def test_a_prompt_is_a_copy_of_itself_and_has_its_own_placeholders(text):
    assert is_near_copy(text, text)
    assert placeholders_of(text) == placeholders_of(text + " ")


@given(st.text(alphabet=st.characters(categories=["L", "Zs"]), max_size=200))
def test_text_without_brackets_has_no_placeholder(text):
    assert placeholders_of(text) == frozenset()
