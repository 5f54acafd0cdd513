"""Runs the owner's agent in the owner's own interpreter: `PYTHON worker.py`, JSON lines in and out.

That interpreter has its own Agno (2 or 3) and need not have nightschool: this file lends it the few modules of ours that
need the standard library and Agno alone. The first line says which factory; each later one is a request with an `id`, and
gets one line back with that `id`, in whatever order they are finished. Where a run is `paid`, each of its model calls first
asks (`call`, `asks`: tokens sent, most written), waits for a line that grants or refuses it, and says what it `took` or how it
`failed`. The worker ends when its input ends. What the agent prints goes to stderr.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib.util
import json
import os
import sys
import threading
import types
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

LIBRARY = Path(__file__).resolve().parents[2]

_calls: ContextVar[Calls | None] = ContextVar("model_calls_of_this_run", default=None)


@dataclass
class Calls:
    """How the model calls of one run ended: the tokens of those that were answered, what the others raised."""

    most: int
    ended: list[dict[str, Any]] = field(default_factory=list)
    begun: int = 0
    too_many: bool = False
    payer: Any = None
    """Asks before each call whether it may be made; None: nobody pays."""

    def begin(self) -> None:
        """Note a call that is about to be made; one more than there may be fails."""
        self.too_many = self.too_many or self.begun == self.most
        if self.too_many:
            raise RuntimeError(f"more than {self.most} model calls in one rollout")
        self.begun += 1


class Worker:
    """One factory, and the agents that it built.

    Args:
        hello: `factory` (`package.module:function`) and `safe_tools`.
        say: one line to whoever asks.
    """

    def __init__(self, hello: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> None:
        from nightschool.agent.factory import load_factory

        self._factory = load_factory(hello["factory"])
        self._safe_tools = hello["safe_tools"]
        self._built: dict[str, Any] = {}
        self._say = say
        self._payers: dict[int, Any] = {}

    def heard(self, reply: dict[str, Any]) -> None:
        """Hand on what is said to a call of a run that is under way."""
        if (payer := self._payers.get(reply["id"])) is not None:
            payer.heard(reply)

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """What the settings and the gate want to know of the agent."""
        from nightschool.agent.factory import code_digest_of, default_prompt
        from nightschool.agent.tools import unsafe_tools
        from nightschool.agent.traits import all_tool_names, kind_of, model_names

        told = {"default_prompt": default_prompt(self._factory), "code_digest": code_digest_of(self._factory)}
        if request.get("prompt") is None:
            return told
        agent = self._agent(request["prompt"]).agent
        return told | {
            "kind": kind_of(agent),
            "models": model_names(agent),
            "tools": all_tool_names(agent),
            "unsafe_tools": unsafe_tools(agent, self._safe_tools),
        }

    async def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """One run of the agent: what it said, and how each of its model calls ended."""
        from nightschool.agent.asking import Payer

        number = request["id"]
        calls = Calls(request["max_llm_calls"])
        if request["paid"]:
            calls.payer = self._payers[number] = Payer(lambda said: self._say({"id": number} | said))
        _calls.set(calls)
        try:
            return await self._run(request, calls)
        finally:
            self._payers.pop(number, None)

    async def _run(self, request: dict[str, Any], calls: Calls) -> dict[str, Any]:
        from nightschool.agent.telling import told_of
        from nightschool.agent.tools import replay

        recorded: list[Any] = [types.SimpleNamespace(**call) for call in request["tool_calls"]]
        recording = replay(recorded)
        history = [types.SimpleNamespace(**message) for message in request["history"]]
        agent = self._agent(request["prompt"])
        found: dict[str, Any] = {"told": None, "raised": None, "late": False}
        try:
            within = calls.payer.within if calls.payer else _within
            output = await within(request["timeout_s"], agent.answer(request["question"], history))
            found["told"] = told_of(output)
        except TimeoutError:
            found["late"] = True
        except Exception as error:  # noqa: BLE001 - the agent's own code may raise anything
            found["raised"] = f"{type(error).__name__}: {error}"
        return found | {"calls": calls.ended, "too_many": calls.too_many, "missing_tool": recording.missing}

    def _agent(self, prompt: str) -> Any:
        from nightschool.agent.detached import Detached
        from nightschool.agent.members import members_of, models_of

        if prompt not in self._built:
            built = Detached(self._factory, prompt, self._safe_tools)
            for model in (model for member in members_of(built.agent) for model in models_of(member)):
                _note_calls(model)
            self._built[prompt] = built
        return self._built[prompt]


async def _within(seconds: float, running: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(running, seconds)


def _note_calls(model: Any) -> None:
    """Note how each call of a model ends, in the run that it belongs to; twice is once."""
    if getattr(model, "_nightschool_notes", False):
        return
    from nightschool.agent.asking import failure_of
    from nightschool.agent.sizes import tokens_told

    ask: Callable[..., Awaitable[Any]] = model.ainvoke

    async def noting(*args: Any, **kwargs: Any) -> Any:
        calls = _calls.get()
        if calls is None:
            return await ask(*args, **kwargs)
        calls.begin()
        try:
            answer = await (calls.payer.paid(model, ask, *args, **kwargs) if calls.payer else ask(*args, **kwargs))
        except Exception as error:
            calls.ended.append(failure_of(error))
            raise
        calls.ended.append({"tokens": tokens_told(answer)})
        return answer

    model.ainvoke = noting
    model._nightschool_notes = True


async def serve(worker: Worker, requests: asyncio.Queue[str], answers: TextIO) -> None:
    """Answer requests until the input ends, runs side by side; who asked for a run that is not finished then is gone."""
    running: set[asyncio.Task[None]] = set()
    while line := await requests.get():
        request = json.loads(line)
        if request["op"] == "describe":
            await _answer(request["id"], _described(worker, request), answers)
            continue
        if request["op"] == "call":
            worker.heard(request)
            continue
        task = asyncio.create_task(_answer(request["id"], worker.run(request), answers))
        running.add(task)
        task.add_done_callback(running.discard)
    for task in running:
        task.cancel()


async def _described(worker: Worker, request: dict[str, Any]) -> dict[str, Any]:
    return worker.describe(request)


async def _answer(number: int, finding: Awaitable[dict[str, Any]], answers: TextIO) -> None:
    from nightschool.errors import NightschoolError

    try:
        found = await finding
    except NightschoolError as error:
        found = {"error": {"kind": type(error).__name__, "message": error.message, "next_step": error.next_step}}
    _say(answers, {"id": number} | found)


def _say(answers: TextIO, content: dict[str, Any]) -> None:
    answers.write(json.dumps(content, default=str) + "\n")
    answers.flush()


def _lend_library() -> None:
    """Make our modules importable without the rest of our packages, and without running what `nightschool.agent` imports."""
    _lend("nightschool", LIBRARY, run=True)
    _lend("nightschool.agent", LIBRARY / "agent", run=False)
    _lend("nightschool.llm", LIBRARY / "llm", run=False)


def _lend(name: str, folder: Path, *, run: bool) -> None:
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    if run:
        spec.loader.exec_module(module)


def _read(requests: asyncio.Queue[str], loop: asyncio.AbstractEventLoop) -> None:
    """Hand on each line; an empty one at the end. In a thread: a pipe can't be read otherwise on every system."""
    for line in sys.stdin:
        loop.call_soon_threadsafe(requests.put_nowait, line)
    with contextlib.suppress(RuntimeError):  # the loop is closed already
        loop.call_soon_threadsafe(requests.put_nowait, "")


async def _main(answers: TextIO) -> None:
    from nightschool.errors import NightschoolError

    requests: asyncio.Queue[str] = asyncio.Queue()
    try:
        worker = Worker(json.loads(sys.stdin.readline()), functools.partial(_say, answers))
    except NightschoolError as error:
        _say(answers, {"hello": {"kind": type(error).__name__, "message": error.message, "next_step": error.next_step}})
        return
    _say(answers, {"hello": None})
    threading.Thread(target=_read, args=(requests, asyncio.get_running_loop()), daemon=True).start()
    await serve(worker, requests, answers)


if __name__ == "__main__":
    sys.path.pop(0)  # our own folder, whose modules must not shadow the agent's
    _lend_library()
    own_stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asyncio.run(_main(own_stdout))
