"""Demonstrations: training examples with their expected answers, written into the prompt.

What DSPy calls bootstrapped few-shot (arXiv 2310.03714, section 4). How many there are, which, in which order and how they
are written is part of the search: a small model follows one rendering and ignores another.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Sequence
from itertools import cycle, islice

from nightschool.dataset.scrubbing import Scrubber
from nightschool.llm.tokens import estimate_tokens, without_control_tokens
from nightschool.records import Example, Record, ScrubPolicy, SearchPolicy
from nightschool.training.edits.base import Parent, Proposal

_WORD = re.compile(r"\w+")
# Secrets become placeholders, which no key decides.
_SECRETS_ONLY = Scrubber("", ScrubPolicy(kinds=("url_login", "jwt", "private_key", "api_key", "password")))
HEADING = "Examples:"
HALF = 0.5
"""Rewards below it count as missed."""
OPPOSITES = 4
"""How many candidates each next demonstration is chosen from: enough for diversity, few enough to stay random."""


class Rendering(Record):
    """How one demonstration is written: what stands before the question, and before the answer."""

    question_mark: str
    answer_mark: str

    def write(self, question: str, answer: str) -> str:
        """One demonstration as text."""
        return f"{self.question_mark}{question}\n{self.answer_mark}{answer}"


RENDERINGS = (
    Rendering(question_mark="user\n", answer_mark="assistant\n"),
    Rendering(question_mark="User: ", answer_mark="Assistant: "),
    Rendering(question_mark="Q: ", answer_mark="A: "),
)


class DemonstrationsEdit:
    """Writes demonstrations behind the parent's instructions; those that were there before are replaced.

    Args:
        policy: which examples may be shown, and at most how many.
    """

    kind = "demonstrations"

    def __init__(self, policy: SearchPolicy) -> None:
        self._policy = policy

    async def propose(self, parent: Parent, count: int, rng: random.Random) -> Sequence[Proposal]:
        """`count` proposals that differ in rendering, number and choice of demonstrations."""
        pool = [example for example in parent.train if may_be_shown(example, self._policy)]
        if not pool:
            return []
        instructions, current = split_demonstrations(parent.text)
        missed = {e.example.example_id for e in parent.experiments if e.reward is not None and e.reward < HALF}
        shapes = islice(cycle(_shapes(current, min(self._policy.max_demonstrations, len(pool)))), count)
        drawn = [(rendering, choose(pool, size, missed, rng)) for rendering, size in shapes]
        scrubber = Scrubber(rng.randbytes(16).hex(), ScrubPolicy(), public=[parent.text])
        limit = max(self._policy.max_prompt_tokens, estimate_tokens(parent.text))
        made = (self._within(limit, instructions, rendering, chosen, scrubber) for rendering, chosen in drawn)
        return [proposal for proposal in made if proposal is not None]

    def _within(
        self, limit: int, instructions: str, rendering: Rendering, chosen: Sequence[Example], scrubber: Scrubber
    ) -> Proposal | None:
        """With as many of the chosen demonstrations as a prompt of so many tokens has room for; None where not one fits."""
        for size in range(len(chosen), 0, -1):
            proposal = self._proposal(instructions, rendering, chosen[:size], scrubber)
            if estimate_tokens(proposal.text) <= limit:
                return proposal
        return None

    def _proposal(self, instructions: str, rendering: Rendering, chosen: Sequence[Example], scrubber: Scrubber) -> Proposal:
        text = with_demonstrations(instructions, rendering, _scrubbed(chosen, scrubber))
        style = rendering.question_mark.strip()
        return Proposal(
            text=text,
            edit=self.kind,
            critique="Show the model answered questions instead of telling it what to do.",
            change=f"{len(chosen)} demonstrations, written as {style!r}",
        )


def _scrubbed(chosen: Sequence[Example], scrubber: Scrubber) -> list[tuple[str, str]]:
    """Questions and answers without personal data: a served prompt is read by more people than the conversation it quotes.

    What preparing the data has scrubbed stays as it is; what the prompt itself tells everybody may be told in answers too.
    The owner's curated questions keep their addresses and numbers, which are there to be given out, but no secrets.
    """
    texts = [text for example in chosen for text in (example.question, example.expected_answer or "")]
    everything, _ = scrubber.scrub(texts)
    secrets, _ = _SECRETS_ONLY.scrub(texts)
    made = [secrets[i] if chosen[i // 2].origin == "curated" else everything[i] for i in range(len(texts))]
    return list(zip(made[::2], made[1::2], strict=True))


def may_be_shown(example: Example, policy: SearchPolicy) -> bool:
    """Whether the owner allows this example to stand in a prompt."""
    if policy.demonstrations == "off" or not (_one_paragraph(example.question) and _one_paragraph(example.expected_answer or "")):
        return False
    return policy.demonstrations == "all" or example.origin in ("curated", "correction")


def with_demonstrations(instructions: str, rendering: Rendering, shown: Sequence[tuple[str, str]]) -> str:
    """The prompt with demonstrations behind its instructions.

    Args:
        instructions: the prompt without demonstrations.
        rendering: how each is written.
        shown: pairs of question and answer, in order.
    """
    written = [rendering.write(_one_paragraph(question), _one_paragraph(answer)) for question, answer in shown]
    return join_demonstrations(instructions, written)


def split_demonstrations(prompt: str) -> tuple[str, Rendering | None]:
    """The instructions of a prompt and the rendering of its demonstrations; None where it has none.

    Only a block that this edit could have written itself is taken for one.
    """
    instructions, written = split_block(prompt)
    if not written:
        return prompt, None
    return instructions, next(rendering for rendering in RENDERINGS if _is_written_as(rendering, written[0]))


def split_block(prompt: str) -> tuple[str, list[str]]:
    """The instructions of a prompt and its demonstrations as they are written; none where it has none."""
    head, heading, block = prompt.rpartition(f"\n\n{HEADING}\n\n")
    written = block.split("\n\n")
    if heading and any(all(_is_written_as(rendering, part) for part in written) for rendering in RENDERINGS):
        return head, written
    return prompt, []


def join_demonstrations(instructions: str, written: Sequence[str]) -> str:
    """The prompt of which `split_block` gives these parts."""
    return "\n\n".join([instructions.rstrip(), HEADING, *written]) if written else instructions


def choose(pool: Sequence[Example], size: int, missed: Collection[str], rng: random.Random) -> list[Example]:
    """`size` examples of a pool: what the parent misses first, then whatever is least like those chosen already.

    Args:
        pool: examples that may be shown, each with an expected answer.
        size: how many; at most the pool.
        missed: ids of examples that the parent answered wrongly.
        rng: draws the few candidates that each next one is chosen from.
    """
    left = sorted(pool, key=lambda example: example.example_id)
    words = {example.example_id: _words(example.question) for example in left}
    chosen: list[Example] = []
    while left and len(chosen) < size:
        drawn = rng.sample(left, min(OPPOSITES, len(left)))
        best = max(
            drawn, key=lambda e: (e.example_id in missed, -_nearness(words[e.example_id], [words[c.example_id] for c in chosen]))
        )
        chosen.append(best)
        left.remove(best)
    return chosen


def _shapes(current: Rendering | None, most: int) -> list[tuple[Rendering, int]]:
    """Renderings and sizes in the order in which they are tried; a rendering that won before comes alone."""
    sizes = list(dict.fromkeys([most, max(1, most * 3 // 4), max(1, most // 2)]))
    if current is not None:
        return [(current, size) for size in sizes]
    return [(rendering, size) for size in sizes for rendering in RENDERINGS]


def _nearness(words: frozenset[str], others: Sequence[frozenset[str]]) -> float:
    """The largest Jaccard index between a question's words and another's."""
    return max((len(words & other) / max(1, len(words | other)) for other in others), default=0.0)


def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text))


def _is_written_as(rendering: Rendering, part: str) -> bool:
    return part.startswith(rendering.question_mark) and f"\n{rendering.answer_mark}" in part


def _one_paragraph(text: str) -> str:
    """A text that can't end its demonstration: no empty lines, no control tokens of a model."""
    lines = [line.rstrip() for line in without_control_tokens(text).splitlines()]
    return "\n".join(line for line in lines if line)
