"""What all records share: they are frozen, they refuse unknown fields, and stored ones know their schema."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """An immutable value; two records with equal fields are equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StoredRecord(Record):
    """A record that is written to a file or a database and read back by later versions."""

    schema_version: int = 1
