"""Tests that last several nights: what was fixed before the first reward, and what each night adds."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field

from nightschool.records.base import Record, StoredRecord
from nightschool.records.digests import digest_of
from nightschool.records.exam import Health
from nightschool.records.policies import GatePolicy

GateTestState = Literal["open", "promoted", "rejected", "held", "declined", "void"]
"""`void`: another incumbent, agent or grader came between. All but `open` have ended."""

RETIRED: tuple[GateTestState, ...] = ("promoted", "rejected", "held", "declined")
"""A pair of prompts that ended so is never tested again by itself; a void one may be, on what it was opened with."""


class GateIdentity(Record):
    """What rewards of several nights must share to be compared: who answers and who grades."""

    judge_model: str = Field(default="", description="empty where no judge grades")
    judge_prompt: str = Field(default="", description="digest of the judge's task")
    judge_temperature: float = 0.0
    rubric: str = Field(default="", description="digest of the site's rubric; empty without one")
    grader: str = Field(default="", description="digest of everything that a grade depends on")
    agent_model: str = Field(default="", description="the model that the factory's agent asks, as far as it tells")
    agent_tools: tuple[str, ...] = ()
    agent_code: str = Field(default="", description="digest of the factory's code and of which tools run")

    @property
    def digest(self) -> str:
        """A name for it: 16 hexadecimal digits."""
        return digest_of(self)[:16]


class GateTerms(Record):
    """The odds of a test, settled when it opens and never changed."""

    alpha: float = Field(gt=0, lt=1, description="false promotions allowed: what had accrued")
    horizon: int = Field(ge=1, description="units that it is planned for")
    unit: Literal["session", "user"]


class GateTest(StoredRecord):
    """One challenger against one incumbent, under one identity, until it is decided."""

    test_id: str
    track: str
    target: str
    challenger: str
    incumbent: str
    identity: GateIdentity
    terms: GateTerms
    opened_on: date = Field(description="run date of the night that opened it")
    opened_at: AwareDatetime
    search: str = Field(default="", description="reference of the search that proposed the challenger")
    state: GateTestState = "open"
    ended_at: AwareDatetime | None = None
    ended_on: date | None = Field(default=None, description="run date of the night that ended it; None where no night did")
    why: str = Field(default="", description="why it ended")

    @property
    def is_open(self) -> bool:
        """Whether nights go on with it."""
        return self.state == "open"


class GateNight(Record):
    """What a night examines for a test, written down before its first reward."""

    test_id: str
    run_date: date
    number: int = Field(ge=1, description="this is the test's n-th night")
    units: tuple[str, ...] = Field(default=(), description="sessions or users, in the order of the bet; none was examined before")


class AlphaEntry(StoredRecord):
    """One opening in a target's ledger of false promotions; entries form a chain from night to night.

    `spent` is the least of `accrued` and the most that a test may have; the rest is forgone.
    """

    id: int
    track: str
    target: str
    test_id: str
    since: date = Field(description="last night of the entry before; for the first entry the day before the target's first night")
    until: date = Field(description="run date of the night that opened the test")
    yearly: float = Field(description="false promotions a year that the target was allowed then")
    accrued: float = Field(description="yearly / 365 for each night after `since` up to `until`")
    spent: float
    at: AwareDatetime


class Grounds(StoredRecord):
    """What a verdict was decided by, beside its pairs: with both it can be derived again."""

    test_id: str = Field(default="", description="empty where there was no challenger to test")
    challenger: str = Field(default="", description="the version whose hash set the order of the units")
    nights: int = 1
    anchors: str = Field(default="", description="names the known answers by which the judge was checked; empty without any")
    policy: GatePolicy = GatePolicy()
    health: Health = Health()
