"""One home for all private servers here: making Prefect's database takes ten seconds."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where nights of these tests are at home, and what they left there."""
    return tmp_path_factory.mktemp("home")
