"""Our side of the pipe to the agent's own interpreter."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import json
import logging
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nightschool import errors
from nightschool.errors import ConfigError, NightschoolError

WORKER = Path(__file__).with_name("worker.py")
DESCRIBE_TIMEOUT_S = 120.0
LAST_LINES = 8

Hear = Callable[[Mapping[str, Any], Callable[[dict[str, Any]], None]], None]
"""Is told what the worker says of a model call, and by what to answer."""

_LOG = logging.getLogger(__name__)
_NEXT = "Name the python of the agent's own environment: --agent-python /srv/agent/.venv/bin/python."


class InterpreterDied(Exception):
    """The agent's interpreter ended while it was asked."""


class Interpreter:
    """The worker in the agent's interpreter, started when it is first asked, and anew when it has died. Belongs to one loop.

    Args:
        python: path of the interpreter.
        hello: what the worker is told first.
    """

    def __init__(self, python: str, hello: Mapping[str, Any]) -> None:
        self._python = python
        self._hello = hello
        self._changing = asyncio.Lock()
        self._worker: Worker | None = None
        self._ids = itertools.count(1)

    async def ask(self, op: str, hear: Hear | None = None, **request: Any) -> dict[str, Any]:
        """The worker's answer to one request.

        Args:
            op: what it shall do.
            hear: told what it says of a model call before it answers, and how to answer that.
            request: the rest.

        Raises:
            InterpreterDied: where it ended before it answered.
            NightschoolError: which the worker raised, or where it can't be started.
        """
        worker = await self.started()
        return _checked(await worker.ask({"id": next(self._ids), "op": op, **request}, hear))

    async def stop(self) -> None:
        """End the worker; what it was asked ends with `InterpreterDied`."""
        async with self._changing:
            if self._worker is not None:
                await asyncio.to_thread(self._worker.end)
                self._worker = None

    async def started(self) -> Worker:
        """The worker, which takes some seconds to import the agent.

        Raises:
            ConfigError: where it can't be started, or the factory can't be used.
        """
        async with self._changing:
            if self._worker is not None and self._worker.has_ended:
                await asyncio.to_thread(self._worker.end)
                self._worker = None
            if self._worker is None:
                self._worker = await asyncio.to_thread(Worker, self._python, self._hello, asyncio.get_running_loop())
            return self._worker


class Worker:
    """One process, with a thread that reads its answers and one that reads what it prints."""

    def __init__(self, python: str, hello: Mapping[str, Any], loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._hearing: dict[int, Hear] = {}
        self._printed: deque[str] = deque(maxlen=LAST_LINES)
        self._writing = threading.Lock()
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen([python, str(WORKER)], stdin=pipe, stdout=pipe, stderr=pipe)  # noqa: S603 - the owner's own
        except OSError as error:
            raise _cannot_start(python, str(error)) from error
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()
        self._greet(python, hello)
        self._threads.append(threading.Thread(target=self._collect, daemon=True))
        self._threads[1].start()

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    async def ask(self, request: dict[str, Any], hear: Hear | None = None) -> dict[str, Any]:
        """The answer to one request; `hear` is told what is said of its calls before."""
        answered = self._asked[request["id"]] = self._loop.create_future()
        if hear is not None:
            self._hearing[request["id"]] = hear
        try:
            await asyncio.to_thread(self._write, request)
            if self.has_ended:
                self._give_up()
            answer: dict[str, Any] = await answered
        except OSError as error:
            raise InterpreterDied(self._last_words()) from error
        else:
            return answer
        finally:
            self._asked.pop(request["id"], None)
            self._hearing.pop(request["id"], None)

    def end(self) -> None:
        """Kill it, if it is still there, and close what belongs to it."""
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            with contextlib.suppress(OSError):  # what could not be written any more
                pipe.close()

    def _greet(self, python: str, hello: Mapping[str, Any]) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._write(hello)
        first = self._process.stdout.readline()
        try:
            if not first:
                self._process.wait()
                self._threads[0].join()
                raise _cannot_start(python, self._last_words())
            _checked({"error": json.loads(first)["hello"]})
        except NightschoolError:
            self.end()
            raise

    def _write(self, content: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        with self._writing:
            self._process.stdin.write(_line(content))
            self._process.stdin.flush()

    def _collect(self) -> None:
        """Hand each answer to whoever asked; when the worker ends, everybody else learns that."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._in_loop(self._give, json.loads(line))
        self._process.wait()
        self._threads[0].join()
        self._in_loop(self._give_up)

    def _listen(self) -> None:
        """What the agent prints goes to the log, its last lines into the message of its death."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            said = line.decode("utf-8", "replace").rstrip()
            self._printed.append(said)
            _LOG.debug("agent: %s", said)

    def _in_loop(self, do: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(do, *arguments)

    def _give(self, answer: dict[str, Any]) -> None:
        if "call" in answer:
            self._say_back(answer)
            return
        waiting = self._asked.get(answer["id"])
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _say_back(self, said: dict[str, Any]) -> None:
        hear = self._hearing.get(said["id"])
        if hear is not None:  # whose run is over is told nothing: nobody waits for it over there
            hear(said, functools.partial(self._write_later, said["id"]))

    def _write_later(self, number: int, reply: Mapping[str, Any]) -> None:
        self._loop.run_in_executor(None, self._try_to_write, {"op": "call", "id": number, **reply})

    def _try_to_write(self, content: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has ended, which whoever asked learns elsewhere
            self._write(content)

    def _give_up(self) -> None:
        for waiting in self._asked.values():
            if not waiting.done():
                waiting.set_exception(InterpreterDied(self._last_words()))

    def _last_words(self) -> str:
        code = self._process.poll()
        return f"the agent's interpreter ended (exit code {code}): {' / '.join(self._printed)[-600:] or 'it said nothing'}"


@functools.cache
def describe(python: str, factory: str, safe_tools: tuple[str, ...] = (), prompt: str | None = None) -> dict[str, Any]:
    """What the agent's own interpreter says of the agent; each question is asked once a process.

    Args:
        python: path of the interpreter.
        factory: `package.module:function`.
        safe_tools: names of tools that run for real.
        prompt: builds the agent with it, to name its models and tools; None: the factory is not called.

    Returns:
        `default_prompt`, `code_digest`; with a prompt also `kind`, `models`, `tools`, `unsafe_tools`.

    Raises:
        ConfigError: where the interpreter, the factory or the agent can't be used.
    """
    asked = _line({"factory": factory, "safe_tools": safe_tools}) + _line({"id": 1, "op": "describe", "prompt": prompt})
    try:
        ended = subprocess.run([python, str(WORKER)], input=asked, capture_output=True, timeout=DESCRIBE_TIMEOUT_S, check=False)  # noqa: S603 - the owner's own interpreter
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _cannot_start(python, str(error)) from error
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    for answer in answers:
        _checked(answer if "id" in answer else {"error": answer["hello"]})
    if len(answers) < 2:
        raise _cannot_start(python, ended.stderr.decode("utf-8", "replace")[-600:])
    return dict(answers[-1])


def _line(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content).encode() + b"\n"


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer; the error in it, where there is one, is raised here."""
    if problem := answer.get("error"):
        kind: type[NightschoolError] = getattr(errors, problem["kind"])
        raise kind(problem["message"], next_step=problem["next_step"])
    return answer


def _cannot_start(python: str, why: str) -> ConfigError:
    return ConfigError(f"the agent's interpreter {python} can't run the agent: {why.strip()}", next_step=_NEXT)
