"""prefect.yaml against the code that it names."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import yaml
from prefect import Flow
from pydantic import BaseModel

from deployments.folder import read_schedule
from nightschool.settings import Settings

DECLARED = yaml.safe_load((Path(__file__).parents[2] / "prefect.yaml").read_text())
DEPLOYMENTS: list[dict[str, Any]] = DECLARED["deployments"]


def flow_of(deployment: dict[str, Any]) -> Flow[..., Any]:
    module, _, name = deployment["entrypoint"].rpartition(".")
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, Flow)
    return found


def form_of(deployment: dict[str, Any]) -> type[BaseModel]:
    return get_type_hints(flow_of(deployment).fn)["parameters"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_each_deployment_names_a_flow_and_says_what_it_is(deployment):
    assert ":" not in deployment["entrypoint"], "a path loads the module twice, under another name"
    assert flow_of(deployment).fn.__doc__
    assert deployment["description"]
    assert deployment["tags"] == ["nightschool", deployment["name"]]
    assert deployment["work_pool"] == {"name": "nightschool"}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_what_is_given_to_a_flow_is_in_its_form(deployment):
    for name, given in (deployment.get("parameters") or {}).items():
        assert name in flow_of(deployment).parameters.properties
        form_of(deployment).model_validate(given)


def test_only_the_nightly_one_has_a_schedule_and_it_is_the_settings(tmp_path, monkeypatch):
    scheduled = {deployment["name"]: deployment["schedules"] for deployment in DEPLOYMENTS if deployment["schedules"]}
    [schedule] = scheduled.pop("nightly")
    assert not scheduled
    assert (schedule["cron"], schedule["timezone"]) == ("{{ night.cron }}", "{{ night.timezone }}")
    assert any(step.get("deployments.folder.read_schedule") == {"id": "night"} for step in DECLARED["build"])
    monkeypatch.chdir(tmp_path)
    assert read_schedule() == {"cron": Settings().schedule.cron, "timezone": "UTC"}
    (tmp_path / "nightschool.toml").write_text('timezone = "Asia/Ho_Chi_Minh"\n[schedule]\ncron = "30 1 * * 2-6"\n')
    assert read_schedule() == {"cron": "30 1 * * 2-6", "timezone": "Asia/Ho_Chi_Minh"}
