"""From the three sets to a verdict: the open test goes on, else a search looks for a challenger that opens one."""

from __future__ import annotations

from collections.abc import Sequence

from nightschool.artifacts import ArtifactRef
from nightschool.dataset import Prepared
from nightschool.evaluation import BoughtExam, JudgeCheck
from nightschool.records import GateIdentity, GateTest, GradingPolicy, NightStart, Pair, Record, SearchResult
from nightschool.settings import Settings
from nightschool.training import has_searched
from tasks.carry import carried_test, identity_of, last_spent, open_test, retired_texts, search_behind, sit
from tasks.gate import Judged, gate, not_opened, pairs_of, read_judged
from tasks.health import checks_of
from tasks.night import enough_data, enough_news, keep_search, lineage_of
from tasks.nominees import nominee, with_seen
from tasks.train import read_search, train
from tasks.validate import read_exam, validate
from tasks.validate_judge import tried_judge

Answering = tuple[GradingPolicy, tuple[str, ...], str]
"""Who answers and who grades: what a reward depends on besides the prompt and the question."""


class Outcome(Record):
    """What came of the night's part of a test."""

    judged: Judged
    exam: BoughtExam = BoughtExam()
    """What was bought tonight."""
    pairs: Sequence[Pair] = ()
    """What the verdict rests on, of all nights."""


async def challenge(
    start: NightStart,
    served: str,
    turns: ArtifactRef,
    sets: Prepared,
    examined: list[str],
    answering: Answering,
    settings: Settings,
) -> tuple[SearchResult, GateTest | None, GateIdentity, JudgeCheck | None]:
    """Tonight's challenger and its test; there is none where nothing better was found, or no odds are left to spend.

    Before a search the judge is tried, and what came of that is the last of what is returned.
    """
    identity = identity_of(settings, served)
    trial = (settings, start.night, turns, sets.examples, identity.grader)
    test = carried_test(settings, start, identity)
    if test is not None:
        # A night that was killed after its search has tried the judge already: the journal answers.
        tried = await tried_judge(*trial) if has_searched(start.night, settings.home) else None
        return search_behind(settings, start, test, served), test, identity, tried
    enough_data(settings, sets, examined)
    if (sent := nominee(settings, start, served, sets, examined)) is not None:
        facts = (sent.challenger, sets.examples, identity)
        lineage = lineage_of(start, sent.found, sets.examples, answering)
        test = open_test(settings, start, *facts, examined=sent.examined, lineage=lineage, search=sent.search)
        return sent.found, test, identity, None
    enough_news(settings, start.night, sets)
    judge = await tried_judge(*trial)
    known = (settings.search, settings.prompt, *answering, retired_texts(settings, start), settings.data.neighbours)
    searched = await train(start.night, served, sets.examples, *known, pooled=sets.is_small, settings=settings)
    found = read_search(searched, settings)
    keep_search(settings, start.night, sets)
    if found.challenger is not None:
        lineage = lineage_of(start, found, sets.examples, answering)
        facts = (found.challenger, sets.examples, identity)
        test = open_test(settings, start, *facts, examined=examined, lineage=lineage, search=searched)
    return found, test, identity, judge


async def examine(
    start: NightStart,
    served: str,
    found: SearchResult,
    test: GateTest | None,
    identity: GateIdentity,
    sets: Prepared,
    examined: list[str],
    answering: Answering,
    settings: Settings,
) -> Outcome:
    """Buy tonight's pairs for the test, and decide on those of all its nights."""
    night, policy = start.night, settings.gate
    if found.challenger is None:
        return Outcome(judged=read_judged(gate(served, served, None, None, policy, settings=settings), settings))
    if test is None:
        return Outcome(judged=not_opened(found.challenger.version, last_spent(settings, night)))
    challenger = found.challenger.text
    examined = with_seen(settings, test, sets, examined)
    sitting = sit(settings, start, test, sets.examples, examined=examined)
    checks = checks_of(settings, night, sets.examples, identity.grader)
    seen = (sets.examples, sitting, examined, checks, policy)
    bought = await validate(night, served, challenger, *seen, *answering, settings=settings)
    judged = read_judged(gate(served, challenger, bought, sitting, policy, settings=settings), settings)
    return Outcome(judged=judged, exam=read_exam(bought.exam, settings), pairs=pairs_of(sitting, bought, settings))
