"""How a stage's result is kept: a record as JSON in the home folder, checked against its model when it is read.

Results are small; what is large lies in the artifact store and the record names it. A result that no longer fits its
model, that was cut off when the machine went down, or whose files were deleted counts as missing, and the stage runs again.
"""

from __future__ import annotations

import json
import pkgutil
from pathlib import Path
from typing import Any

from prefect.filesystems import LocalFileSystem
from prefect.results import get_result_store
from prefect.serializers import JSONSerializer
from pydantic import BaseModel

from nightschool.artifacts import ArtifactRef, FolderStore
from nightschool.records import canonical_json

ARTIFACTS = "artifacts"
RESULTS = Path("prefect") / "results"


def keep_results_under(home: Path) -> None:
    """Inside of a flow: let its stages keep their results in `home/prefect/results`, beside the files that they name.

    Where Prefect is set up with another storage for results (object storage, for several machines) that one is used.
    """
    store = get_result_store()
    if store.result_storage is None or isinstance(store.result_storage, LocalFileSystem):
        store.result_storage = LocalFileSystem(basepath=str(home.absolute() / RESULTS))


def record_serializer() -> JSONSerializer[Any]:
    """Prefect's JSON serializer with our own form of records."""
    return JSONSerializer(object_encoder="tasks.results.encode_record", object_decoder="tasks.results.decode_record")


def encode_record(value: Any) -> dict[str, str]:
    """A record as its class and its text (Prefect's `object_encoder`).

    The record is text and not nested JSON, because Prefect would take each dictionary in it with a `__class__` for an
    object to import and to make, and records carry what users wrote.

    Raises:
        TypeError: the value is no record.
    """
    if not isinstance(value, BaseModel):
        raise TypeError(f"a stage returns a record, not a {type(value).__name__}")
    kind = type(value)
    return {"record": f"{kind.__module__}:{kind.__qualname__}", "json": canonical_json(value)}


def decode_record(value: dict[str, str]) -> BaseModel:
    """The record that `encode_record` wrote down (Prefect's `object_decoder`).

    Whatever this raises makes Prefect take the result for missing.

    Raises:
        ImportError, AttributeError: the record's class is gone.
        ValueError: its fields are others now, or a file that it names is gone.
    """
    kind: type[BaseModel] = pkgutil.resolve_name(value["record"])
    record = kind.model_validate(json.loads(value["json"]))
    home = _home()
    if home is not None:
        _must_have(FolderStore(home / ARTIFACTS), record)
    return record


def _home() -> Path | None:
    """The home folder whose results are being read; None where they are kept elsewhere."""
    storage = get_result_store().result_storage
    if not isinstance(storage, LocalFileSystem) or not storage.basepath:
        return None
    place = Path(storage.basepath)
    return place.parents[1] if place.parts[-2:] == RESULTS.parts else None


def _must_have(store: FolderStore, record: BaseModel) -> None:
    named = [record, *(getattr(record, field) for field in type(record).model_fields)]
    gone = [ref.file_name for ref in named if isinstance(ref, ArtifactRef) and not store.has(ref)]
    if gone:
        raise ValueError(f"the files {', '.join(gone)} were deleted")
