"""Scrubs the texts of one conversation together: the same value becomes the same surrogate in all of them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, get_args

from nightschool.dataset.scrubbing.detector import Detector, Group
from nightschool.dataset.scrubbing.draws import Draws
from nightschool.dataset.scrubbing.json_texts import (
    BETWEEN_MESSAGES,
    escaped,
    is_dialogue,
    loaded,
    message_of,
    parts_of,
    plain,
    walked,
)
from nightschool.dataset.scrubbing.people import known_names, renamed
from nightschool.dataset.scrubbing.public import Public
from nightschool.dataset.scrubbing.reading import Part, Reader, read_part
from nightschool.records import ScrubKind, ScrubPolicy

_PLACEHOLDER = re.compile(r"⟨([A-Z_]+)_([0-9]{1,9})⟩")
_ALL_GROUPS: tuple[Group, ...] = get_args(Group)
_MOST_PARTS = 50_000
"""Parts that are remembered: those of the sessions of a busy hour."""


class Replaced(NamedTuple):
    """One value that was replaced: its kind, its normal form, and the place of its text among those given (from 0)."""

    kind: str
    known_as: str
    text: int


class Learnt(NamedTuple):
    """What becomes of a text, or of a message, that stands in many conversations.

    Args:
        part: its new text, what was replaced in it, the names that are still in it.
        groups: the data that it was read for.
        is_the_same_everywhere: whether that is what it becomes in each of them: no placeholder is in it, whose number depends
            on the conversation.
    """

    part: Part
    groups: tuple[Group, ...]
    is_the_same_everywhere: bool


@dataclass
class _Conversation:
    """What is known of the texts that belong together."""

    replaced: list[Replaced] = field(default_factory=list)
    placeholders: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    names: dict[str, None] = field(default_factory=dict)


class Scrubber:
    """Replaces secrets and personal data in texts. Replacing once more changes nothing.

    Secrets become placeholders, numbered within one conversation: what a conversation becomes then depends on itself alone,
    and not on which others were read with it. Personal data become surrogates that the key decides, the same everywhere.

    Args:
        key: the installation's salt; see `nightschool.dataset.salt`.
        policy: which kinds are looked for, and what becomes of them.
        public: texts whose personal data are everybody's, like the agent's own system message with the shop's number.
    """

    def __init__(self, key: str, policy: ScrubPolicy, public: Collection[str] = ()) -> None:
        self._draws = Draws(key)
        self._placeholders_only = policy.mode == "placeholders"
        self._reader = Reader(policy, Public(public, policy.allowed))
        self._parts: dict[str, Part | None] = {}
        self._learnt: dict[tuple[str, bool], Learnt] = {}
        self._drawn: dict[tuple[str, str], str] = {}
        self._words: dict[str, str] = {}

    def learn(self, text: str, groups: tuple[Group, ...], *, is_message: bool) -> Learnt | None:
        """Read what stands in many conversations once: a text, or a message of a dialogue cut between its messages.

        Args:
            text: where something may be found.
            groups: the data that may be found.
            is_message: whether it is part of a dialogue, with its role and its quotes.

        Returns:
            What becomes of it; None where nothing was found.
        """
        conversation = _Conversation()
        if is_message:
            part = self._read_message(conversation, text, groups)
        else:
            made = self._scrub_text(conversation, 0, text, groups)
            found = tuple((kind, known_as) for kind, known_as, _ in conversation.replaced)
            part = Part(made, found, tuple(conversation.names), bool(conversation.placeholders), True) if found else None
        if part is None:
            return None
        learnt = Learnt(part, groups, part.is_sure_json and self._is_the_same_everywhere(part))
        self._learnt[text, is_message] = learnt
        return learnt

    def forget(self) -> None:
        """Drop what was learnt."""
        self._learnt.clear()

    def scrub(self, texts: Sequence[str], *, as_learnt: bool = False) -> tuple[list[str], list[Replaced]]:
        """The texts of one conversation, scrubbed, in their order, and what was replaced.

        Args:
            texts: plain texts, or JSON texts, which stay valid JSON.
            as_learnt: what was not learnt, as a text or as a message of a dialogue, has nothing in it.
        """
        conversation = _Conversation()
        for text in texts:
            _note_placeholders(conversation, text)
        scrub = self._scrub_learnt if as_learnt else self._scrub_text
        made = [scrub(conversation, place, text) for place, text in enumerate(texts)]
        if conversation.names:
            made = [self._rename(conversation, place, text) for place, text in enumerate(made)]
        return made, conversation.replaced

    def _scrub_learnt(self, conversation: _Conversation, place: int, text: str) -> str:
        if is_dialogue(text):
            return self._scrub_dialogue(conversation, place, text, self._as_learnt)
        learnt = self._learnt.get((text, False))
        if learnt is None:
            return text
        if not learnt.is_the_same_everywhere:
            return self._scrub_text(conversation, place, text, learnt.groups)
        self._note(conversation, place, learnt.part)
        return learnt.part.text

    def _as_learnt(self, conversation: _Conversation, message: str) -> Part | None:
        learnt = self._learnt.get((message, True))
        if learnt is None or learnt.is_the_same_everywhere:
            return learnt and learnt.part
        return self._read_message(conversation, message, learnt.groups)

    def _scrub_text(self, conversation: _Conversation, place: int, text: str, groups: tuple[Group, ...] = _ALL_GROUPS) -> str:
        if is_dialogue(text):
            return self._scrub_dialogue(conversation, place, text, partial(self._read_message, groups=groups))
        parts, is_json = parts_of(text)
        changed, sure = False, True
        for i in range(0, len(parts), 2):
            part = self._read(conversation, plain(parts[i]) if is_json else parts[i], groups)
            if part is not None:
                parts[i] = escaped(part.text) if is_json else part.text
                changed, sure = True, sure and part.is_sure_json
                self._note(conversation, place, part)
        if not changed:
            return text
        made = "".join(parts)
        return made if sure or not is_json or loaded(made) is not None else self._walk(conversation, text)

    def _scrub_dialogue(
        self, conversation: _Conversation, place: int, text: str, read: Callable[[_Conversation, str], Part | None]
    ) -> str:
        """Edit every message by itself."""
        messages = text.split(BETWEEN_MESSAGES)
        parts = [read(conversation, message) for message in messages]
        known = [part for part in parts if part is not None]
        if not known:
            return text
        for part in known:
            self._note(conversation, place, part)
        made = BETWEEN_MESSAGES.join(
            message if part is None else part.text for message, part in zip(messages, parts, strict=True)
        )
        sure = all(part.is_sure_json for part in known)
        return made if sure or loaded(made) is not None else self._walk(conversation, text)

    def _read_message(self, conversation: _Conversation, message: str, groups: tuple[Group, ...]) -> Part | None:
        """What becomes of a message of a dialogue, as JSON."""
        known = message_of(message)
        if known is None:
            part = self._read(conversation, plain(message), groups)
            return part and part._replace(text=escaped(part.text))
        before, content, after = known
        part = self._read(conversation, content, groups)
        return part and part._replace(text=f"{before}{escaped(part.text)}{after}", is_sure_json=True)

    def _walk(self, conversation: _Conversation, text: str) -> str:
        """Edit every value by itself: what replaces a bare number may need quotes."""

        def edit(value: str) -> str:
            part = self._read(conversation, value, _ALL_GROUPS)
            return value if part is None else part.text

        return json.dumps(walked(loaded(text), edit), ensure_ascii=False)

    def _read(self, conversation: _Conversation, text: str, groups: tuple[Group, ...]) -> Part | None:
        if text in self._parts:
            return self._parts[text]
        part = read_part(self._reader, text, groups, partial(self._instead, conversation))
        if part is None or self._is_the_same_everywhere(part):
            if len(self._parts) >= _MOST_PARTS:
                self._parts.clear()
            self._parts[text] = part
        return part

    def _is_the_same_everywhere(self, part: Part) -> bool:
        """Whether no placeholder is in it, whose number depends on the conversation."""
        return not (part.has_secrets or self._placeholders_only)

    def _note(self, conversation: _Conversation, place: int, part: Part) -> None:
        conversation.replaced += [Replaced(kind, known_as, place) for kind, known_as in part.replaced]
        for name in part.names:
            conversation.names[name] = None

    def _instead(self, conversation: _Conversation, detector: Detector, value: str, known_as: str) -> str:
        if detector.write is None or self._placeholders_only:
            return _placeholder(conversation, detector.kind, known_as)
        drawn = self._drawn.get((known_as, value))
        if drawn is None:
            drawn = self._drawn[known_as, value] = detector.write(value, known_as, self._draws)
        return drawn

    def _rename(self, conversation: _Conversation, place: int, text: str) -> str:
        """Replace the names that were found in any text of the conversation."""
        names = known_names(tuple(conversation.names))
        write = partial(self._instead_of_name, conversation, place)
        if "\\u" not in text:
            return names.replaced_in(text, write)
        parts, _ = parts_of(text)
        made = [names.replaced_in(part, write) for part in parts]
        return "".join(made) if made != parts else text

    def _instead_of_name(self, conversation: _Conversation, place: int, name: str) -> str:
        conversation.replaced.append(Replaced("name", name.casefold(), place))
        if self._placeholders_only:
            return _placeholder(conversation, "name", name.casefold())
        return renamed(name, self._draws, self._words)


def _placeholder(conversation: _Conversation, kind: ScrubKind, known_as: str) -> str:
    made = conversation.placeholders.get((kind, known_as))
    if made is None:
        label = kind.upper()
        conversation.numbers[label] += 1
        made = conversation.placeholders[kind, known_as] = f"⟨{label}_{conversation.numbers[label]}⟩"
    return made


def _note_placeholders(conversation: _Conversation, text: str) -> None:
    """Those that are in a text already keep their numbers; new ones go on from there."""
    if "⟨" in text:
        for kind, number in _PLACEHOLDER.findall(text):
            conversation.numbers[kind] = max(conversation.numbers[kind], int(number))
