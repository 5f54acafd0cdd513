"""Where the artifacts of an installation are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightschool.artifacts.objects import ObjectStore
from nightschool.artifacts.store import FolderStore

if TYPE_CHECKING:
    from nightschool.settings import Settings

FOLDER = "artifacts"


def artifacts_of(settings: Settings) -> FolderStore:
    """The folder `artifacts` in `home`, with the object storage behind it where `artifacts_url` names one."""
    folder = settings.home / FOLDER
    return ObjectStore(folder, settings.artifacts_url) if settings.artifacts_url else FolderStore(folder)
