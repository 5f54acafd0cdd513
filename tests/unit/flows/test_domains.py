"""The night of all domains: one after the other, named by what is most telling, and none keeps another from its night."""

import asyncio

import pytest
from prefect.states import Completed, Failed

from flows.domains import each_domain
from nightschool.errors import NoData
from nightschool.settings import load_settings
from tasks import domains as module
from tasks.domains import domains_tonight, is_divided, own_part

PROMOTED = Completed(name="Promoted", message="It won.")
NO_DATA = Completed(name="NoData", message="Too few.")
INVALID = Failed(name="Invalid", message="Unscored.")
CRASHED = Failed(message="A bug.")


@pytest.mark.parametrize(
    ("states", "name", "failed"),
    [
        ((NO_DATA, PROMOTED), "Promoted", False),
        ((NO_DATA, NO_DATA), "NoData", False),
        ((PROMOTED, INVALID), "Invalid", True),
        ((CRASHED, PROMOTED), "Failed", True),
    ],
)
def test_the_night_is_called_by_the_most_telling_of_its_domains(states, name, failed):
    retrained = []

    async def retrain(target):
        retrained.append(target)
        return states[len(retrained) - 1]

    ended = asyncio.run(each_domain(["support/math", "support/code"], retrain))
    assert (ended.name, ended.is_failed(), retrained) == (name, failed, ["support/math", "support/code"])
    assert ended.message.splitlines()[1].startswith(f"support/code: {states[1].name}. ")


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return load_settings(home=tmp_path, target="support", search={"strategy": "per_domain"})


def test_only_a_whole_target_is_divided(settings):
    assert is_divided(settings)
    assert not is_divided(settings.model_copy(update={"target": "support/math"}))
    assert not is_divided(load_settings(target="support"))
    assert own_part(settings, "all sets") == "all sets"
    assert own_part(load_settings(target="support/math"), "all sets") == "all sets"


def test_domains_without_questions_enough_have_no_night(settings, monkeypatch):
    class Sets:
        examples = None

    fewest = settings.data.min_train + settings.data.min_validation
    monkeypatch.setattr(module, "domains_of", lambda *_: {"math": fewest, "code": fewest - 1})
    assert domains_tonight(settings, Sets) == ["math"]
    monkeypatch.setattr(module, "domains_of", lambda *_: {"code": fewest - 1})
    with pytest.raises(NoData, match=f"No domain of support has {fewest} questions .*: code {fewest - 1}"):
        domains_tonight(settings, Sets)
