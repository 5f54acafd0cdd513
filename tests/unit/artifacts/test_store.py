"""A file is wholly there or not there, and its name is its content."""

import hashlib
import json
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightschool.artifacts import ArtifactRef, FolderStore
from nightschool.errors import DataError
from tests.processes import forks


def writer_of(content: bytes, rows: int = 1):
    def fill(path: Path) -> int:
        path.write_bytes(content)
        return rows

    return fill


def visible(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_a_file_is_named_by_its_content(tmp_path):
    store = FolderStore(tmp_path)
    ref = store.write("turns", ".parquet", writer_of(b"abc", rows=3))
    digest = hashlib.sha256(b"abc").hexdigest()
    assert ref == ArtifactRef(kind="turns", digest=digest, suffix=".parquet", rows=3)
    assert store.path(ref) == tmp_path / "turns" / f"{digest[:16]}.parquet"
    assert store.path(ref).read_bytes() == b"abc"


def test_the_same_content_is_the_same_file(tmp_path):
    store = FolderStore(tmp_path)
    assert store.write("turns", ".txt", writer_of(b"abc")) == store.write("turns", ".txt", writer_of(b"abc"))
    assert len(visible(tmp_path)) == 1


def test_a_writer_that_fails_leaves_nothing(tmp_path):
    def half(path: Path) -> int:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        FolderStore(tmp_path).write("turns", ".parquet", half)
    assert visible(tmp_path) == []


def _die_half_way(root: Path) -> None:
    def half(path: Path) -> int:
        path.write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    FolderStore(root).write("turns", ".parquet", half)


def test_a_process_killed_half_way_leaves_no_visible_file(tmp_path):
    child = forks().Process(target=_die_half_way, args=(tmp_path,))
    child.start()
    child.join(30)
    assert child.exitcode == -signal.SIGKILL
    assert [name for name in visible(tmp_path) if not name.startswith(".")] == []


def test_a_missing_file_says_what_to_do(tmp_path):
    store = FolderStore(tmp_path)
    ref = store.write("turns", ".txt", writer_of(b"abc"))
    store.path(ref).unlink()
    assert not store.has(ref)
    with pytest.raises(DataError, match=r"(?s)turns.*run the night again"):
        store.path(ref)


def test_others_may_read_an_artifact(tmp_path):
    store = FolderStore(tmp_path)
    old = os.umask(0o022)
    try:
        ref = store.write("turns", ".txt", writer_of(b"abc"))
    finally:
        os.umask(old)
    assert store.path(ref).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("wrong", [{"kind": "../up"}, {"suffix": "/x"}, {"digest": "00"}])
def test_a_reference_cannot_leave_its_folder(wrong):
    fields = {"kind": "turns", "digest": "0" * 64, "suffix": ".txt", "rows": 0} | wrong
    with pytest.raises(ValueError, match="pattern"):
        ArtifactRef(**fields)


plain_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcđ", max_size=3), inner, max_size=3),
)


@given(value=plain_json)
@settings(max_examples=50, deadline=None)
def test_json_survives_and_equal_values_are_equal_files(tmp_path_factory, value):
    store = FolderStore(tmp_path_factory.mktemp("store"))
    ref = store.write_json("card", value)
    assert store.read_json(ref) == value
    assert store.write_json("card", json.loads(json.dumps(value))) == ref
