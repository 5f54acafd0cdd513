"""The two desks of the demo: one on the real small model, one on the simulated model."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from demo.day import DeskSession, Reaction

React = Callable[[str, str, tuple[str, ...]], Reaction]


@dataclass(frozen=True)
class Desk:
    """Who works here: the agent's factory, its model, its people, and the settings of its nights."""

    name: str
    first_line: str
    factory: str
    seed_prompt: str
    url_variable: str
    settings: str
    start_model: Callable[[Path], AbstractContextManager[str]]
    people: Callable[[date], tuple[Sequence[DeskSession], React]]
    truth: Callable[[str], float] | None = None

    def build_agent(self, prompt: str) -> Any:
        """What production would call."""
        from nightschool.agent import load_factory

        return load_factory(self.factory)(prompt)


def local_desk() -> Desk:
    """A support desk whose form takes bare values, on SmolLM2-135M: too small for instructions, good at following examples."""
    from demo import desk
    from demo.messages import messages, sessions
    from demo.staff import Staff
    from nightschool import local_model

    def people(day: date) -> tuple[Sequence[DeskSession], React]:
        written = messages(day, LOCAL_MESSAGES)
        return sessions(written), Staff(written).react

    return Desk(
        name="local",
        first_line=f"A real small language model, {local_model.MODEL_NAME}, answers and edits; only the people are made up.",
        factory="demo.desk:build_agent",
        seed_prompt=desk.SEED_PROMPT,
        url_variable=desk.MODEL_URL_VARIABLE,
        settings=LOCAL_SETTINGS,
        start_model=local_model.start,
        people=people,
    )


def simulated_desk() -> Desk:
    """A desk in Vietnamese and English with tools and an LLM judge, on the simulated model."""
    from demo import simulated
    from nightschool.simulator import conversations, react, true_quality

    def people(day: date) -> tuple[Sequence[DeskSession], React]:
        return conversations(SIMULATED_SEED, SIMULATED_SESSIONS, day), lambda message, answer, earlier: react(
            message, answer, earlier=earlier, seed=SIMULATED_SEED
        )

    return Desk(
        name="simulated",
        first_line="A SIMULATED model answers, criticises, edits and grades: nightschool's simulator, not a language model.",
        factory="demo.simulated:build_agent",
        seed_prompt=simulated.SEED_PROMPT,
        url_variable=simulated.MODEL_URL_VARIABLE,
        settings=SIMULATED_SETTINGS,
        start_model=_start_simulator,
        people=people,
        truth=true_quality,
    )


@contextlib.contextmanager
def _start_simulator(log: Path) -> Iterator[str]:
    import sys

    from nightschool.children import free_port, spawn, wait_until_healthy

    port = free_port()
    options = ["--port", str(port), "--seed", str(SIMULATED_SEED), "--fault-rate", str(FAULT_RATE), "--with-parent"]
    command = [sys.executable, "-m", "nightschool.simulator", *options]
    with spawn(command, log=log, watches_parent=True) as child:
        wait_until_healthy(f"http://127.0.0.1:{port}/health", child=child, timeout_s=60, what="the simulator")
        yield f"http://127.0.0.1:{port}/v1"


LOCAL_MESSAGES = 340
LOCAL_SETTINGS = """\
# Written by `make demo`: the settings of its nights on the real small model.
target = "support"
agent = "demo.desk:build_agent"
agent_db = "agno.db"

[data]
held_out_share = 0.5       # a small site: half of the sessions are for the exam
validation_share = 0.45

[models]                   # the same small model plays critic and editor; it is better at following examples
model = "smollm2-135m"
timeout_s = 300.0          # it shares the processors with whatever else runs on this machine
max_output_tokens = 200
input_usd_per_mtok = 0.0
output_usd_per_mtok = 0.0

[grading]
use_llm_grader = false     # the desk wants the bare value, so the answer's first line is compared with it
match = "strict"

[search]
max_iterations = 2
edits = ["critique", "demonstrations"]
beam_width = 2             # this model learns from demonstrations, and each drawn set of them is worth a full race
branch_factor = 3
screen_size = 0
races = [14, 28]
max_critic_tokens = 1300   # of its 1,536 tokens of context; up to 200 are for the answer

[gate]
horizon = 150
"""

SIMULATED_SEED = 1
SIMULATED_SESSIONS = 430
FAULT_RATE = 0.01
SIMULATED_SETTINGS = """\
# Written by `make demo MODEL=simulated`: the settings of its nights on the simulated model.
target = "support"
agent = "demo.simulated:build_agent"
agent_db = "agno.db"

[models]
model = "simulated-1"
timeout_s = 20.0

[rollouts]                 # these two change nothing, so they may run
safe_tools = ["calculator", "order_status"]

[search]
max_iterations = 3
edits = ["critique", "merge", "demonstrations"]

[gate]
horizon = 150
"""

DESKS = {"local": local_desk, "simulated": simulated_desk}
