"""The search: deterministic, in order when the purse is empty, and never paying for the same twice."""

import pytest

from nightschool.errors import BudgetExhausted, ConfigError, ContextExceeded, EndpointRefused, LLMError
from nightschool.records import SearchPolicy
from nightschool.training.beam import BeamSearch
from nightschool.training.edits import Proposal
from tests.unit.training.worlds import World, examples

TRAIN, VALIDATION = examples(40), examples(30, first=100)
POLICY = SearchPolicy(max_iterations=3, beam_width=2, branch_factor=3, races=(10,), gradient_batch_size=4, screen_size=0)

SCREENED = POLICY.model_copy(update={"screen_size": 4})


class AddsAMark:
    """Appends marks drawn from the search's own randomness."""

    kind = "marks"

    def __init__(self, marks: str = "+-*") -> None:
        self.marks = marks
        self.parents = []

    async def propose(self, parent, count, rng):
        self.parents.append(parent)
        chosen = [rng.choice(self.marks) for _ in range(count)]
        return [Proposal(text=parent.text + mark, edit=self.kind, critique=f"add {mark}", change=mark) for mark in chosen]


def plus_helps(text, example):
    """The more `+`, the more of the examples are right."""
    return float(int(example.example_id[1:]) % 10 < 2 + 2 * text.count("+"))


async def searched(score=plus_helps, policy=POLICY, edits=None, seed=7, tell=None, roll=None):
    world = World(score)
    beam = BeamSearch(policy, edits or [AddsAMark()], seed=seed, tell=tell or (lambda _: None))
    return await beam.run("seed", TRAIN, VALIDATION, roll or world.roll), world


async def test_the_search_finds_what_helps_and_tells_the_way_to_it():
    lines = []
    found, world = await searched(tell=lines.append)
    assert found.challenger.text.count("+") == 3
    assert found.seed.mean_reward == pytest.approx(0.2)
    assert found.challenger.mean_reward == pytest.approx(0.8)
    assert list(found.rewards_by_iteration) == sorted(found.rewards_by_iteration)
    assert found.rollouts == world.bought.total()
    told = "\n".join(lines)
    for line in ("Iteration 1/3:", "Critique: add +", "Edit: +", "Prompt: seed+", "Avg Reward: 0.40 ↑"):
        assert line in told


async def test_each_iteration_tells_of_what_it_made_itself_also_where_the_best_prompt_is_older():
    class OneGoodIdea:
        kind = "idea"

        async def propose(self, parent, count, rng):
            first = parent.text == "seed"
            change = "+" if first else f"-{len(parent.text)}"
            return [Proposal(text=parent.text + change, edit=self.kind, critique=f"try {change}", change=change)]

    lines = []
    policy = POLICY.model_copy(update={"beam_width": 1, "max_iterations": 2})
    await searched(policy=policy, edits=[OneGoodIdea()], tell=lines.append)
    second = lines[lines.index("Iteration 2/2:") + 2 :]
    assert second == ["  Critique: try -5", "  Edit: -5", "  Prompt: seed+", "  Avg Reward: 0.40 →"]


async def test_the_same_seed_gives_the_same_search_bit_for_bit():
    (first, _), (second, _) = await searched(seed=11), await searched(seed=11)
    assert first.model_dump_json() == second.model_dump_json()
    (other, _) = await searched(seed=12)
    assert [one.text for one in other.candidates] != [one.text for one in first.candidates]


async def test_no_prompt_is_run_twice_on_the_same_example_of_a_race():
    _, world = await searched(edits=[AddsAMark("+-"), AddsAMark("+-")])
    assert {count for (name, _), count in world.bought.items() if name.startswith("val:")} == {1}


async def test_all_candidates_run_on_the_same_validation_examples_in_one_order():
    _, world = await searched()
    firsts = {name: [] for name, _ in world.bought}
    for name, example_id in world.bought:
        firsts[name].append(example_id)
    heads = {tuple(ids[:10]) for name, ids in firsts.items() if name.startswith("val:")}
    assert len(heads) == 1


async def test_edits_see_training_examples_only():
    edit = AddsAMark()
    await searched(edits=[edit])
    seen = {one.example.example_id for parent in edit.parents for one in parent.experiments}
    seen |= {one.example_id for parent in edit.parents for one in parent.train}
    assert seen <= {one.example_id for one in TRAIN}


async def test_a_perfect_score_ends_the_search():
    found, world = await searched(score=lambda text, _: 1.0)
    assert found.challenger is None
    assert "perfect" in found.stopped
    assert world.bought.total() == len(VALIDATION)


