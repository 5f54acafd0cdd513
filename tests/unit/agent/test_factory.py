"""The owner's factory is found, or what is wrong with it is said in one sentence."""

import importlib
import sys

import pytest

from nightschool.agent import Target, code_digest_of, default_prompt, load_factory
from nightschool.errors import ConfigError

GOOD = """
from agno.agent import Agent

def build(prompt: str = "Be kind."):
    return Agent(system_message=prompt)

def nothing():
    return Agent()

def two(prompt, model):
    return Agent()

class Desk:
    @staticmethod
    def build(prompt):
        return Agent(system_message=prompt)

one = Agent()
number = 7

def same(prompt):
    return one

def text(prompt):
    return prompt

def broken(prompt):
    raise KeyError("MODEL_URL")
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a module into the working folder; its name comes back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)

    def write(source, name="owners_agents"):
        (tmp_path / f"{name}.py").write_text(source)
        return name

    yield write
    for name in set(sys.modules) - before:
        if name.startswith("owners_"):
            del sys.modules[name]


@pytest.mark.parametrize("name", ["build", "Desk.build"])
def test_a_factory_in_the_working_folder_is_found(module, name):
    factory = load_factory(f"{module(GOOD)}:{name}")
    assert Target(factory).build("Be brief.").system_message == "Be brief."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("owners_agents", "must be named package.module:function, found 'owners_agents'"),
        (":build", "must be named package.module:function"),
        ("owners_agents:", "must be named package.module:function"),
        ("", "must be named package.module:function, found ''"),
        ("owners_nowhere:build", "owners_nowhere:build can't be imported: No module named 'owners_nowhere'"),
        ("owners_agents:biuld", "owners_agents has no 'biuld'"),
        ("owners_agents:Desk.biuld", "owners_agents has no 'Desk.biuld'"),
        ("owners_agents:number", "owners_agents:number is a int, not a function"),
        ("owners_agents:nothing", "owners_agents:nothing does not take one prompt: too many positional arguments"),
        ("owners_agents:two", "owners_agents:two does not take one prompt: missing a required argument: 'model'"),
    ],
)
def test_what_is_wrong_with_a_name_is_said(module, name, said):
    module(GOOD)
    with pytest.raises(ConfigError) as refused:
        load_factory(name)
    assert said in refused.value.message
    assert refused.value.next_step


@pytest.mark.parametrize("source", ["def build(prompt:", "import os\nos.environ['NOT_THERE']", "import no_such_package"])
def test_a_module_that_fails_to_import_is_named(module, source):
    with pytest.raises(ConfigError, match="owners_broken:build"):
        load_factory(f"{module(source, 'owners_broken')}:build")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("text", "returned a str, not an Agno Agent or Team"),
        ("broken", "raised KeyError: 'MODEL_URL'"),
    ],
)
def test_what_is_wrong_with_what_it_builds_is_said(module, name, said):
    target = Target(load_factory(f"{module(GOOD)}:{name}"))
    with pytest.raises(ConfigError) as refused:
        target.build("Be brief.")
    assert said in refused.value.message


def test_one_agent_for_all_prompts_is_refused(module):
    target = Target(load_factory(f"{module(GOOD)}:same"))
    assert target.build("Be brief.") is target.build("Be brief.")
    with pytest.raises(ConfigError, match="one and the same agent for different prompts"):
        target.build("Be kind.")


def test_what_a_factory_of_ours_says_is_kept():
    def build(prompt):
        raise ConfigError("no model address", next_step="Set it.")

    with pytest.raises(ConfigError, match=r"\Ano model address\nSet it\.\Z"):
        Target(build).build("x")


def test_members_that_are_made_at_run_time_are_refused():
    from agno.agent import Agent
    from agno.team import Team

    with pytest.raises(ConfigError, match="members of the team are made while it runs"):
        Target(lambda prompt: Team(members=lambda: [Agent()], system_message=prompt)).build("x")


def test_the_default_prompt_is_the_parameters_own(module):
    name = module(GOOD)
    assert default_prompt(load_factory(f"{name}:build")) == "Be kind."
    assert default_prompt(load_factory(f"{name}:Desk.build")) == ""


def test_the_digest_names_the_code(module):
    one = load_factory(f"{module(GOOD)}:build")
    other = load_factory(f"{module(GOOD + '# changed', 'owners_changed')}:build")
    assert len(code_digest_of(one)) == 64
    assert code_digest_of(one) == code_digest_of(one) != code_digest_of(other)
    assert code_digest_of(one) != code_digest_of(load_factory("owners_agents:same"))


@pytest.fixture
def digest_with(tmp_path, monkeypatch):
    """The digest of a package's factory whose files are the given ones, loaded anew."""

    def digest(**files):
        folder = tmp_path / "owners_package"
        folder.mkdir(exist_ok=True)
        agents = "from agno.agent import Agent\nfrom owners_package import tools\ndef build(prompt): return Agent()\n"
        for name, source in ({"__init__": "", "agents": agents, "tools": "PRICE = 1", "unused": ""} | files).items():
            (folder / f"{name}.py").write_text(source)
        for name in [name for name in sys.modules if name.partition(".")[0] == "owners_package"]:
            monkeypatch.delitem(sys.modules, name)
        importlib.invalidate_caches()
        return code_digest_of(load_factory("owners_package.agents:build"))

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield digest
    for name in [name for name in sys.modules if name.partition(".")[0] == "owners_package"]:
        del sys.modules[name]


def test_a_changed_tool_of_the_same_package_is_a_changed_agent(digest_with):
    before = digest_with()
    assert digest_with() == before
    assert digest_with(tools="PRICE = 2 ") != before
    assert digest_with(unused="A = 1") == before


def test_what_is_imported_while_the_agent_runs_does_not_change_the_digest(digest_with):
    before = digest_with()
    importlib.import_module("owners_package.unused")
    assert code_digest_of(load_factory("owners_package.agents:build")) == before


def test_what_the_process_loaded_before_does_not_change_the_digest(digest_with):
    """A worker that has done something else of the package finds the night's cached stages."""
    before = digest_with()
    for name in [name for name in sys.modules if name.partition(".")[0] == "owners_package"]:
        del sys.modules[name]
    importlib.import_module("owners_package.unused")
    assert code_digest_of(load_factory("owners_package.agents:build")) == before


@pytest.mark.parametrize(
    "line", ["from . import {}", "from .{} import A", "import owners_package.{}", "def later():\n    from .{} import A"]
)
def test_each_way_to_import_of_the_own_package_counts(digest_with, line):
    before = digest_with(tools=line.format("unused"), unused="A = 1")
    assert digest_with(tools=line.format("unused"), unused="A = 2 ") != before


def test_a_module_that_nobody_could_import_yet_is_no_error(digest_with):
    assert digest_with(tools="def later():\n    from . import unused", unused="def broken(") != digest_with()
