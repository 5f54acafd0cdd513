"""The schedule's time zone is written in prefect.yaml, the one whose midnights bound a night in the settings."""

from __future__ import annotations

from pathlib import Path

import yaml

from nightschool.settings import Settings

PREFECT_FILE = Path(__file__).parents[2] / "prefect.yaml"


def test_the_nightly_schedule_keeps_the_settings_time():
    deployments = yaml.safe_load(PREFECT_FILE.read_text())["deployments"]
    zones = [schedule["timezone"] for deployment in deployments for schedule in deployment["schedules"]]
    assert zones == [Settings.model_fields["timezone"].default]
