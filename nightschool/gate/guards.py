"""Guards: what holds a win back until a person has looked. None of them can promote, and none stops a test that goes on.

Each guard gives one sentence where it finds something; its policy says whether that asks a person, warns, or is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nightschool.gate.comparison import QUESTION, scored, unit_differences
from nightschool.gate.exam import Exam
from nightschool.records import ArmRatio, GuardAction
from nightschool.stats import holm_rejected, loss_p_value

Guard = Callable[[Exam], str | None]


def slice_loses(exam: Exam) -> str | None:
    """A part of the traffic that loses more than is allowed, and not by chance (Holm over all slices that can be judged)."""
    rules = exam.policy.guards
    judged = {(part.kind, part.value): part for part in exam.slices if part.p_value is not None}
    believed = holm_rejected({name: part.p_value or 0.0 for name, part in judged.items()}, rules.slice_error)
    lost = [judged[name] for name in believed if judged[name].gain < -rules.slice_loss]
    if not lost:
        return None
    worst = min(lost, key=lambda part: (part.gain, part.kind, part.value))
    more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
    asked = "times that it was asked" if worst.kind == QUESTION else "questions"
    return f"the slice {worst.kind} = {worst.value} loses {-worst.gain:.2f} over {worst.n} {asked}{more}"


def accuracy_falls(exam: Exam) -> str | None:
    """The judge likes the answers better, and they are less often right."""
    rules = exam.policy.guards
    accuracy, judge = exam.accuracy, exam.judge
    if accuracy is None or judge is None or judge.more <= 0 or accuracy.more >= -rules.accuracy_loss:
        return None
    differences = unit_differences(exam.units, scored("accuracy"))
    if len(differences) < 2 or loss_p_value(differences) >= rules.accuracy_error:
        return None
    return f"accuracy fell by {-accuracy.more:.2f} while the judge's part rose by {judge.more:.2f}"


def costs_more(exam: Exam) -> str | None:
    """An answer costs more, both in proportion and in USD."""
    rules = exam.policy.guards
    if not _exceeds(exam.cost_usd, rules.cost_ratio, rules.cost_more_usd):
        return None
    assert exam.cost_usd is not None
    return f"an answer costs ${exam.cost_usd.challenger:.4f} instead of ${exam.cost_usd.incumbent:.4f}"


def takes_longer(exam: Exam) -> str | None:
    """An answer takes longer, both in proportion and in seconds."""
    rules = exam.policy.guards
    if not _exceeds(exam.latency_s, rules.latency_ratio, rules.latency_more_s):
        return None
    assert exam.latency_s is not None
    return f"an answer takes {exam.latency_s.challenger:.1f} s instead of {exam.latency_s.incumbent:.1f} s"


def prompt_is_long(exam: Exam) -> str | None:
    """The prompt has become long; demonstrations make short prompts long, and that alone is no fault."""
    rules = exam.policy.guards
    old, new = exam.health.prompt_tokens_incumbent, exam.health.prompt_tokens_challenger
    if new <= rules.prompt_tokens or new <= rules.prompt_ratio * old:
        return None
    return f"the prompt has {new:,} tokens instead of {old:,}"


def only_longer(exam: Exam) -> str | None:
    """At equal length of the answers nothing of the gain is left."""
    left = exam.length_adjusted_gain
    if left is None or left > 0:
        return None
    return f"the answers only grew longer: at equal length the gain is {left:+.3f}"


GUARDS: tuple[tuple[str, Guard], ...] = (
    ("slices", slice_loses),
    ("accuracy", accuracy_falls),
    ("cost", costs_more),
    ("latency", takes_longer),
    ("prompt", prompt_is_long),
    ("length", only_longer),
)
"""Each guard with the field of `GuardPolicy` that says what follows."""


def findings(exam: Exam, action: GuardAction) -> Iterator[str]:
    """The sentences of all guards with this action that found something."""
    for name, guard in GUARDS:
        if getattr(exam.policy.guards, name) == action and (sentence := guard(exam)):
            yield sentence


def _exceeds(found: ArmRatio | None, ratio: float, more: float) -> bool:
    return found is not None and found.challenger > ratio * found.incumbent and found.more > more
