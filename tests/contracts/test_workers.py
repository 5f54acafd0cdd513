"""How `make test` shares the tests out: what belongs together stays together, what is long starts first."""

from __future__ import annotations

from tests.workers import long_pieces_first, piece_of

GUARDS = "tests/unit/gate/test_guards.py::test_a_slice_that_loses[0.1::x]"
NEW = "tests/unit/some_new_room/test_it.py::test_it"
NIGHT = "tests/integration/night/test_night.py::test_it"
NEW_FOLDER = "tests/integration/some_new_folder/test_it.py::test_it"
REAL_NIGHT = "tests/e2e/test_real_model_night.py::test_it"
REAL_SERVER = "tests/integration/local_model/test_server.py::test_it"


def test_a_folder_that_shares_its_set_up_is_one_piece_and_any_other_file_too():
    assert piece_of(NIGHT) == piece_of("tests/integration/night/test_dry_run.py::test_other")
    assert piece_of(GUARDS) == "tests/unit/gate/test_guards.py"
    assert len({piece_of(test) for test in (NIGHT, NEW_FOLDER, GUARDS, NEW)}) == 4


def test_all_that_runs_the_real_model_is_one_piece():
    assert piece_of(REAL_NIGHT) == piece_of(REAL_SERVER)


def test_long_pieces_start_first():
    given = [GUARDS, REAL_SERVER, NEW, NEW_FOLDER, NIGHT, REAL_NIGHT]
    assert long_pieces_first((test, test) for test in given) == [REAL_SERVER, REAL_NIGHT, NIGHT, NEW_FOLDER, GUARDS, NEW]
