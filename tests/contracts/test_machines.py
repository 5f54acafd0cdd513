"""What docker/ promises: images pinned, nothing published beyond this machine, secrets as secrets, health that is watched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from nightschool.settings import Settings

DOCKER = Path(__file__).parents[2] / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
PINNED = re.compile(r":[a-z-]*[0-9]+\.[0-9]+[\w.-]*\}?$")
SECRET = re.compile("password|key|token|auth", re.IGNORECASE)
OWN = {name: service for name, service in SERVICES.items() if "NIGHTSCHOOL_IMAGE" in service["image"]}


@pytest.fixture(params=SERVICES, ids=str)
def service(request) -> dict[str, Any]:
    return SERVICES[request.param]


def test_images_are_pinned(service):
    assert PINNED.search(service["image"])


def test_nothing_is_published_beyond_this_machine(service):
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert "network_mode" not in service


def test_secrets_are_files_that_the_service_has(service):
    for name, value in service.get("environment", {}).items():
        if SECRET.search(name):
            assert name.endswith("_FILE"), name
            assert Path(value).name in service["secrets"]
            assert Path(value).name in COMPOSE["secrets"]


def test_health_is_watched_or_it_is_said_that_it_is_not(service):
    checked = service.get("healthcheck") or ({"test": "the image's"} if service in OWN.values() else {})
    assert checked.get("test") or checked.get("disable") is True


@pytest.mark.parametrize("service", OWN.values(), ids=OWN)
def test_our_own_run_without_rights(service):
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


def test_what_depends_on_another_waits_until_it_is_healthy(service):
    for name, condition in service.get("depends_on", {}).items():
        assert condition == {"condition": "service_healthy"}
        assert not SERVICES[name].get("healthcheck", {}).get("disable")


def test_volumes_are_declared(service):
    named = {volume.split(":")[0] for volume in service.get("volumes", []) if not volume.startswith(".")}
    assert named <= set(COMPOSE["volumes"])


def test_settings_in_it_are_settings():
    given = {name for service in OWN.values() for name in service.get("environment", {}) if name.startswith("NIGHTSCHOOL_")}
    assert given
    for name in given:
        assert name.removeprefix("NIGHTSCHOOL_").removesuffix("_FILE").lower() in Settings.model_fields


def test_prefect_asks_for_a_password():
    assert "PREFECT_SERVER_API_AUTH_STRING_FILE" in SERVICES["prefect"]["environment"]
    assert all(name == "prefect" or "4200" not in str(one.get("ports")) for name, one in SERVICES.items())


def test_the_image_is_pinned_and_has_no_root():
    (base,) = re.findall(r"^ARG BASE=(\S+)$", DOCKERFILE, flags=re.MULTILINE)
    assert PINNED.search(base)
    stages = DOCKERFILE.split("\nFROM ")
    assert len(stages) == 3, "a stage that builds, one that runs"
    assert "\nUSER 10001:10001\n" in stages[-1]
    assert "\nHEALTHCHECK " in stages[-1]
    assert "--require-hashes" in stages[1]
    assert "pip install" not in stages[-1]
