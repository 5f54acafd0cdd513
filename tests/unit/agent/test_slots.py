"""Which slot of a server answers which prompt."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nightschool.agent.slots import SlotPool, send_to_slots, slots_of
from nightschool.simulator import running


class Model:
    """The part of an Agno model that names what a request carries."""

    base_url = "http://127.0.0.1:9/v1"
    extra_body: dict[str, Any] | None = None

    def get_request_params(self) -> dict[str, Any]:
        return {"temperature": 0, **({"extra_body": self.extra_body} if self.extra_body else {})}


def a_watched_model(extra_body: dict[str, Any] | None = None) -> Model:
    model = Model()
    model.extra_body = extra_body
    send_to_slots(model)
    send_to_slots(model)
    return model


async def slot_for(pool: SlotPool, prompt: str, *, meanwhile: asyncio.Event | None = None) -> int:
    model = a_watched_model()
    async with pool.use(prompt):
        number: int = model.get_request_params()["extra_body"]["id_slot"]
        if meanwhile is not None:
            await meanwhile.wait()
        return number


async def test_a_prompt_comes_back_to_the_slot_that_knows_it() -> None:
    pool = SlotPool(4)
    first = {prompt: await slot_for(pool, prompt) for prompt in "abcd"}

    assert sorted(first.values()) == [0, 1, 2, 3]
    assert {prompt: await slot_for(pool, prompt) for prompt in "dbca"} == first


async def test_a_lone_prompt_gets_all_slots_and_two_prompts_half_each() -> None:
    pool, end = SlotPool(4), asyncio.Event()
    lone = [asyncio.create_task(slot_for(pool, "a", meanwhile=end)) for _ in range(4)]
    await asyncio.sleep(0)
    end.set()
    assert sorted(await asyncio.gather(*lone)) == [0, 1, 2, 3]

    pool, end = SlotPool(4), asyncio.Event()
    both = [asyncio.create_task(slot_for(pool, prompt, meanwhile=end)) for prompt in "ababab"]
    for _ in range(10):
        await asyncio.sleep(0)
    end.set()
    taken = await asyncio.gather(*both)
    assert len(set(taken[0::2])) == len(set(taken[1::2])) == 2
    assert set(taken[0::2]).isdisjoint(taken[1::2])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.lists(st.sampled_from("abcdefgh"), max_size=40), st.randoms(use_true_random=False))
def test_no_slot_is_held_twice_and_everybody_is_served(size: int, prompts: list[str], random: Any) -> None:
    held: set[int] = set()

    async def run(pool: SlotPool, prompt: str) -> None:
        model = a_watched_model()
        async with pool.use(prompt):
            number = model.get_request_params()["extra_body"]["id_slot"]
            assert number not in held
            held.add(number)
            for _ in range(random.randrange(4)):
                await asyncio.sleep(0)
            held.remove(number)

    async def all_of_them() -> None:
        pool = SlotPool(size)
        await asyncio.wait_for(asyncio.gather(*(run(pool, prompt) for prompt in prompts)), timeout=60)

    asyncio.run(all_of_them())


async def test_a_run_that_is_cancelled_while_it_waits_gives_its_place_up() -> None:
    pool, end = SlotPool(1), asyncio.Event()
    holder = asyncio.create_task(slot_for(pool, "a", meanwhile=end))
    await asyncio.sleep(0)
    waiter = asyncio.create_task(slot_for(pool, "b"))
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    end.set()
    await holder

    assert await asyncio.wait_for(slot_for(pool, "c"), timeout=60) == 0


async def test_where_there_are_no_slots_requests_stay_as_they_are() -> None:
    model = a_watched_model({"top_k": 1})
    async with SlotPool(0).use("a"):
        assert model.get_request_params() == {"temperature": 0, "extra_body": {"top_k": 1}}


async def test_what_the_owner_sends_along_stays() -> None:
    model = a_watched_model({"top_k": 1})
    async with SlotPool(1).use("a"):
        assert model.get_request_params()["extra_body"] == {"top_k": 1, "id_slot": 0}


async def test_endpoints_without_slots_have_none() -> None:
    async with running() as address:
        assert await slots_of(SimpleNamespace(base_url=f"{address}/v1", get_request_params=dict)) == 0
    assert await slots_of(Model()) == 0  # nothing answers there
    assert await slots_of(None) == 0
