"""What the incumbent answers well, a challenger may not get wrong twice."""

import pytest

from nightschool.evaluation import must_pass_failures
from nightschool.records import Example, Rollout


class Evaluator:
    """Answers each (prompt, example) with the outcomes that are set down, one for each sample."""

    def __init__(self, outcomes):
        self.outcomes, self.ran = outcomes, []

    async def run(self, prompt, example, *, sample=0):
        self.ran.append((prompt, example.example_id, sample))
        return Rollout(example_id=example.example_id, prompt_version=prompt, **self.outcomes[prompt][sample])


RIGHT, WRONG = {"reward": 0.9, "accuracy": 1.0}, {"reward": 0.6, "accuracy": 0.0}
DOWN = {"reward": None, "fault": "infrastructure"}
LOOP = {"reward": 0.0, "fault": "agent"}


def marked(name="m", **fields):
    return Example(example_id=name, session_id="", question="q", **{"must_pass": True, **fields})


@pytest.mark.parametrize(
    ("old", "new", "fails"),
    [
        ([RIGHT], [WRONG, WRONG], True),
        ([RIGHT], [LOOP, WRONG], True),
        ([{"reward": 0.7}], [{"reward": 0.2}, {"reward": 0.3}], True),
        ([RIGHT], [WRONG, RIGHT], False),
        ([RIGHT], [WRONG, DOWN], False),
        ([RIGHT], [DOWN], False),
        ([WRONG], [WRONG, WRONG], False),
        ([DOWN], [WRONG, WRONG], False),
        ([RIGHT], [RIGHT], False),
    ],
)
async def test_a_challenger_fails_where_it_is_wrong_twice_and_the_incumbent_right(old, new, fails):
    found = await must_pass_failures(Evaluator({"old": old, "new": new}), "old", "new", [marked()])
    assert found == (("m",) if fails else ())


async def test_only_marked_questions_are_asked():
    evaluator = Evaluator({"old": [RIGHT], "new": [RIGHT]})
    assert await must_pass_failures(evaluator, "old", "new", [marked(must_pass=False), marked("n")]) == ()
    assert {name for _, name, _ in evaluator.ran} == {"n"}
