"""Artifacts on object storage, for nights that run on several machines: the same names below a URL, through fsspec."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from nightschool.artifacts.store import ArtifactRef, FolderStore, Writer, flushed_digest, temporary_file
from nightschool.errors import ConfigError, DataError, TransientError

Answer = TypeVar("Answer")


class ObjectStore(FolderStore):
    """Artifacts below a URL like `s3://bucket/nightschool`; this machine's folder keeps what it wrote or read.

    An object is put whole or not at all, under a name that says its content, so that machines may write the same one at the
    same time. What is fetched is checked against its digest.

    Args:
        root: the folder of this machine's copies; may be emptied when nothing runs.
        url: where the artifacts are kept, as fsspec takes it; its credentials are those of the environment.

    Raises:
        ConfigError: where there is no such kind of storage, or what it needs is not installed.
    """

    def __init__(self, root: Path, url: str) -> None:
        import fsspec

        super().__init__(root)
        try:
            self._files, base = fsspec.url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise ConfigError(
                f"artifacts_url = {url} is no storage that can be used here: {error}",
                next_step='For s3://bucket/folder: pip install "nightschool[machines]".',
            ) from error
        self._base = base.rstrip("/")

    def write(self, kind: str, suffix: str, writer: Writer) -> ArtifactRef:
        """Keep what `writer` writes, here and there; see `ArtifactStore.write`.

        Raises:
            TransientError: where the storage does not take it.
        """
        ref = super().write(kind, suffix, writer)
        if not self._is_there(ref):
            self._asked("put", self._put, ref)
        return ref

    def path(self, ref: ArtifactRef) -> Path:
        """This machine's copy, fetched where it has none; see `ArtifactStore.path`."""
        if not super().has(ref) and self._is_there(ref):
            self._asked("get", self._fetch, ref)
        return super().path(ref)

    def has(self, ref: ArtifactRef) -> bool:
        """Whether the file is here or there."""
        return super().has(ref) or self._is_there(ref)

    def _is_there(self, ref: ArtifactRef) -> bool:
        # Another machine may have put it a moment ago: what fsspec remembers of the folder does not count.
        self._files.invalidate_cache()
        return self._asked("look for", self._exists, ref)

    def _exists(self, ref: ArtifactRef) -> bool:
        return bool(self._files.exists(self._object(ref)))

    def _put(self, ref: ArtifactRef) -> None:
        self._files.makedirs(f"{self._base}/{ref.kind}", exist_ok=True)
        self._files.put_file(str(self._place(ref)), self._object(ref))

    def _fetch(self, ref: ArtifactRef) -> None:
        place = self._place(ref)
        place.parent.mkdir(parents=True, exist_ok=True)
        with temporary_file(place.parent, ref.suffix) as temporary:
            self._files.get_file(self._object(ref), str(temporary))
            if flushed_digest(temporary) != ref.digest:
                raise DataError(
                    f"{self._object(ref)} is not the file that was kept under this name.",
                    next_step="Put it back from a backup, or delete it and run the night again: it is made anew.",
                )
            temporary.replace(place)

    def _object(self, ref: ArtifactRef) -> str:
        return f"{self._base}/{ref.kind}/{ref.file_name}"

    def _asked(self, what: str, ask: Callable[[ArtifactRef], Answer], ref: ArtifactRef) -> Answer:
        try:
            return ask(ref)
        except OSError as error:
            raise TransientError(f"the storage of artifacts failed to {what} {self._object(ref)}: {error}") from error
