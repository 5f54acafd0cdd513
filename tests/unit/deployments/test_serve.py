"""What `make up` refuses or says before it starts anything."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployments import serve
from flows.server import alone_in, announce, standing_in
from nightschool.errors import NightschoolError
from nightschool.settings import Settings


@pytest.fixture
def up(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nightschool.toml").write_text('agent = "shop:build"\n')
    app = serve.typer.Typer()
    app.command()(serve.main)
    return lambda *words: CliRunner().invoke(app, words)


def test_beyond_this_machine_only_with_a_password(up):
    done = up("--host", "0.0.0.0")
    assert done.exit_code == 2
    assert "PREFECT_SERVER_API_AUTH_STRING" in done.output


def test_typed_twice_it_says_where_it_runs(up, tmp_path):
    home = tmp_path / ".nightschool"
    with alone_in(home) as lock:
        assert standing_in(home) is None, "a private server is not for others"
        announce(lock, "http://127.0.0.1:4321/api")
        done = up()
    assert done.exit_code == 0
    assert "It runs already: http://127.0.0.1:4321 " in done.output
    assert standing_in(home) is None, "whoever held it is gone"


def test_a_port_that_is_taken_is_left_alone():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert serve._free(port) is None
    assert serve._free(port) == port


class Dying:
    """Stands for a worker that has died when it is looked at."""

    log = Path("worker.log")

    def __init__(self):
        self.process = self

    def poll(self):
        return 1

    def log_tail(self):
        return "no memory left"


def test_a_worker_that_dies_is_replaced_unless_it_does_so_again_and_again(monkeypatch, capsys):
    started = []

    def start():
        started.append(Dying())
        return started[-1]

    monkeypatch.setattr(serve, "LOOK_S", 0)
    monkeypatch.setattr("tasks.alert.raise_events_now", lambda settings: 0)
    with pytest.raises(NightschoolError, match="no memory left"):
        serve._keep_running(Settings(), None, start)
    assert len(started) == 1 + serve.MOST_RESTARTS
    assert capsys.readouterr().out.count("another one takes its place") == serve.MOST_RESTARTS
