"""Where settings come from, which of them wins, and what is said of a wrong one."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from nightschool.errors import ConfigError
from nightschool.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_command_line_beats_environment_beats_dotenv_beats_file_beats_default(folder, monkeypatch):
    (folder / "nightschool.toml").write_text(
        "[search]\nmax_iterations = 11\nbeam_width = 12\nbranch_factor = 13\nn_runners = 14\n"
    )
    (folder / ".env").write_text(
        "NIGHTSCHOOL_SEARCH__MAX_ITERATIONS=9\nNIGHTSCHOOL_SEARCH__BEAM_WIDTH=8\nNIGHTSCHOOL_SEARCH__BRANCH_FACTOR=7\n"
    )
    monkeypatch.setenv("NIGHTSCHOOL_SEARCH__MAX_ITERATIONS", "5")
    monkeypatch.setenv("NIGHTSCHOOL_SEARCH__BEAM_WIDTH", "6")
    found = load_settings(search={"max_iterations": 4}).search
    assert (found.max_iterations, found.beam_width, found.branch_factor, found.n_runners) == (4, 6, 7, 14)
    assert found.gradient_batch_size == Settings.model_fields["search"].default.gradient_batch_size


@pytest.mark.parametrize("name", ["agent_db", "user_data_db_path"])
def test_the_database_is_read_under_its_old_name_too(folder, monkeypatch, name):
    assert load_settings(**{name: "given.db"}).agent_db == "given.db"
    (folder / "nightschool.toml").write_text(f'{name} = "file.db"\n')
    assert load_settings().agent_db == "file.db"
    monkeypatch.setenv("NIGHTSCHOOL_AGENT_DB", "environment.db")
    assert load_settings().agent_db == "environment.db"
    assert load_settings(agent_db="given.db").agent_db == "given.db"


def test_variables_without_our_prefix_are_other_programs(monkeypatch):
    for name in ("AGENT_DB", "TARGET", "HOME", "SEARCH", "AGENTOPS_API_KEY"):
        monkeypatch.setenv(name, "theirs")
    found = load_settings()
    assert (found.agent_db, found.target, str(found.home)) == ("", "default", ".nightschool")


def test_our_own_variables_work(monkeypatch):
    monkeypatch.setenv("NIGHTSCHOOL_HOME", "/somewhere")
    monkeypatch.setenv("NIGHTSCHOOL_DEMO_MODEL_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("NIGHTSCHOOL_SEARCH__MAX_ITERATIONS", "7")
    monkeypatch.setenv("NIGHTSCHOOL_GATE", '{"batch": 3}')
    found = load_settings()
    assert (str(found.home), found.search.max_iterations, found.gate.batch) == ("/somewhere", 7, 3)


UNKNOWN_IN_FILE = ["max_iteration = 3", "[search]\nmax_iteration = 3", "[serch]\nmax_iterations = 3"]


@pytest.mark.parametrize("content", UNKNOWN_IN_FILE)
def test_an_unknown_setting_in_the_file_is_refused(folder, content):
    (folder / "nightschool.toml").write_text(content)
    with pytest.raises(ConfigError, match=r"there is no such setting\nDid you mean search"):
        load_settings()


@pytest.mark.parametrize(
    "variable", ["NIGHTSCHOOL_MAX_ITERATION", "NIGHTSCHOOL_SEARCH__MAX_ITERATION", "nightschool_max_iteration"]
)
def test_an_unknown_variable_of_ours_is_refused(monkeypatch, variable):
    monkeypatch.setenv(variable, "3")
    with pytest.raises(ConfigError, match=r"(?i)max_iteration: there is no such setting\nDid you mean search.max_iterations\?"):
        load_settings()


def test_a_part_of_a_setting_that_has_none_is_refused(monkeypatch):
    monkeypatch.setenv("NIGHTSCHOOL_TARGET__NAME", "support")
    with pytest.raises(ConfigError, match="NIGHTSCHOOL_TARGET__NAME: there is no such setting"):
        load_settings()


def test_an_unknown_argument_is_refused():
    with pytest.raises(ConfigError, match=r"gate.bach: there is no such setting\nDid you mean gate.batch"):
        load_settings(gate={"bach": 2})


@pytest.mark.parametrize("given", [{"learning_rate": 0.001}, {"search": {"learning_rate": 0.001}}])
def test_a_learning_rate_is_refused_with_a_sentence(given):
    with pytest.raises(ConfigError, match="learning_rate: it means nothing for a text") as refused:
        load_settings(**given)
    assert "Did you mean" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target": "Support Desk"}, "target: a target is lower-case letters"),
        ({"timezone": "Hanoi"}, "timezone: 'Hanoi' is not an IANA time zone"),
        ({"timezone": "Asia"}, "timezone: 'Asia' is not an IANA time zone"),
        ({"timezone": ""}, "timezone: '' is not an IANA time zone"),
        ({"timezone": "../etc"}, "timezone: '../etc' is not an IANA time zone"),
        ({"search": {"races": (64, 16)}}, "search.races: races must be growing"),
        ({"gate": {"batch": 0}}, "gate.batch: Input should be greater than or equal to 1"),
    ],
)
def test_a_wrong_value_is_named(given, said):
    with pytest.raises(ConfigError) as refused:
        load_settings(**given)
    assert said in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_file_that_is_no_toml_is_named(folder):
    (folder / "nightschool.toml").write_text("target = support")
    with pytest.raises(ConfigError, match=r"nightschool\.toml is not valid TOML"):
        load_settings()


def test_secrets_are_in_no_repr(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    found = load_settings()
    assert found.openai_api_key.get_secret_value() == "sk-very-secret"
    for shown in (repr(found), str(found), found.model_dump_json(), str(found.model_dump())):
        assert "sk-very-secret" not in shown


def test_a_wrong_secret_is_in_no_message(monkeypatch):
    with pytest.raises(ConfigError) as refused:
        load_settings(openai_api_key=["sk-very-secret"])
    assert "sk-very-secret" not in str(refused.value)


def test_databases_are_files_of_the_home_unless_set(folder):
    found = load_settings(journal_url="postgresql+psycopg://db/night")
    assert found.database_url("journal") == "postgresql+psycopg://db/night"
    assert found.database_url("registry") == f"sqlite:///{folder}/.nightschool/registry.db"


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("Asia/Ho_Chi_Minh", date(2026, 11, 21), datetime(2026, 11, 20, 17, tzinfo=UTC), 24),
        ("Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        ("Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC), 23),  # midnight did not exist
    ],
)
def test_a_day_is_as_long_as_its_clocks_say(zone, day, start, hours):
    window = load_settings(timezone=zone).window(day, days=1)
    assert window.start == start
    assert window.end - window.start == timedelta(hours=hours)


def test_the_window_is_half_open():
    window = load_settings(timezone="Asia/Ho_Chi_Minh").window(date(2026, 11, 21), days=2)
    assert window.contains(window.start)
    assert not window.contains(window.end)
    assert window.end - window.start == timedelta(days=2)


def test_the_policy_says_how_long_a_window_is():
    window = load_settings(data={"max_real_data_age_days": 10}).window(date(2026, 11, 21))
    assert (window.start, window.end) == (datetime(2026, 11, 12, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))


@hypothesis_settings(deadline=None)
@given(
    day=st.dates(date(2000, 1, 2), date(2040, 1, 1)),
    zone=st.sampled_from(["UTC", "Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]),
)
def test_days_follow_each_other_without_gap_or_overlap(day, zone):
    settings = Settings(timezone=zone)
    before, after = settings.window(day - timedelta(days=1), days=1), settings.window(day, days=1)
    assert before.end == after.start
    assert settings.window(day, days=2).start == before.start


@hypothesis_settings(deadline=None)
@given(now=st.datetimes(datetime(2000, 1, 2), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # hypothesis wants naive bounds
def test_yesterday_ended_before_now(now):
    settings = Settings(timezone="Asia/Ho_Chi_Minh")
    day = settings.yesterday(now)
    assert settings.window(day, days=1).end <= now < settings.window(day + timedelta(days=1), days=1).end


def test_yesterday_is_the_zones_own():
    now = datetime(2026, 11, 21, 18, tzinfo=UTC)  # already the 22nd in Vietnam
    assert load_settings(timezone="Asia/Ho_Chi_Minh").yesterday(now) == date(2026, 11, 21)
    assert load_settings(timezone="UTC").yesterday(now) == date(2026, 11, 20)
    assert now.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date() == date(2026, 11, 22)


def test_an_exam_without_real_conversations_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs real conversations"):
        load_settings(data={"use_real_data": False})
