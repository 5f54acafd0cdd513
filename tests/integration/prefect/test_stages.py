"""Stages on Prefect's own engine: what is found again, what is done again, what is tried again."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from prefect import Task, flow
from prefect.client.schemas.objects import State

from nightschool.artifacts import ArtifactRef, FolderStore
from nightschool.errors import BudgetExhausted, ConfigError, TransientError
from nightschool.records import Message, Night, NightStart, Record, ToolCall, Turn, Window
from tasks.caching import code_digest, stage
from tasks.results import keep_results_under

pytestmark = pytest.mark.usefixtures("prefect_api")

NIGHT = Night(target="support", run_date=date(2026, 11, 21))
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
RECORDS = [
    NightStart(night=NIGHT, started_at=MIDNIGHT, incumbent="v1"),
    Window.of_days(date(2026, 11, 1), date(2026, 11, 21), "Asia/Ho_Chi_Minh"),
    Turn(
        run_id="r",
        session_id="s",
        index=0,
        created_at=MIDNIGHT,
        question='Đơn hàng {"$$": 1}?',
        history=(Message(role="user", content="\ud83d"), Message(role="assistant", content="")),
        tool_calls=(ToolCall(name="t"),),
        session_state={"__class__": "not ours", "items": [1, None, {"x": 0.1}]},
    ),
]


async def run(task: Task, home: Path, argument: object = NIGHT) -> State:
    """The final state of the task in a flow of its own."""
    states: list[State] = []

    @flow
    async def toy_flow() -> None:
        keep_results_under(home)
        state = task(argument, return_state=True)
        states.append(await state if inspect.isawaitable(state) else state)

    await toy_flow()
    return states[0]


@pytest.fixture
def calls() -> list[Night]:
    return []


@pytest.fixture
def toy(calls: list[Night]) -> Callable[..., Task]:
    """Makes a stage that records its calls."""

    def make(*modules: str, fails_with: Exception | None = None, times: int = 0) -> Task:
        @stage("toy", modules or ["nightschool.records"], first_delay_s=0)
        async def toy_stage(night: Night) -> Night:
            calls.append(night)
            if fails_with is not None and len(calls) <= times:
                raise fails_with
            return night

        return toy_stage

    return make


async def test_same_inputs_are_found_again_in_another_flow_run(toy, calls, tmp_path):
    states = [await run(toy(), tmp_path) for _ in range(2)]
    assert [state.name for state in states] == ["Completed", "Cached"]
    assert [await state.aresult() for state in states] == [NIGHT, NIGHT]
    assert len(calls) == 1


async def test_other_inputs_are_worked_on(toy, calls, tmp_path):
    await run(toy(), tmp_path)
    assert (await run(toy(), tmp_path, Night(target="other", run_date=NIGHT.run_date))).name == "Completed"
    assert len(calls) == 2


async def test_changed_domain_code_is_run_again(toy, calls, tmp_path, monkeypatch):
    module = tmp_path / "toyroom.py"
    module.write_text("LIMIT = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    code_digest.cache_clear()
    await run(toy("toyroom"), tmp_path)
    module.write_text("LIMIT = 2\n")
    code_digest.cache_clear()
    assert (await run(toy("toyroom"), tmp_path)).name == "Completed"
    assert len(calls) == 2


async def test_each_home_has_results_of_its_own(toy, calls, tmp_path):
    for home in ("one", "two"):
        assert (await run(toy(), tmp_path / home)).name == "Completed"
    files = sorted(path.relative_to(tmp_path).parent.as_posix() for path in tmp_path.rglob("toy-*"))
    assert files == ["one/prefect/results", "two/prefect/results"]


async def test_a_result_that_was_cut_off_is_made_again(toy, calls, tmp_path):
    await run(toy(), tmp_path)
    [file] = tmp_path.rglob("toy-*")
    file.write_bytes(file.read_bytes()[:-20])
    state = await run(toy(), tmp_path)
    assert (state.name, await state.aresult()) == ("Completed", NIGHT)
    assert (await run(toy(), tmp_path)).name == "Cached"


@pytest.mark.parametrize(
    ("found", "instead"),
    [("nights:Night", "nights:Nacht"), ("run_date", "running_date")],
    ids=["renamed class", "renamed field"],
)
async def test_a_result_of_an_older_record_is_made_again(toy, calls, tmp_path, found, instead):
    await run(toy(), tmp_path)
    [file] = tmp_path.rglob("toy-*")
    stored = json.loads(file.read_text())
    assert found in stored["result"]
    file.write_text(json.dumps(stored | {"result": stored["result"].replace(found, instead)}))
    state = await run(toy(), tmp_path)
    assert (state.name, await state.aresult()) == ("Completed", NIGHT)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
async def test_a_record_comes_back_equal_and_of_its_class(record: Record, tmp_path):
    @stage("toy", ["nightschool.records"])
    def same(night: Night) -> Record:
        return record

    await run(same, tmp_path)
    state = await run(same, tmp_path)
    assert state.name == "Cached"
    back = await state.aresult()
    assert back == record
    assert type(back) is type(record)


async def test_a_transient_error_is_tried_again(toy, calls, tmp_path):
    state = await run(toy(fails_with=TransientError("429 from the endpoint"), times=2), tmp_path)
    assert state.is_completed()
    assert len(calls) == 3


async def test_a_plain_function_is_tried_again_likewise(tmp_path):
    calls = []

    @stage("toy", ["nightschool.records"], first_delay_s=0)
    def toy_stage(night: Night) -> Night:
        calls.append(night)
        if len(calls) == 1:
            raise TransientError("connection reset")
        return night

    assert (await run(toy_stage, tmp_path)).is_completed()
    assert len(calls) == 2


async def test_it_is_given_up_after_the_last_retry(toy, calls, tmp_path):
    state = await run(toy(fails_with=TransientError("still down"), times=99), tmp_path)
    assert isinstance(await state.aresult(raise_on_failure=False), TransientError)
    assert len(calls) == 4


@pytest.mark.parametrize(
    "error", [BudgetExhausted("the purse is empty"), OSError("disk full")], ids=lambda error: type(error).__name__
)
async def test_no_other_error_is_tried_again_or_kept(toy, calls, tmp_path, error):
    state = await run(toy(fails_with=error, times=1), tmp_path)
    assert await state.aresult(raise_on_failure=False) is error
    assert len(calls) == 1
    assert (await run(toy(), tmp_path)).name == "Completed"


async def test_an_argument_without_a_key_fails_the_stage_without_running_it(toy, calls, tmp_path):
    state = await run(toy(), tmp_path, argument=Path)
    assert isinstance(await state.aresult(raise_on_failure=False), ConfigError)
    assert calls == []


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_stage_whose_file_was_deleted_runs_again(tmp_path: Path, calls: list[Night], wrapped: bool) -> None:
    store = FolderStore(tmp_path / "artifacts")

    @stage("writes", ["nightschool.records"])
    async def writes(night: Night) -> ArtifactRef | Made:
        calls.append(night)
        ref = store.write_json("toys", {"night": night.key})
        return Made(file=ref) if wrapped else ref

    assert (await run(writes, tmp_path)).name == "Completed"
    assert (await run(writes, tmp_path)).name == "Cached"

    for file in (tmp_path / "artifacts" / "toys").iterdir():
        file.unlink()
    again = await run(writes, tmp_path)

    assert again.name == "Completed"
    assert len(calls) == 2
    assert len(list((tmp_path / "artifacts" / "toys").iterdir())) == 1


class Made(Record):
    file: ArtifactRef
