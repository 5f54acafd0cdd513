"""Policies of the data: what is read, what is replaced in it, which turns become examples, and how they are split."""

from __future__ import annotations

import re
from typing import Literal, get_args

from pydantic import Field, field_validator

from nightschool.records.base import Record

ScrubKind = Literal[
    "email", "phone", "card", "iban", "ip", "national_id", "name",
    "url_login", "jwt", "private_key", "api_key", "password", "custom",
]  # fmt: skip
"""What scrubbing looks for: personal data, then secrets, then what the site's own patterns match."""


class ScrubPolicy(Record):
    """What is replaced in conversations before anything else reads them."""

    mode: Literal["surrogates", "placeholders", "off"] = Field(
        default="surrogates",
        description="personal data become made-up data of the same form, or placeholders like ⟨EMAIL_1⟩; "
        "secrets become placeholders in both",
    )
    kinds: tuple[ScrubKind, ...] = Field(default=get_args(ScrubKind), description="kinds of data that are replaced")
    patterns: tuple[str, ...] = Field(
        default=(), description="expressions (RE2's syntax) of the site's own; what they match becomes ⟨CUSTOM_1⟩"
    )
    allowed: tuple[str, ...] = Field(
        default=(), description="values that stay, like the shop's number; @shop.example allows all its addresses"
    )
    second_pass: str = Field(
        default="",
        description="what reads the kept examples once more: `phonenumbers` (an extra to install), or package.module:object",
    )

    @field_validator("patterns")
    @classmethod
    def _patterns_compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                matches_nothing = re.search(pattern, "") is not None
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
            if matches_nothing:
                raise ValueError(f"{pattern!r} matches the empty text, which would be everywhere")
        return patterns


class NeighbourPolicy(Record):
    """How much two questions may differ and still be one, beside what no setting changes: same numbers, same words."""

    max_edit_share: float = Field(
        default=0.22, ge=0, lt=1, description="edits, as a share of the longer text, up to which two questions are one"
    )
    max_loose_edit_share: float = Field(
        default=0.3, ge=0, lt=1, description="the same, up to which two questions are too alike to stand in different sets"
    )


class DataPolicy(Record):
    """Which turns become examples, and how they are split."""

    max_real_data_age_days: int = Field(default=30, ge=1, description="length of the window in days, where no start is given")
    overlap_days: int = Field(
        default=2,
        ge=0,
        le=30,
        description="days before its last one that a night reads at least (not with a start of your own), because a turn may be "
        "stored after its night; a window of more days has them anyway; 0: none",
    )
    min_train: int = Field(default=50, ge=1, description="examples; fewer end the night as NoData")
    min_validation: int = Field(default=20, ge=1, description="examples; fewer end the night as NoData")
    min_held_out: int = Field(default=20, ge=1, description="sessions that no promotion has used; fewer end the night as NoData")
    held_out_share: float = Field(default=0.3, gt=0, lt=1, description="share of the sessions that only the gate sees")
    validation_share: float = Field(
        default=0.2, gt=0, lt=1, description="share of the remaining sessions that the search ranks on"
    )
    split_by: Literal["session", "user"] = Field(
        default="session", description="what stays together in one set: a session, or all sessions of a user"
    )
    small_site: int = Field(
        default=300, ge=0, description="examples below which half is held out, and train and validation are pooled; 0: never"
    )
    plausible_gain: float = Field(
        default=0.2, gt=0, le=1, description="gain in reward that the held-out sessions must be able to confirm; else NoData"
    )
    min_rating: int = Field(default=4, ge=1, le=5, description="an answer rated so or better gives the expected answer")
    min_question_chars: int = Field(default=3, ge=1, description="shorter questions are noise")
    max_question_chars: int = Field(default=8000, ge=1, description="longer questions are noise")
    max_quarantined_share: float = Field(default=0.02, ge=0, le=1, description="more unreadable rows than this stop the stage")
    languages: tuple[str, ...] = Field(
        default=(), description='languages of questions that are kept, like ["vi", "en"]; empty: all'
    )
    language_detector: Literal["rules", "py3langid"] = Field(
        default="rules", description="what tells Vietnamese from English; py3langid is a package to install beside"
    )
    task_type: str = Field(default="conversation", description="category of real turns that the rules know no category for")
    labeller: str = Field(
        default="rules",
        description="who names category, difficulty and language: rules, llm (models.labeller_model, within the budget), "
        "or your own, `package.module:object`",
    )
    use_real_data: bool = Field(default=True, description="always true: the exam is held on real conversations")
    curated_files: tuple[str, ...] = Field(default=(), description="JSON lists of curated questions that join the train set")
    must_pass_files: tuple[str, ...] = Field(
        default=(), description="further curated files, whose questions a challenger may not fail where the incumbent passes"
    )
    curated_share: float = Field(
        default=1.0, gt=0, le=1, description="at most this share of the train set is curated (must-pass questions always stay)"
    )
    scrub: ScrubPolicy = ScrubPolicy()
    neighbours: NeighbourPolicy = NeighbourPolicy()

    @property
    def all_curated_files(self) -> tuple[str, ...]:
        """Both kinds of curated files, each once."""
        return tuple(dict.fromkeys((*self.curated_files, *self.must_pass_files)))

    @field_validator("use_real_data")
    @classmethod
    def _exam_is_real(cls, value: bool) -> bool:
        if not value:
            raise ValueError("the exam needs real conversations; curated questions join the training set by data.curated_files")
        return value


class SourcePolicy(Record):
    """Where in the database of conversations the turns are, and how they are read."""

    reader: str = Field(
        default="",
        description="a source of your own, `package.module:object`, called with the database and the agent's id; "
        "empty: chosen by what the database is",
    )
    db_schema: str = Field(default="ai", description="PostgreSQL schema that Agno's tables are in")
    sessions_table: str = Field(
        default="", description="Agno's `session_table`, where it is not `agno_sessions`; empty: found by its columns"
    )
    runs_table: str = Field(
        default="", description="Agno 3's table of runs, where it is not `agno_runs`; empty: found by its columns"
    )
    conversations_table: str = Field(default="", description="the plain table of questions and answers; empty: `conversations`")
    history_runs: int = Field(
        default=10, ge=0, le=50, description="earlier runs of a session that its agent is shown (`num_history_runs`)"
    )
    statement_timeout_s: float = Field(default=300.0, gt=0, description="seconds that a PostgreSQL server may work on one query")
