"""How a command ends: the exit code, and what is said on the way out."""

import pytest
from prefect.states import Completed, Failed

from flows import command
from flows.endings import guarded
from nightschool.errors import ConfigError, DataError, IncumbentMoved, LLMError, NightschoolError, NoData, TransientError
from nightschool.records import EndState
from nightschool.report import write_report
from nightschool.settings import load_settings
from tests.unit.report.nights import NIGHT, a_report


def ended_with(error, capsys, *, debug=False):
    def run():
        raise error

    with pytest.raises(SystemExit) as caught:
        guarded(run, debug=debug)
    return caught.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (NightschoolError, 1),
        (ConfigError, 2),
        (DataError, 3),
        (LLMError, 4),
        (TransientError, 4),
        (IncumbentMoved, 5),
        (NoData, 0),
    ],
)
def test_each_kind_of_error_has_its_documented_code(kind, code, capsys):
    found, said = ended_with(kind("what was found", next_step="what to type"), capsys)
    assert found == code
    assert said.splitlines() == [f"{kind.__name__}: what was found", "what to type"]


def test_debug_adds_the_traceback_and_keeps_the_code(capsys):
    code, said = ended_with(DataError("what was found"), capsys, debug=True)
    assert code == 3
    assert said.startswith("Traceback (most recent call last)")


def test_an_interrupt_says_that_the_night_can_go_on(capsys):
    code, said = ended_with(KeyboardInterrupt(), capsys)
    assert code == 130
    assert "goes on where this one stopped" in said


def test_a_bug_is_not_dressed_up_as_something_else(capsys):
    def run():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guarded(run, debug=False)


@pytest.mark.parametrize(
    ("state", "code"),
    [
        *[(Completed(name=name), 0) for name in ("Promoted", "Rejected", "Undecided", "Held", "NoData", "Skipped")],
        (Failed(name="Invalid"), 6),
    ],
    ids=lambda value: value if isinstance(value, int) else value.name,
)
def test_every_end_state_has_its_code(state, code, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    settings = load_settings(home=tmp_path, target=NIGHT.target)
    write_report(a_report().model_copy(update={"end_state": EndState(state.name)}), tmp_path)
    assert command._tell(state, settings, NIGHT) == code
    assert state.name in capsys.readouterr().out
