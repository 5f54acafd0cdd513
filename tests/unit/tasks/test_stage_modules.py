"""A stage's cache key sees all the code that decides its result."""

import ast
import importlib
from functools import cache
from pathlib import Path

import pytest

import nightschool
import tasks

STAGES = ["extract", "prepare", "train", "validate", "gate"]
NO_RESULT_DEPENDS_ON = {
    "errors",  # what a stage raises is not kept
    "settings",  # what a stage reads of them is an argument, the rest says where things are
    "artifacts",  # files are named by their content
    "registry",  # what a stage needs of it is an argument
    "claims",  # who does the work, not what comes of it
    "databases",  # opens them, and changes nothing of what is read
}
ONLY_EXTRACT_READS_CONVERSATIONS = {"sources", "feedback"}


@cache
def imported_by(file: Path) -> frozenset[str]:
    """The modules of nightschool and tasks that a file imports anywhere, but for its types."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for_types = {id(node) for block in ast.walk(tree) if is_type_checking(block) for node in ast.walk(block)}
    found = set()
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(name for name in found if name.partition(".")[0] in ("nightschool", "tasks"))


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def room_of(name: str) -> str:
    return ".".join(name.split(".")[:2])


def files_of(room: str) -> list[Path]:
    base = Path(nightschool.__file__).parent / room.partition(".")[2]
    return sorted(base.rglob("*.py")) if base.is_dir() else [base.with_suffix(".py")] * base.with_suffix(".py").is_file()


def rooms_behind(stage: str) -> set[str]:
    """The rooms that a stage's module imports, and those that they import in turn."""
    folder = Path(tasks.__file__).parent
    names = imported_by(folder / f"{stage}.py")
    if "tasks.workshop.bench" in names:
        names |= imported_by(folder / "workshop.py")
    ignored = NO_RESULT_DEPENDS_ON | (ONLY_EXTRACT_READS_CONVERSATIONS if stage != "extract" else set())
    left = {room_of(name) for name in names if name.startswith("nightschool.")}
    found: set[str] = set()
    while left:
        room = left.pop()
        if room in found or room.partition(".")[2] in ignored:
            continue
        found.add(room)
        left |= {room_of(name) for file in files_of(room) for name in imported_by(file) if name.startswith("nightschool.")}
    return {room for room in found if files_of(room)}


def declared(stage: str) -> set[str]:
    """The modules in a stage's decorator, with the names that it spreads into the list."""
    module = importlib.import_module(f"tasks.{stage}")
    tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "stage"]
    (listed,) = [call.args[1] for call in calls]
    return set(eval(compile(ast.Expression(listed), "stage", "eval"), vars(module)))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_declares_all_the_rooms_whose_code_it_runs(stage):
    assert rooms_behind(stage) - declared(stage) == set()
