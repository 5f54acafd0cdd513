"""The file `.env` belongs to the whole project, not to nightschool alone."""

import pytest

from nightschool.errors import ConfigError
from nightschool.settings import load_settings


@pytest.fixture
def dotenv(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return (tmp_path / ".env").write_text


def test_other_programs_variables_are_left_alone(dotenv):
    dotenv("DATABASE_URL=postgresql://shop\nOPENAI_BASE_URL=http://example.org\nOPENAI_API_KEY=sk-1\nSEARCH=shop\n")
    settings = load_settings()
    assert settings.openai_api_key.get_secret_value() == "sk-1"
    assert settings.models.base_url == ""


def test_ours_are_read_under_all_their_names(dotenv):
    dotenv("NIGHTSCHOOL_AGENT_DB=agent.db\nNIGHTSCHOOL_SEARCH__BEAM_WIDTH=4\nNIGHTSCHOOL_OPENAI_API_KEY=sk-2\n")
    settings = load_settings()
    assert (settings.agent_db, settings.search.beam_width) == ("agent.db", 4)
    assert settings.openai_api_key.get_secret_value() == "sk-2"


@pytest.mark.parametrize("line", ["NIGHTSCHOOL_TYOP=1", "NIGHTSCHOOL_SEARCH__BEAM_WIDHT=1"])
def test_a_name_of_ours_that_does_not_exist_is_refused(dotenv, line):
    dotenv(f"{line}\n")
    with pytest.raises(ConfigError, match="no such setting"):
        load_settings()


def test_the_demos_variables_are_left_alone(dotenv):
    dotenv("NIGHTSCHOOL_DEMO_MODEL_URL=http://127.0.0.1:1\nAGENTOPS_API_KEY=a\nFOO=1\n")
    assert load_settings() == load_settings()