async def test_an_edit_with_nothing_new_ends_the_search():
    found, _ = await searched(edits=[Silent()])
    assert found.challenger is None
    assert found.stopped == "no edit had anything new to propose"


class Silent:
    kind = "silent"

    async def propose(self, parent, count, rng):
        return [Proposal(text=parent.text, edit=self.kind), Proposal(text="  \n", edit=self.kind)]


async def test_what_is_no_prompt_is_counted_and_not_paid_for():
    found, world = await searched(edits=[Unusable()])
    assert found.dropped == {"an explanation around it": 1}
    assert [one.text for one in found.candidates] == ["seed"]
    assert set(world.bought) <= {(f"{mode}:seed", one.example_id) for mode in ("val", "train") for one in TRAIN + VALIDATION}


class Unusable:
    kind = "unusable"

    async def propose(self, parent, count, rng):
        return [Proposal(text="Sure! seed+", edit=self.kind, unusable="an explanation around it")]


async def test_a_tie_with_the_seed_is_no_challenger():
    found, _ = await searched(score=lambda text, _: 0.5, edits=[Shortens()])
    assert [one.text for one in found.candidates] == ["seed", "see"]
    assert found.challenger is None


class Shortens:
    kind = "shortens"

    async def propose(self, parent, count, rng):
        return [Proposal(text="see", edit=self.kind)]


async def test_an_empty_purse_ends_the_search_in_order_with_the_best_so_far():
    world = World(plus_helps)

    async def roll(text, asked, mode):
        if world.bought.total() > 100:
            raise BudgetExhausted("the night's budget is used up: 100 of 100 calls")
        return await world.roll(text, asked, mode)

    found, _ = await searched(roll=roll)
    assert found.stopped.startswith("BudgetExhausted: the night's budget is used up")
    assert found.challenger.text.count("+") == 1


async def test_a_purse_that_was_empty_from_the_start_ends_without_a_challenger():
    async def roll(text, asked, mode):
        raise BudgetExhausted("nothing left")

    found, _ = await searched(roll=roll)
    assert (found.challenger, found.rewards_by_iteration, found.seed.mean_reward) == (None, (), None)


async def test_too_many_rollouts_without_a_score_stop_the_search():
    with pytest.raises(LLMError, match=r"3 of 10 rollouts.*503") as caught:
        await searched(score=lambda text, example: None if int(example.example_id[1:]) % 3 == 0 else 0.5)
    assert "same command" in caught.value.next_step


def failing(of, world):
    """A `roll` in which the agent fails on all questions but those of some prompts."""

    async def roll(text, examples, mode):
        experiments = await world.roll(text, examples, mode)
        fault = {"fault": "agent", "error": "KeyError: 'shop'", "reward": 0.0}
        return [
            one if of(text, one.example) else one.model_copy(update={"rollout": one.rollout.model_copy(update=fault)})
            for one in experiments
        ]

    return roll


async def test_an_agent_that_fails_whatever_it_is_asked_costs_one_batch():
    world = World(plus_helps)
    with pytest.raises(ConfigError, match=r"all 10 rollouts of the prompt .* own fault; the last met: KeyError: 'shop'"):
        await searched(policy=SCREENED, roll=failing(lambda text, example: False, world))
    assert world.bought.total() == 10


async def test_a_candidate_with_which_the_agent_always_fails_has_lost_and_no_more():
    world = World(plus_helps)
    found, _ = await searched(roll=failing(lambda text, example: "*" not in text, world))
    assert found.challenger.text.count("+") == 3
    assert any("*" in one.text for one in found.candidates)


async def test_a_few_rollouts_without_a_score_are_set_aside():
    def mostly(text, example):
        return None if example.example_id == "e103" else plus_helps(text, example)

    found, _ = await searched(score=mostly)
    assert found.seed.n_scored == len(VALIDATION) - 1
    assert found.challenger.text.count("+") == 3


TOO_LONG = ContextExceeded("the critic's call is too long for the model: 1555 tokens of 1536")


class RefusedFrom(AddsAMark):
    """Proposes in the iterations before; then every child of every parent is refused, or all but one."""

    kind = "refused"

    def __init__(self, iteration, error=TOO_LONG, but_one=False):
        super().__init__("+")
        self.iteration = iteration
        self.error = error
        self.but_one = but_one

    async def propose(self, parent, count, rng):
        made = await super().propose(parent, count, rng)
        if parent.text.count("+") + 1 < self.iteration:
            return made
        return [*made[:1], *[self.error] * (count - 1)] if self.but_one else [self.error] * count


