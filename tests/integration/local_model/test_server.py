"""The local model's own server, really started."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from nightschool import local_model
from nightschool.children import spawn
from nightschool.errors import ConfigError


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with local_model.start(tmp_path_factory.mktemp("model") / "model.log", slots=2, context=2048) as url:
        yield url


def ask(base_url: str, path: str, body: Any = None) -> Any:
    parts = urlsplit(base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    try:
        connection.request("POST" if body else "GET", path, json.dumps(body) if body else None)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def test_it_serves_one_model_under_its_name_on_loopback(base_url: str) -> None:
    assert urlsplit(base_url).hostname == "127.0.0.1"
    assert [model["id"] for model in ask(base_url, "/v1/models")["data"]] == [local_model.MODEL_NAME]


def test_it_has_the_slots_and_the_context_that_were_asked_for(base_url: str) -> None:
    assert ask(base_url, "/props")["total_slots"] == 2
    assert [slot["n_ctx"] for slot in ask(base_url, "/slots")] == [1024, 1024]


def test_it_answers_and_the_same_question_gets_the_same_answer(base_url: str) -> None:
    question = {
        "model": local_model.MODEL_NAME,
        "messages": [{"role": "user", "content": "Is Paris in France?"}],
        "temperature": 0,
        "max_tokens": 16,
    }
    answers = [ask(base_url, "/v1/chat/completions", question)["choices"][0]["message"]["content"] for _ in range(2)]

    assert answers[0]
    assert answers[0] == answers[1]


def test_a_port_in_use_is_reported_with_what_the_server_said(base_url: str, tmp_path: Path) -> None:
    port = urlsplit(base_url).port
    command = [sys.executable, "-m", "nightschool.local_model", "--port", str(port)]
    with spawn(command, log=tmp_path / "second.log") as second:
        assert second.process.wait(60) == ConfigError.exit_code

    assert f"does not start on port {port}" in second.log_tail()


def test_it_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    source = f"""
import sys, time
from pathlib import Path
from nightschool import local_model
with local_model.start(Path({str(tmp_path / "model.log")!r}), slots=1, context=256) as url:
    print(url, flush=True)
    time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        base_url = parent.stdout.readline().strip()
        line = http.client.HTTPConnection("127.0.0.1", urlsplit(base_url).port, timeout=60)
        line.connect()
        os.kill(parent.pid, signal.SIGKILL)

        with contextlib.suppress(ConnectionResetError):  # the end of a server may look like either
            assert line.sock.recv(1) == b""
        line.close()
