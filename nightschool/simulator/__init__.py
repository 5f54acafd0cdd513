"""A simulated model behind a loopback OpenAI-compatible server. It is not a real model, and says so everywhere.

It stands in for what a real model can't show on every machine: faults on demand, latency, Vietnamese and English, tools,
an LLM judge, and a truth to compare with. A world model of questions with checkable answers decides how well it
answers: better or worse, question by question, by what the system prompt asks for::

    async with running(SimulatorSettings(latency_ms=200)) as address:
        client = AsyncOpenAI(base_url=f"{address}/v1", api_key="any")
"""

from nightschool.simulator.people import Reaction, SimulatedSession, conversations, react
from nightschool.simulator.problems import order_status
from nightschool.simulator.server import running
from nightschool.simulator.settings import FaultRates, SimulatorSettings
from nightschool.simulator.threads import start_in_thread
from nightschool.simulator.truth import true_quality

__all__ = [
    "FaultRates",
    "Reaction",
    "SimulatedSession",
    "SimulatorSettings",
    "conversations",
    "order_status",
    "react",
    "running",
    "start_in_thread",
    "true_quality",
]