async def test_what_one_edit_is_refused_does_not_end_what_others_find():
    lines = []
    found, _ = await searched(edits=[RefusedFrom(1), AddsAMark("+")], tell=lines.append)
    assert (found.challenger.text.count("+"), found.stopped) == (3, "3 iterations done")
    assert found.warnings[0] == f"iteration 1 lacks 3 candidates: {TOO_LONG.message}"
    assert len(found.warnings) == 3, "one an iteration, and not one a child"
    assert [line for line in lines if "Warning" in line] == [f"  Warning: {warning}" for warning in found.warnings]


async def test_a_child_that_is_refused_does_not_end_what_its_siblings_find():
    found, _ = await searched(edits=[RefusedFrom(1, but_one=True)])
    assert (found.challenger.text.count("+"), found.stopped) == (3, "3 iterations done")
    assert len(found.warnings) == 3


async def test_a_search_that_is_refused_everything_later_keeps_what_it_found():
    found, _ = await searched(edits=[RefusedFrom(3)], policy=POLICY.model_copy(update={"beam_width": 1}))
    assert found.challenger.text == "seed++"
    assert found.stopped == f"no edit had anything new to propose; refused: {TOO_LONG.message}"
    assert len(found.rewards_by_iteration) == 3
    assert found.warnings[-1].startswith("iteration 3 lacks 3 candidates")


class HasNothingToSay:
    kind = "nothing"

    async def propose(self, parent, count, rng):
        return []


@pytest.mark.parametrize("others", [[], [HasNothingToSay()]], ids=["alone", "beside an edit with nothing to say"])
async def test_a_search_that_is_refused_everything_at_once_is_an_error(others):
    with pytest.raises(ContextExceeded, match="1555 tokens"):
        await searched(edits=[RefusedFrom(1), *others])


async def test_a_search_that_was_answered_with_nothing_new_beside_refusals_ends_in_order():
    found, _ = await searched(edits=[RefusedFrom(1), Silent()])
    assert (found.challenger, found.stopped) == (None, f"no edit had anything new to propose; refused: {TOO_LONG.message}")


async def test_a_wrong_key_ends_the_search_in_any_iteration():
    with pytest.raises(EndpointRefused):
        await searched(edits=[AddsAMark(), Raises(EndpointRefused("401"))])


class Raises:
    kind = "raises"

    def __init__(self, error):
        self.error = error

    async def propose(self, parent, count, rng):
        raise self.error


async def test_what_is_not_worth_a_rollout_is_counted_and_not_paid_for():
    class Floods:
        kind = "floods"

        async def propose(self, parent, count, rng):
            texts = ["seed", "seed {name}", "word " * 300, "SEED", "seed +"]
            return [Proposal(text=text, edit=self.kind) for text in texts]

    policy = POLICY.model_copy(update={"max_iterations": 1, "max_prompt_tokens": 50})
    found, world = await searched(edits=[Floods()], policy=policy)
    assert found.dropped == {"a near copy": 1, "drops or invents a placeholder": 1, "seen before": 1, "too long": 1}
    assert {name for name, _ in world.bought} == {"val:seed", "train:seed", "val:seed +"}


async def test_the_locked_text_is_in_every_candidate():
    class Deletes:
        kind = "deletes"

        async def propose(self, parent, count, rng):
            return [Proposal(text="+++", edit=self.kind), Proposal(text=parent.text + "+", edit=self.kind)]

    world = World(plus_helps)
    found = await BeamSearch(POLICY, [Deletes()], seed=7, locked="seed").run("seed", TRAIN, VALIDATION, world.roll)
    assert found.challenger.text == "seed+++"
    assert found.dropped["changes the locked text"] >= 3
    assert all("seed" in candidate.text for candidate in found.candidates)


async def test_what_each_candidate_earned_is_told():
    found, _ = await searched()
    earned = {candidate.text: candidate.earned for candidate in found.candidates}
    assert earned["seed"] is None
    assert earned[found.challenger.text] == pytest.approx(0.2)


async def test_a_survivor_is_told_what_helped_its_siblings_and_not_what_hurt_them():
    parents = []

    class Advises:
        kind = "critique"

        async def propose(self, parent, count, rng):
            parents.append(parent)
            if parent.text != "seed":
                return []
            advice = {"+": "add a plus", "++": "add two", "-": "add a minus"}
            return [Proposal(text=parent.text + mark, edit=self.kind, critique=words) for mark, words in advice.items()]

    await searched(edits=[Advises()])
    told = {parent.text: parent.accepted for parent in parents}
    assert told == {"seed": (), "seed++": ("add a plus",), "seed+": ("add two",)}
