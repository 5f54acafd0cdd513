"""What a production agent gets, also on a bad day, and at what price."""

import json
import logging
import pickle
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from nightschool import PromptManager, ServedPrompt, load_prompt
from nightschool.errors import ConfigError, NightschoolError, PromptNotFound
from nightschool.records import version_of
from nightschool.serving import served_path

TEXT = "Answer with the bare value: {value} $$ \\n\nViệt Nam"


def publish(home, text=TEXT, target="support", **changed):
    path = home / "served" / f"{target}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"schema_version": 1, "target": target, "version": version_of(text), "text": text}
    path.write_text(json.dumps(content | {"promoted_at": "2026-11-22T03:00:00+00:00"} | changed))
    return path


def test_the_promoted_prompt_is_served(tmp_path):
    publish(tmp_path)
    moment = datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert load_prompt("support", home=tmp_path) == ServedPrompt(TEXT, version_of(TEXT), "support", moment, is_default=False)


def test_a_later_promotion_is_served_at_the_next_call(tmp_path):
    publish(tmp_path)
    load_prompt("support", home=tmp_path)
    publish(tmp_path, "Answer in one line.")
    assert load_prompt("support", home=tmp_path).text == "Answer in one line."


def test_until_something_is_promoted_the_default_is_served(tmp_path):
    served = load_prompt("support", default="You help.", home=tmp_path)
    assert served == ServedPrompt("You help.", version_of("You help."), "support", None, is_default=True)
    assert load_prompt("support", default="", home=tmp_path).text == ""


def test_the_first_promotion_is_a_change_for_whoever_was_served_with_the_default(tmp_path):
    told = []

    def call():
        return load_prompt("support", default="You help.", home=tmp_path, on_change=lambda prompt: told.append(prompt.text)).text

    assert [call(), call(), told] == ["You help.", "You help.", []]
    publish(tmp_path)
    assert [call(), call(), told] == [TEXT, TEXT, [TEXT]]


def test_the_same_prompt_served_anew_is_no_change(tmp_path):
    told = []
    load_prompt("support", default=TEXT, home=tmp_path)
    for moment in ("2026-11-22T03:00:00+00:00", "2026-11-24T03:00:00+00:00"):
        publish(tmp_path, promoted_at=moment)
        load_prompt("support", home=tmp_path, on_change=told.append)
    assert told == []


def test_without_a_default_the_error_says_where_it_looked(tmp_path):
    with pytest.raises(LookupError, match="was promoted yet") as missing:
        load_prompt("support", home=tmp_path)
    assert isinstance(missing.value, NightschoolError)
    assert str(tmp_path / "served" / "support.json") in missing.value.message
    assert isinstance(pickle.loads(pickle.dumps(missing.value)), PromptNotFound)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        '{"text": "half',
        "[]",
        '"text"',
        "{}",
        json.dumps({"text": 7, "version": "x", "promoted_at": "2026-11-22"}),
        "\x00",
    ],
)
def test_a_broken_file_leaves_the_last_good_copy_in_force(tmp_path, caplog, broken):
    path = publish(tmp_path)
    good = load_prompt("support", home=tmp_path)
    path.write_text(broken)
    with caplog.at_level(logging.WARNING):
        assert load_prompt("support", default="You help.", home=tmp_path) == good
    assert "serving the last good copy" in caplog.text
    publish(tmp_path, "Answer in one line.")
    assert load_prompt("support", home=tmp_path).text == "Answer in one line."


def test_a_broken_file_that_was_never_good_gives_the_default(tmp_path, caplog):
    publish(tmp_path).write_bytes(b'{"text": "\xff')
    assert load_prompt("support", default="You help.", home=tmp_path).is_default
    assert "serving the default" in caplog.text
    with pytest.raises(PromptNotFound):
        load_prompt("support", home=tmp_path)


def test_a_text_that_somebody_changed_by_hand_is_not_served(tmp_path, caplog):
    publish(tmp_path, version=version_of("another text"))
    assert load_prompt("support", default="You help.", home=tmp_path).is_default
    assert "its text is not the one" in caplog.text


def test_a_folder_in_the_place_of_the_file_gives_the_default(tmp_path, caplog):
    (tmp_path / "served" / "support.json").mkdir(parents=True)
    assert load_prompt("support", default="You help.", home=tmp_path).is_default
    assert "can't be read" in caplog.text


def test_home_is_the_argument_then_the_environment_then_the_working_folder(tmp_path, monkeypatch):
    for name in ("argument", "environment", "work/.nightschool"):
        publish(tmp_path / name, f"From {name}.")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("NIGHTSCHOOL_HOME", raising=False)
    assert load_prompt("support").text == "From work/.nightschool."
    monkeypatch.setenv("NIGHTSCHOOL_HOME", str(tmp_path / "environment"))
    assert load_prompt("support").text == "From environment."
    assert load_prompt("support", home=str(tmp_path / "argument")).text == "From argument."


@pytest.mark.parametrize("target", ["", "../secret", "a/b/c", "/etc/passwd", "Support", "a//b", "a/../b", "a\n", "a/"])
def test_what_is_no_target_is_refused(target, tmp_path):
    with pytest.raises(ConfigError, match="can't be a target"):
        served_path(target, tmp_path)


@pytest.mark.parametrize("home", ["ftp://prompts", "s3://prompts/x"])
def test_an_address_of_another_kind_is_refused_and_no_folder(home):
    with pytest.raises(ConfigError, match="http"):
        load_prompt("support", default="Default.", home=home)


def test_the_names_of_the_first_users_still_work(tmp_path):
    publish(tmp_path, target="default")
    assert PromptManager(home=tmp_path).load_best_prompt().prompt_text == TEXT


def test_a_production_agent_imports_the_standard_library_only(tmp_path):
    publish(tmp_path)
    script = f"""
import sys
before = set(sys.modules)
from nightschool import PromptManager, load_prompt
load_prompt("support", home={str(tmp_path)!r})
roots = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(sorted(roots - set(sys.stdlib_module_names)))
print(sorted(name for name in sys.modules if name.startswith("nightschool")))
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    assert found == [
        "['nightschool']",
        "['nightschool', 'nightschool.errors', 'nightschool.serving', 'nightschool.serving.loading', "
        "'nightschool.serving.places', 'nightschool.serving.prompts']",
    ]
