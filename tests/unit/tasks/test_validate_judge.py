"""A night whose judge can't tell good from bad ends before its search."""

import contextlib
from types import SimpleNamespace

import pytest

from nightschool.artifacts import FolderStore
from nightschool.dataset import RecordedAnswer
from nightschool.errors import ConfigError
from nightschool.grading.grader import Grade
from nightschool.settings import load_settings
from tasks import validate_judge as module
from tests.unit.registry.nights import a_night

RECORDED = tuple(RecordedAnswer(question=f"q{n}", answer=f"a{n}", rating=1 + n % 5) for n in range(10))


@pytest.fixture
def tried(tmp_path, monkeypatch):
    async def run(grade, **grading):
        @contextlib.asynccontextmanager
        async def bench(settings, night, phase):
            async def graded(example, answer, *, sample=0):
                return Grade(reward=grade(answer), judge=grade(answer))

            yield SimpleNamespace(grader=SimpleNamespace(grade=graded))

        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(module, "bench", bench)
        monkeypatch.setattr(module, "_recorded", lambda settings, turns: RECORDED)
        settings = load_settings(home=tmp_path, grading=grading)
        none = FolderStore(tmp_path / "artifacts").write_json("examples", [])
        monkeypatch.setattr("tasks.health.load_splits", lambda store, ref: SimpleNamespace(train=()))
        return await module.tried_judge(settings, a_night(), none, none, "g1")

    return run


async def test_a_blind_judge_ends_the_night_with_a_sentence(tried):
    with pytest.raises(ConfigError, match="the judge gives 16 recorded answers nearly one and the same grade, 1"):
        await tried(lambda answer: 1.0)


async def test_a_fair_one_is_told_with_its_agreement(tried):
    found = await tried(lambda answer: int(answer[1:]) % 5 / 5)
    assert found.rated == 10
    assert found.agreement == pytest.approx(1.0)


async def test_without_a_judge_nothing_is_tried(tried):
    assert await tried(lambda answer: 1.0, use_llm_grader=False) is None
