import pytest
from typer.testing import CliRunner

from nightschool.cli.app import app
from nightschool.records import version_of
from nightschool.registry import Registry
from tests.unit.registry.conftest import ticking
from tests.unit.registry.nights import SEED, a_night, prepare, promoted

FIRST, SECOND = f"{SEED}\nAnswer with {{value}} [bold].", "Trả lời ngắn.\nAnswer with {value} [bold]."


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working folder without any settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


@pytest.fixture
def cli(folder):
    """Run a command as a person would; what it prints and its exit code come back."""

    def run(*arguments, **fields):
        return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="nightschool", **fields)

    return run


@pytest.fixture
def versions(folder):
    """A home with two promotions and a rejected challenger between them: seed, first, second, rejected."""
    with Registry(f"sqlite:///{folder / '.nightschool' / 'registry.db'}", clock=ticking()) as registry:
        promoted(registry, a_night(19, target="default"), FIRST)
        rejected, _, _ = prepare(registry, a_night(20, target="default"), "In verse.", decision="reject")
        promoted(registry, a_night(21, target="default"), SECOND)
    return [version_of(SEED), version_of(FIRST), version_of(SECOND), rejected]
