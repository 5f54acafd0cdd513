"""The frozen records that travel between rooms and into files; see the glossary in the README's design link."""

from nightschool.records.backfills import NOT_DONE, BackfillDate, DateState, Nomination
from nightschool.records.base import Record, StoredRecord
from nightschool.records.conversations import Message, ToolCall, Turn, Window
from nightschool.records.data_policies import DataPolicy, NeighbourPolicy, ScrubKind, ScrubPolicy, SourcePolicy
from nightschool.records.digests import canonical_json, digest_of, digest_of_text
from nightschool.records.exam import ArmRatio, Health, Pair, Sample, SliceFigures, Verdict, VerdictDecision
from nightschool.records.examples import Example, ExampleOrigin, ExampleSet, Splits
from nightschool.records.gate_tests import (
    RETIRED,
    AlphaEntry,
    GateIdentity,
    GateNight,
    GateTerms,
    GateTest,
    GateTestState,
    Grounds,
)
from nightschool.records.nights import BACKFILL, EndState, Night, NightStart, as_name
from nightschool.records.operations_policies import AlertPolicy, BackfillPolicy, OperationsPolicy, SchedulePolicy
from nightschool.records.policies import (
    BudgetPolicy,
    GatePolicy,
    GradingPolicy,
    GuardAction,
    GuardPolicy,
    ModelPolicy,
    PromptPolicy,
    RatePolicy,
    RolloutPolicy,
    SearchPolicy,
    TracingPolicy,
)
from nightschool.records.prompts import Candidate, Lineage, PromptVersion, SearchResult, version_of
from nightschool.records.rollouts import Fault, Rollout, RolloutFault
from nightschool.records.shadow import ShadowFigures, ShadowPolicy

__all__ = [
    "BACKFILL",
    "NOT_DONE",
    "RETIRED",
    "AlertPolicy",
    "AlphaEntry",
    "ArmRatio",
    "BackfillDate",
    "BackfillPolicy",
    "BudgetPolicy",
    "Candidate",
    "DataPolicy",
    "DateState",
    "EndState",
    "Example",
    "ExampleOrigin",
    "ExampleSet",
    "Fault",
    "GateIdentity",
    "GateNight",
    "GatePolicy",
    "GateTerms",
    "GateTest",
    "GateTestState",
    "GradingPolicy",
    "Grounds",
    "GuardAction",
    "GuardPolicy",
    "Health",
    "Lineage",
    "Message",
    "ModelPolicy",
    "NeighbourPolicy",
    "Night",
    "NightStart",
    "Nomination",
    "OperationsPolicy",
    "Pair",
    "PromptPolicy",
    "PromptVersion",
    "RatePolicy",
    "Record",
    "Rollout",
    "RolloutFault",
    "RolloutPolicy",
    "Sample",
    "SchedulePolicy",
    "ScrubKind",
    "ScrubPolicy",
    "SearchPolicy",
    "SearchResult",
    "ShadowFigures",
    "ShadowPolicy",
    "SliceFigures",
    "SourcePolicy",
    "Splits",
    "StoredRecord",
    "ToolCall",
    "TracingPolicy",
    "Turn",
    "Verdict",
    "VerdictDecision",
    "Window",
    "as_name",
    "canonical_json",
    "digest_of",
    "digest_of_text",
    "version_of",
]
