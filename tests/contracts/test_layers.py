"""The order of the house: who may import whom (`[tool.importlinter]` in pyproject.toml)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_modules_import_only_from_the_rows_below_them():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_python_package_shadows_the_docker_sdk():
    assert not list((ROOT / "docker").rglob("*.py"))
