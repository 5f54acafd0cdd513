"""What one machine kept on object storage another one reads, and nothing that was changed on the way."""

import fsspec
import pytest

from nightschool.artifacts import ArtifactRef, ObjectStore, artifacts_of
from nightschool.errors import ConfigError, DataError, TransientError
from nightschool.settings import Settings

URL = "memory://bucket/nightschool"


@pytest.fixture(autouse=True)
def storage():
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


@pytest.fixture
def machines(tmp_path):
    return [ObjectStore(tmp_path / name, URL) for name in ("one", "two")]


def test_another_machine_reads_what_one_kept(machines):
    one, two = machines
    ref = one.write_json("search", {"found": "Trả lời."})
    assert two.has(ref)
    assert two.read_json(ref) == {"found": "Trả lời."}


def test_what_was_read_once_is_here(machines, storage):
    one, two = machines
    ref = one.write_json("search", [1, 2])
    two.path(ref)
    storage.store.clear()
    assert two.read_json(ref) == [1, 2]


def test_what_nobody_kept_is_missing(machines):
    ref = ArtifactRef(kind="turns", digest="0" * 64, suffix=".parquet", rows=1)
    assert not machines[0].has(ref)
    with pytest.raises(DataError, match="missing"):
        machines[0].path(ref)


def test_what_was_changed_on_the_way_is_refused(machines, storage, tmp_path):
    one, two = machines
    ref = one.write_json("search", [1])
    storage.pipe_file(f"/bucket/nightschool/search/{ref.file_name}", b"[2]")
    with pytest.raises(DataError, match="not the file"):
        two.path(ref)
    assert not list((tmp_path / "two").rglob("*.json"))


def test_a_storage_that_fails_is_worth_another_try(machines, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError("slow down")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "put_file", refuse)
    with pytest.raises(TransientError, match="slow down"):
        machines[0].write_json("search", [1])


def test_the_second_try_puts_what_the_first_could_not(machines, monkeypatch):
    one, two = machines
    with monkeypatch.context() as broken:
        broken.setattr(type(fsspec.filesystem("memory")), "put_file", lambda *_args, **_kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            one.write_json("search", [1])
    assert two.read_json(one.write_json("search", [1])) == [1]


def test_the_settings_say_where(tmp_path):
    ref = artifacts_of(Settings(home=tmp_path / "one", artifacts_url=URL)).write_json("search", [1])
    assert artifacts_of(Settings(home=tmp_path / "two", artifacts_url=URL)).read_json(ref) == [1]
    assert not artifacts_of(Settings(home=tmp_path / "three")).has(ref)


def test_an_unknown_kind_of_storage_is_a_wrong_setting(tmp_path):
    with pytest.raises(ConfigError, match="nowhere"):
        ObjectStore(tmp_path, "nowhere://bucket")
