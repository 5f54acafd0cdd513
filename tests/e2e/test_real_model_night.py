"""A short night on the real small model: nothing simulated but the people."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from demo import desk
from demo.day import answer_day, review
from demo.messages import messages, sessions
from demo.staff import Staff
from nightschool import load_prompt, local_model
from nightschool.records import EndState, Night
from nightschool.report import read_report

DAY = date(2026, 10, 1)
SETTINGS = """\
target = "support"
agent = "demo.desk:build_agent"
agent_db = "agno.db"

[data]
held_out_share = 0.5
validation_share = 0.4
min_train = 15
min_validation = 10
plausible_gain = 0.5

[models]
model = "smollm2-135m"
max_output_tokens = 60

[grading]
use_llm_grader = false
match = "strict"

[search]
max_iterations = 1
branch_factor = 1
races = [8]
screen_size = 0

[gate]
horizon = 40
"""


@pytest.mark.real_model
def test_a_night_on_a_real_model_learns_to_give_bare_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nightschool.toml").write_text(SETTINGS, encoding="utf-8")
    home = tmp_path / ".nightschool"
    written = messages(DAY, 90)
    with local_model.start(tmp_path / "model.log") as base_url:
        monkeypatch.setenv(desk.MODEL_URL_VARIABLE, base_url)
        answered = answer_day(desk.build_agent, sessions(written), tmp_path / "agno.db", DAY, lambda _: None)
        review(answered, Staff(written).react, f"sqlite:///{home / 'feedback.db'}")
        command = [sys.executable, "-m", "flows", "retrain", "--run-date", str(DAY), "--base-url", base_url]
        ended = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, timeout=900)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = read_report(Night(target="support", run_date=DAY), home)
    assert report.end_state is EndState.PROMOTED, ended.stdout
    assert report.challenger.reward - report.incumbent.reward >= 0.2
    assert report.models == (local_model.MODEL_NAME,)
    assert load_prompt("support", home=home).text == report.challenger_text
