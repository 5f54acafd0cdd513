"""What the flow does before its first stage, however it was started."""

import asyncio
import os
from datetime import date

from flows import retrain as module
from nightschool.errors import NoData
from nightschool.records import EndState
from tasks.parameters import RetrainParameters


def test_the_agents_own_key_in_dotenv_is_in_the_environment_of_the_night(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("SHOP_MODEL_KEY=from-the-file\nSHOP_MODEL=from-the-file\n")
    monkeypatch.setenv("SHOP_MODEL", "from-outside")
    monkeypatch.setenv("NIGHTSCHOOL_SEED_PROMPT", "You help.")
    seen = {}

    async def night(*_):
        seen.update(os.environ)
        raise NoData("nothing to do")

    monkeypatch.setattr(module, "_night", night)
    monkeypatch.setattr(module, "keep_results_under", lambda home: None)
    ended = asyncio.run(module.retrain.fn(RetrainParameters(run_date=date(2026, 11, 21))))
    assert ended.name == EndState.NO_DATA
    assert (seen["SHOP_MODEL_KEY"], seen["SHOP_MODEL"]) == ("from-the-file", "from-outside")
