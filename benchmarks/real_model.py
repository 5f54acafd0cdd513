"""Searches on a real small model: `python -m benchmarks.real_model [--keep FILE] [--seeds 11,22]`. The last line is JSON.

Five seeds, one server, the demo's desk, the same examples for all. It takes two hours on two quiet cores, and stock
APO, which comes last, longer than that: nothing limits what its critic writes. With `--keep` every
finished search is a line of that file, and what is in there is not run again. How good a search is does not depend on what else
the machine does; how long it takes does, and is not told.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # `python benchmarks/real_model.py` finds its neighbours too; the folder itself must not: it would hide other packages' names.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.measuring import claim, print_claims
from benchmarks.real_desk import Bench, Sets, search_policy
from benchmarks.real_found import Arm, Found, Kept, options, print_table
from demo.desk import SEED_PROMPT

MOST_CALLS = 700
DRAWN = 12
"""Demonstrations drawn at random where ours has none."""
OURS = "ours"
WRITTEN_BY_A_PERSON = """\
You fill in forms for a support desk. You get a question and a customer's mail.

Reply with the value that the question asks for, and with nothing else: no sentence, no label, no quotation marks, no full stop.
Copy the value exactly as it stands in the mail (an order number with its letters, a date as day and month, a time as hh:mm).
For example, asked for the order number of a mail that says "my parcel 48213 is late", reply: 48213"""


async def first(bench: Bench, sets: Sets, seed: int) -> str:
    """No search: the desk's first prompt."""
    return SEED_PROMPT


async def person(bench: Bench, sets: Sets, seed: int) -> str:
    """No search: what a person wrote who knows the desk."""
    return WRITTEN_BY_A_PERSON


async def ours(bench: Bench, sets: Sets, seed: int) -> str:
    """Our search, with the demo's settings."""
    from nightschool.training.beam import BeamSearch
    from nightschool.training.edits import edits_of

    policy = search_policy()
    return await lightning(BeamSearch(policy, edits_of(policy, bench.llm), seed=seed), bench, sets)


async def gepa(bench: Bench, sets: Sets, seed: int) -> str:
    """GEPA's, in as many proposals as the demo's settings say."""
    from nightschool.training.gepa import GepaSearch

    return await lightning(GepaSearch(search_policy(), bench.llm, seed=seed), bench, sets)


async def stock_apo(bench: Bench, sets: Sets, seed: int) -> str:
    """Agentlightning's APO with its own settings, for one round: what 700 calls are enough for."""
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    from benchmarks import stock_apo as stock

    async def count(_: object) -> None:
        bench.meter.count("critic or editor", 0.0)

    http = DefaultAsyncHttpxClient(event_hooks={"request": [count]})
    client = AsyncOpenAI(base_url=bench.llm.policy.base_url, api_key="none", timeout=600, http_client=http)
    return await stock.search(
        SEED_PROMPT,
        sets.train,
        sets.validation,
        evaluator=bench.evaluator,
        client=client,
        model="smollm2-135m",
        seed=seed,
        note=lambda _: None,
        beam_rounds=1,
    )


ARMS: Mapping[str, Arm] = {
    "the first prompt": first,
    "written by a person": person,
    OURS: ours,
    "GEPA": gepa,
}
STOCK = "stock APO"
STOCKS_CONTEXT = 8 * 8192
"""Its critic reads whole rollouts, 5,500 tokens of them; a server with room for 1,536, as for the others, ends its search."""
AT_RANDOM = "as many demonstrations, drawn at random"


def main() -> int:
    """Print the table; exit status 1 where a claim was missed."""
    from nightschool import local_model

    typed = options("real_model")
    kept = Kept(typed.keep)
    with tempfile.TemporaryDirectory() as folder, local_model.start(Path(folder) / "model.log") as base_url:
        for seed in typed.seeds:
            for name, arm in ARMS.items():
                kept.examine(base_url, name, seed, arm)
            kept.examine(base_url, AT_RANDOM, seed, partial(_at_random, kept.found[OURS, seed].prompt))
    with (
        tempfile.TemporaryDirectory() as folder,
        local_model.start(Path(folder) / "model.log", context=STOCKS_CONTEXT) as roomy_url,
    ):
        for seed in typed.seeds:
            kept.examine(roomy_url, STOCK, seed, stock_apo)
    rows = [row for row in kept.found.values() if row.seed in typed.seeds]
    print_table(rows, "On the real small model")
    claims = _claims(rows)
    print_claims(claims, "On the real small model")
    print(json.dumps({"claims": claims}, ensure_ascii=False))
    return int(any(one["met"] is False for one in claims))


async def _at_random(like: str, bench: Bench, sets: Sets, seed: int) -> str:
    """No search: as many demonstrations as another prompt has."""
    return _drawn(like, sets, seed)


def _drawn(like: str, sets: Sets, seed: int) -> str:
    """The first prompt with as many demonstrations as another has, in its rendering, drawn at random."""
    from nightschool.training.edits.demonstrations import RENDERINGS, split_block, split_demonstrations, with_demonstrations

    rendering = split_demonstrations(like)[1] or RENDERINGS[0]
    drawn = random.Random(seed).sample(sets.train, len(split_block(like)[1]) or DRAWN)
    return with_demonstrations(SEED_PROMPT, rendering, [(one.question, one.expected_answer or "") for one in drawn])


async def lightning(way: Any, bench: Bench, sets: Sets) -> str:
    """What an algorithm finds, run by agentlightning; the first prompt where that is nothing better."""
    from nightschool.training.lightning.trainer import train_with_agentlightning

    found = await train_with_agentlightning(
        way, SEED_PROMPT, sets.train, sets.validation, evaluator=bench.evaluator, n_runners=search_policy().n_runners
    )
    return found.challenger.text if found.challenger else SEED_PROMPT


def _claims(rows: list[Found]) -> list[dict[str, Any]]:
    """The goals: a good prompt from a useless one with every seed, in few calls."""
    mine = [row for row in rows if row.arm == OURS]
    before = max(row.strict for row in rows if row.arm == "the first prompt")
    median, worst, calls = (
        statistics.median(row.strict for row in mine),
        min(row.strict for row in mine),
        max(row.calls for row in mine),
    )
    return [
        claim("held-out reward before, the highest", ours=before, goal="<= .02", met=before <= 0.02),
        claim("held-out reward, median", ours=median, goal=">= .70", met=median >= 0.70),
        claim("held-out reward, worst seed", ours=worst, goal=">= .60", met=worst >= 0.60),
        claim("LLM calls, the most", ours=calls, goal=f"<= {MOST_CALLS}", met=calls <= MOST_CALLS),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
