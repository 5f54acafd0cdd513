"""What the project's own files promise each other."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import nightschool

ROOT = Path(__file__).parents[2]
PACKAGES = ("nightschool", "flows", "tasks", "deployments", "demo")
IMAGE_LOCK = "docker/requirements.lock"
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MODULES = sorted(chain.from_iterable((ROOT / package).rglob("*.py") for package in PACKAGES))


def committed_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def locked(lock: str = "requirements.lock") -> dict[str, str]:
    """Versions by name in a lock; a name that is locked twice, for two kinds of machine, has its last one."""
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ;]+)", (ROOT / lock).read_text(), flags=re.MULTILINE))


def requirements() -> list[Requirement]:
    stated = chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    return [requirement for requirement in map(Requirement, stated) if requirement.name != "nightschool"]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_the_lock_has_what_pyproject_asks_for(requirement: Requirement):
    # What only the image has stands in the image's lock alone: s3fs would take the suite's boto3 back by a release.
    version = ({**locked(IMAGE_LOCK), **locked()}).get(canonicalize_name(requirement.name))
    assert version is not None, "run `make lock`"
    assert version in requirement.specifier, "run `make lock`"


def test_the_image_runs_what_the_suite_has_tested():
    tested, image = locked(), locked(IMAGE_LOCK)
    assert {name for name in image if name in tested and image[name] != tested[name]} <= {"botocore"}


def test_a_production_agent_installs_nothing_but_nightschool():
    assert PROJECT["dependencies"] == []


def test_the_version_is_one():
    assert PROJECT["version"] == nightschool.__version__


def test_no_committed_file_names_a_package_index():
    index = re.compile(rb"--(extra-)?index-url|--find-links|https?://[^\s\"']*/simple\b")
    naming = [file.name for file in committed_files() if file != Path(__file__) and index.search(file.read_bytes())]
    assert naming == []


def test_every_target_of_the_makefile_is_explained():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.+)$", makefile, flags=re.MULTILINE).group(1).split())
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make (\w+) +\S", shown, flags=re.MULTILINE)) == targets


def test_an_old_python_is_refused_with_the_command_to_type():
    done = subprocess.run(
        ["make", "install", "PYTHON=false", "--always-make"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "make install PYTHON=" in done.stdout


def test_modules_and_functions_are_short_enough_to_read_at_once():
    assert [*chain.from_iterable(map(too_long, MODULES))] == []


def too_long(module: Path) -> list[str]:
    """The module, and its functions, that are longer than the house allows; a docstring is no burden."""
    source, name = module.read_text(), module.relative_to(ROOT).as_posix()
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [f"{name}:{node.lineno} {node.name}" for node in functions if lines_of(node) > LONGEST_FUNCTION]
    return long + ([name] if len(source.splitlines()) > LONGEST_MODULE else [])


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    whole = (function.end_lineno or function.lineno) - function.lineno + 1
    return whole - len((ast.get_docstring(function, clean=False) or "").splitlines())
