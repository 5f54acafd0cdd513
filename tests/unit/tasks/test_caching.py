from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightschool.errors import BudgetExhausted, ConfigError, TransientError
from nightschool.records import Night
from tasks.caching import code_digest, is_worth_another_try, stage, stage_cache_policy

NIGHT = Night(target="support", run_date=date(2026, 11, 21))


def key_of(task: object, **arguments: object) -> str | None:
    """The key that Prefect would ask for."""
    return task.cache_policy.compute_key(task_ctx=Mock(task=task), inputs=arguments, flow_parameters={})


@stage("toy", ["nightschool.records"], where=["home"])
def toy(night: Night, limit: int = 1, home: Path = Path()) -> Night:
    return night


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "toydomain"
    (folder / "deep").mkdir(parents=True)
    for file in ("__init__.py", "deep/__init__.py", "deep/work.py"):
        (folder / file).write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    code_digest.cache_clear()
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "toydomain"]:
        del sys.modules[name]


def test_same_arguments_same_key_however_they_are_ordered():
    assert key_of(toy, night=NIGHT, limit=1) == key_of(toy, limit=1, night=Night(**NIGHT.model_dump()))


def test_key_is_readable_and_a_file_name():
    key = key_of(toy, night=NIGHT)
    assert key is not None
    assert key.startswith("toy-")
    assert len(key) == len("toy-") + 64
    assert "/" not in key


@pytest.mark.parametrize(
    ("task", "arguments"),
    [
        (toy, {"night": NIGHT, "limit": 2}),
        (toy, {"night": Night(target="support/math", run_date=NIGHT.run_date), "limit": 1}),
        (stage("other", ["nightschool.records"])(toy.fn), {"night": NIGHT, "limit": 1}),
        (stage("toy", ["nightschool.errors"])(toy.fn), {"night": NIGHT, "limit": 1}),
        (stage("toy", ["nightschool.records"])(lambda night, limit: night), {"night": NIGHT, "limit": 1}),
    ],
    ids=["argument", "record", "stage", "modules", "source of the task"],
)
def test_whatever_decides_the_result_changes_the_key(task, arguments):
    assert key_of(task, **arguments) != key_of(toy, night=NIGHT, limit=1)


def test_where_things_are_is_not_in_the_key():
    assert key_of(toy, night=NIGHT, home=Path("here")) == key_of(toy, night=NIGHT, home=Path("there"))


@given(st.sets(st.text()), st.dictionaries(st.text(), st.integers()))
def test_sets_and_dictionaries_have_one_key(names, counts):
    turned = dict(reversed(counts.items()))
    assert key_of(toy, names=names, counts=counts) == key_of(toy, counts=turned, names=frozenset(names))


def test_key_is_the_same_in_every_process():
    script = (
        "from tests.unit.tasks.test_caching import NIGHT, key_of, toy;"
        "print(key_of(toy, night=NIGHT, names={'a', 'b', 'c', 'đ'}), end='')"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    elsewhere = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True)
    assert elsewhere.stdout == key_of(toy, night=NIGHT, names={"đ", "c", "b", "a"})


@pytest.mark.parametrize("changed", ["__init__.py", "deep/work.py", "deep/new.py"])
def test_source_anywhere_below_a_package_counts(package: Path, changed: str):
    before = code_digest("toydomain")
    (package / changed).write_text("LIMIT = 2\n")
    code_digest.cache_clear()
    assert code_digest("toydomain") != before


def test_what_is_not_source_does_not_count(package: Path):
    before = code_digest("toydomain")
    (package / "deep" / "notes.md").write_text("a thought")
    code_digest.cache_clear()
    assert code_digest("toydomain") == before


def test_a_single_module_counts_alone(package: Path):
    before = code_digest("toydomain.deep.work")
    (package / "__init__.py").write_text("LIMIT = 2\n")
    code_digest.cache_clear()
    assert code_digest("toydomain.deep.work") == before


@pytest.mark.parametrize("name", ["nightschool.nowhere", "nowhere.at.all", "sys"])
def test_a_module_without_source_is_refused_by_name(name: str):
    with pytest.raises(ConfigError, match=name):
        code_digest(name)


def test_policy_alone_has_the_same_rules():
    policy = stage_cache_policy("toy", "nightschool.records", where=["home"])
    with pytest.raises(ConfigError, match="'toy'"):
        policy.compute_key(task_ctx=None, inputs={"x": object()}, flow_parameters={})


def test_an_argument_without_a_key_stops_the_stage_before_its_work():
    with pytest.raises(ConfigError, match=r"'toy'.*object") as caught:
        toy.fn(night=NIGHT, limit=object())
    assert "where" in caught.value.next_step


async def test_an_async_stage_refuses_likewise():
    @stage("slow", [])
    async def slow(x: object) -> None: ...

    with pytest.raises(ConfigError, match="'slow'"):
        await slow.fn(object())


def test_an_argument_that_says_where_may_be_anything():
    assert toy.fn(night=NIGHT, home=object()) == NIGHT


@pytest.mark.parametrize(
    ("error", "again"),
    [(TransientError("429"), True), (BudgetExhausted("empty"), False), (ConfigError("wrong"), False), (OSError("disk"), False)],
)
async def test_only_a_transient_error_is_worth_another_try(error: Exception, again: bool):
    from prefect.states import exception_to_failed_state

    failed = await exception_to_failed_state(error)
    assert await is_worth_another_try(toy, None, failed) is again


def test_a_result_that_would_come_back_as_something_else_is_refused():
    pair = stage("toy", ["nightschool.records"])(lambda: (NIGHT, NIGHT))
    with pytest.raises(TypeError, match="'toy' returned a tuple"):
        pair.fn()
