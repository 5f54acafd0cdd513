"""The critic: reads a prompt and its runs, and says what the prompt fails to ask for.

It uses nothing but the texts and rewards that it is shown. Like a real one it is sometimes beside the point.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from nightschool.simulator.comparing import shows_work
from nightschool.simulator.draws import choose, draw
from nightschool.simulator.language import admits_ignorance, language_of, normalise, reads_as
from nightschool.simulator.skills import Skill, read_prompt
from nightschool.simulator.transcripts import Shown, ShownRun, read_request

FAILED_BELOW = 0.6
FLAWED_BELOW = 0.9
MAX_POINTS = 3
BESIDE_THE_POINT = 0.12
"""How often a critique at a temperature above 0 names something that does not matter."""

_HEDGES = re.compile(r"\b(?:it depends|somewhere between|possible|perhaps|còn tùy|trong khoảng|nhiều hướng)\b")
_ORDER = re.compile(r"\b(?:order|purchase|shipment|đơn|kiện)\b.*\d{4,}")
_CANNOT_BE_KNOWN = re.compile(
    r"\b(?:next year|years from now|in the year 20[3-9]\d|elsewhere|lottery|sang năm|năm 20[3-9]\d|ba năm sau|chỗ khác|xổ số)\b"
)
_VALUE_WITHOUT_UNIT = re.compile(r"\d[\d.]*\.?\s*$")
_ASKS_FOR_AMOUNT = re.compile(
    r"\b(?:how (?:much|many)|what (?:do|does|is|change|are)|convert|worth|total|pay|bao nhiêu|mấy|đổi|hết)\b"
)

_POINTS: Mapping[Skill, tuple[str, ...]] = {
    Skill.STEPS: (
        "Results are wrong and no work is shown: require the assistant to work step by step before it answers.",
        "Reasoning is left out; demand that every calculation is shown step by step.",
    ),
    Skill.FINAL: (
        "Several runs never commit to one result: require a last line of the form “Final answer: <value>”.",
        "The output format is open-ended; ask it to end every reply with a final answer line.",
    ),
    Skill.UNITS: (
        "Values come back as bare figures, off by orders of magnitude: require the unit with every value.",
        "Units are missing from results; state that each quantity must carry its unit.",
    ),
    Skill.TOOLS: (
        "It answers from memory where a calculation or a record is needed: instruct it to use its tools.",
        "The available tools go unused; tell it to call the calculator for arithmetic and to look orders up.",
    ),
    Skill.LANGUAGE: (
        "Users are answered in another language than they wrote in: require the same language as the question.",
        "Language consistency is missing; it must reply in the user's language.",
    ),
    Skill.HONESTY: (
        "Unanswerable questions get invented facts: it must say that it does not know.",
        "There is no rule for missing information; forbid it to make things up and let it admit ignorance.",
    ),
    Skill.DIRECT: (
        "Some runs only pose a counter-question: tell it to be brief and to the point.",
        "It stalls with counter-questions; require that it reply directly.",
    ),
}
_IDLE_POINTS = (
    "The tone is a little dry; a warmer voice would be welcome.",
    "The prompt could be more vivid in describing the assistant's persona.",
    "Consider a friendlier opening sentence.",
)


def critique(text: str, *, seed: int, sample: str) -> str:
    """The critic's answer to a critique request; `sample` is empty at temperature 0."""
    return "Critique:\n" + points_on(read_request(text), text, seed=seed, sample=sample)


def points_on(shown: Shown, text: str, *, seed: int, sample: str) -> str:
    """What a prompt fails to ask for, one point a line; `text` is the request that showed it."""
    evidence = diagnose(shown)
    names = (seed, "critic", text, sample)
    ranked = sorted(evidence, key=lambda skill: (-evidence[skill] * _emphasis(skill, names, sample), skill))
    points = [f"- {choose(_POINTS[skill], *names, skill)}" for skill in ranked[:MAX_POINTS]]
    if not points or (sample and draw(*names, "idle") < BESIDE_THE_POINT):
        points.append(f"- {choose(_IDLE_POINTS, *names)}")
    return "\n".join(points)


def diagnose(shown: Shown) -> Counter[Skill]:
    """What the prompt should ask for and does not, by how many of the runs shown speak for it."""
    already = read_prompt(shown.prompt)
    evidence: Counter[Skill] = Counter()
    for run in shown.runs:
        if run.reward is not None and run.reward < FLAWED_BELOW:
            evidence.update(_flaws(run))
    return Counter({skill: count for skill, count in evidence.items() if already.of(skill) < FAILED_BELOW})


def _flaws(run: ShownRun) -> list[Skill]:
    flaws = [] if reads_as(run.answer, language_of(run.question)) else [Skill.LANGUAGE]
    if run.reward is not None and run.reward < FAILED_BELOW and run.answer.strip():
        flaws += _failures(run)
    return flaws


def _failures(run: ShownRun) -> list[Skill]:
    question, answer = normalise(run.question), normalise(run.answer)
    if answer.endswith("?"):
        return [Skill.DIRECT]
    if _CANNOT_BE_KNOWN.search(question) and not admits_ignorance(answer):
        return [Skill.HONESTY]
    if _ORDER.search(question) and not run.used_tool and not re.search(r"\d", answer):
        return [Skill.TOOLS]
    if _HEDGES.search(answer):
        return [Skill.FINAL]
    return _wrong_results(question, answer, run)


def _wrong_results(question: str, answer: str, run: ShownRun) -> list[Skill]:
    flaws = []
    amount = bool(_ASKS_FOR_AMOUNT.search(question)) and bool(re.search(r"\d", answer))
    if amount and _VALUE_WITHOUT_UNIT.search(answer):
        flaws.append(Skill.UNITS)
    if not shows_work(run.answer):
        flaws.append(Skill.STEPS)
    elif amount and not run.used_tool:
        flaws.append(Skill.TOOLS)
    return flaws


def _emphasis(skill: Skill, names: tuple[object, ...], sample: str) -> float:
    """At a temperature, critics weigh the same evidence differently."""
    return 0.75 + 0.5 * draw(*names, "emphasis", skill) if sample else 1.0
