"""Content-addressed files: what one stage writes and the next one reads, and a person can open."""

from nightschool.artifacts.objects import ObjectStore
from nightschool.artifacts.opening import artifacts_of
from nightschool.artifacts.store import ArtifactRef, ArtifactStore, FolderStore, Writer

__all__ = ["ArtifactRef", "ArtifactStore", "FolderStore", "ObjectStore", "Writer", "artifacts_of"]
