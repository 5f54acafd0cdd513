"""Reports on disk, and as frames."""

import pytest

import nightschool
from nightschool.errors import DataError
from nightschool.report import read_report, write_report
from tests.unit.report.nights import NIGHT, a_quiet_report, a_report


def results(home, report):
    write_report(report, home)
    return nightschool.results("2026-11-21", target="support/math", home=home)


def test_a_report_comes_back_as_it_was(tmp_path):
    page = write_report(a_report(), tmp_path)
    assert page.read_text().startswith("# Promoted: support/math")
    assert read_report(NIGHT, tmp_path) == a_report()
    assert {file.suffix for file in page.parent.iterdir()} == {".md", ".html", ".json"}


def test_pairs_as_a_frame(tmp_path):
    pairs = results(tmp_path, a_report()).pairs
    assert list(pairs["gain"][:3]) == [1.0, 0.0, -1.0]
    assert pairs["gain"].isna().sum() == 1
    assert list(pairs["slice_domain"]) == ["orders", "math", "orders", "math"]


def test_slices_as_a_frame(tmp_path):
    slices = results(tmp_path, a_report()).slices
    by_value = slices.set_index("value")
    assert by_value.loc["orders", ["n", "incumbent", "challenger", "gain"]].tolist() == [2, 0.5, 0.5, 0.0]
    assert set(slices["kind"]) == {"domain"}


def test_candidates_as_a_frame(tmp_path):
    candidates = results(tmp_path, a_report()).candidates
    assert list(candidates["mean_reward"]) == [0.4, 0.7]


def test_a_night_without_pairs_has_empty_frames_with_the_same_columns(tmp_path):
    quiet, full = results(tmp_path / "quiet", a_quiet_report()), results(tmp_path / "full", a_report())
    assert (len(quiet.pairs), len(quiet.slices)) == (0, 0)
    assert [name for name in full.pairs.columns if not name.startswith("slice_")] == list(quiet.pairs.columns)
    assert list(quiet.slices.columns) == list(full.slices.columns)


def test_pairs_that_nobody_scored_make_no_frame_fail(tmp_path):
    found = results(tmp_path, a_report(rewards=((None, None), (None, None))))
    assert found.pairs["gain"].isna().all()
    assert found.slices["n"].sum() == 2


def test_a_night_without_a_report_names_those_that_there_are(tmp_path):
    with pytest.raises(DataError, match="no report of production-support-2026-11-21") as caught:
        nightschool.results("2026-11-21", target="support", home=tmp_path)
    assert "nightschool retrain" in caught.value.next_step
    write_report(a_report(), tmp_path)
    with pytest.raises(DataError) as caught:
        nightschool.results("2026-11-22", target="support/math", home=tmp_path)
    assert "production-support.math-2026-11-21" in caught.value.next_step


def test_a_night_can_be_named_as_its_report_is(tmp_path):
    found = results(tmp_path, a_report())
    named = nightschool.results(found.report.night.key, home=tmp_path)
    assert named.report == found.report
    with pytest.raises(DataError, match="no report of last-night"):
        nightschool.results("last-night", home=tmp_path)
