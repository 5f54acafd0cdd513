"""The store's interface, the small reference that travels between stages, and the store in a folder."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from pydantic import Field

from nightschool.errors import DataError
from nightschool.records import Record

Writer = Callable[[Path], int]
"""Makes the file at a path that is still free, and returns how many rows it wrote."""

_NAME_DIGITS = 16
_PIECE_BYTES = 1 << 20


class ArtifactRef(Record):
    """What names one file: small enough to travel between stages and into cache keys."""

    kind: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$", description="what it holds, like `turns`; also its folder's name")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file's bytes")
    suffix: str = Field(pattern=r"^\.[a-z0-9.]+$", description="the file's ending, like .parquet")
    rows: int = Field(ge=0, description="rows of a table, records of a list; 1 for a single document")

    @property
    def file_name(self) -> str:
        """The file's name within its kind: the digest's first 16 digits and the suffix."""
        return f"{self.digest[:_NAME_DIGITS]}{self.suffix}"


class ArtifactStore(Protocol):
    """Keeps files by their content: the same content is the same file under the same name."""

    def write(self, kind: str, suffix: str, writer: Writer) -> ArtifactRef:
        """Keep what `writer` writes. Either the whole file becomes visible, or nothing does."""
        ...

    def path(self, ref: ArtifactRef) -> Path:
        """A local file to read.

        Raises:
            DataError: where the store no longer has it.
        """
        ...

    def has(self, ref: ArtifactRef) -> bool:
        """Whether the store has this file."""
        ...

    def write_json(self, kind: str, value: Any) -> ArtifactRef:
        """Keep a plain JSON value, indented, with sorted keys, so that equal values are equal files."""
        ...

    def read_json(self, ref: ArtifactRef) -> Any:
        """The value that `write_json` kept."""
        ...


class FolderStore:
    """Artifacts in a folder: `<root>/<kind>/<first 16 digits of the digest><suffix>`.

    A file is written beside its final place under a temporary name (a dot in front), flushed to the disk, and moved: a
    process that dies half-way leaves no visible file. Processes may write the same content at the same time.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, kind: str, suffix: str, writer: Writer) -> ArtifactRef:
        """Keep what `writer` writes; see `ArtifactStore.write`."""
        folder = self.root / kind
        folder.mkdir(parents=True, exist_ok=True)
        with temporary_file(folder, suffix) as temporary:
            rows = writer(temporary)
            ref = ArtifactRef(kind=kind, digest=flushed_digest(temporary), suffix=suffix, rows=rows)
            temporary.replace(self._place(ref))
        _flush_folder(folder)
        return ref

    def path(self, ref: ArtifactRef) -> Path:
        """The file itself; see `ArtifactStore.path`."""
        if not self.has(ref):
            raise DataError(
                f"The artifact {self._place(ref)} is missing ({ref.kind}, {ref.rows} rows).",
                next_step="It was deleted or belongs to another home folder: run the night again, it is made anew.",
            )
        return self._place(ref)

    def has(self, ref: ArtifactRef) -> bool:
        """Whether the file is there."""
        return self._place(ref).is_file()

    def write_json(self, kind: str, value: Any) -> ArtifactRef:
        """Keep a plain JSON value; see `ArtifactStore.write_json`."""
        text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n"

        def fill(path: Path) -> int:
            path.write_text(text, encoding="utf-8")
            return len(value) if isinstance(value, list) else 1

        return self.write(kind, ".json", fill)

    def read_json(self, ref: ArtifactRef) -> Any:
        """The value that `write_json` kept."""
        return json.loads(self.path(ref).read_text(encoding="utf-8"))

    def _place(self, ref: ArtifactRef) -> Path:
        return self.root / ref.kind / ref.file_name


@contextmanager
def temporary_file(folder: Path, suffix: str) -> Iterator[Path]:
    """A free name in the folder; what is written there is gone afterwards unless it was moved."""
    path = folder / f".writing-{uuid.uuid4().hex}{suffix}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def flushed_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, 64 hexadecimal digits; what it holds is on the disk afterwards."""
    digest = hashlib.sha256()
    # "rb+": some systems refuse to flush a file that is open for reading only.
    with path.open("rb+") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
        os.fsync(file.fileno())
    return digest.hexdigest()


def _flush_folder(folder: Path) -> None:
    """Make the move itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
