"""One opinion of one answer, at one time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field, ValidationError, field_validator

from nightschool.errors import ConfigError
from nightschool.records import Record


def _storable(text: object) -> object:
    """No NUL and no lone surrogate: databases refuse both, and neither means anything in a comment."""
    if not isinstance(text, str):
        return text
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_Text = Annotated[str, BeforeValidator(_storable)]


class FeedbackEntry(Record):
    """What somebody said of one run's answer; entries are only ever added, the latest one counts."""

    run_id: _Text = Field(min_length=1, description="the run that is rated")
    rating: int = Field(ge=1, le=5, strict=True, description="1 (bad) to 5 (very good)")
    comment: _Text = ""
    correction: _Text | None = Field(
        default=None, description="the right answer instead; None says nothing of it, an empty text withdraws an earlier one"
    )
    rated_at: AwareDatetime
    author: _Text = ""

    @field_validator("rated_at")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        return value.astimezone(UTC)


def checked_entry(
    run_id: str, rating: int, *, comment: str, correction: str | None, rated_at: datetime | None, author: str
) -> FeedbackEntry:
    """An entry from a caller's own words; `rated_at` None means now.

    Raises:
        ConfigError: saying in plain words which value can't be taken.
    """
    moment = rated_at or datetime.now(UTC)
    try:
        return FeedbackEntry(run_id=run_id, rating=rating, comment=comment, correction=correction, rated_at=moment, author=author)
    except ValidationError as error:
        raise ConfigError(_explain(error, run_id), next_step="nightschool rate RUN_ID 1-5 [--comment …] [--correct …]") from None


def _explain(error: ValidationError, run_id: object) -> str:
    first = error.errors()[0]
    field = str(first["loc"][0])
    if field == "rating":
        return f"A rating is a whole number from 1 (bad) to 5 (very good), not {first['input']!r} (run {run_id!r})."
    return f"The feedback on run {run_id!r} can't be kept: {field}: {first['msg']}"
