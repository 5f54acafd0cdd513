"""Scrubs the texts of one conversation together: the same value becomes the same surrogate in all of them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, NamedTuple, get_args

from nightschool.dataset.scrubbing.detector import Detector, Group
from nightschool.dataset.scrubbing.draws import Draws
from nightschool.dataset.scrubbing.json_texts import escaped, loaded, parts_of, plain, walked
from nightschool.dataset.scrubbing.people import known_names, renamed
from nightschool.dataset.scrubbing.public import Public
from nightschool.dataset.scrubbing.reading import Part, Reader, read_part
from nightschool.records import ScrubKind, ScrubPolicy

_PLACEHOLDER = re.compile(r"⟨([A-Z_]+)_([0-9]{1,9})⟩")
_ALL_GROUPS: tuple[Group, ...] = get_args(Group)
_MOST_PARTS = 50_000
"""Parts that are remembered: those of the sessions of a busy hour."""
_CONTENT, _QUOTES_A_MESSAGE = 7, 8
"""Of a dialogue cut at its quotes: the place of the first content, and the distance to the next."""

Way = tuple[Group, ...] | Literal["as learnt", "messages as learnt"]
"""How a text is read: for data of these groups; or by what was learnt of it, or of the messages of a dialogue.

A dialogue is `[{"role": "…", "content": "…"}, …]` without a backslash in it, or any other quote.
"""
AS_LEARNT: Way = "as learnt"
MESSAGES: Way = "messages as learnt"


class Replaced(NamedTuple):
    """One value that was replaced: its kind, its normal form, and the place of its text among those given (from 0)."""

    kind: str
    known_as: str
    text: int


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
        self._learnt: dict[str, Part | tuple[Group, ...]] = {}
        self._drawn: dict[tuple[str, str], str] = {}
        self._words: dict[str, str] = {}

    def learn(self, part: str, groups: tuple[Group, ...]) -> None:
        """Read a plain text, or a message's, that stands in many conversations, for data of these groups."""
        part_made = read_part(self._reader, part, groups, partial(self._instead, _Conversation()))
        if part_made is not None:
            self._learnt[part] = part_made if self._is_the_same_everywhere(part_made) else groups

    def forget(self) -> None:
        """Drop what was learnt."""
        self._learnt.clear()

    def scrub(self, texts: Sequence[str], ways: Mapping[int, Way] | None = None) -> tuple[list[str], list[Replaced]]:
        """The texts of one conversation, scrubbed, in their order, and what was replaced.

        Args:
            texts: plain texts, or JSON texts, which stay valid JSON.
            ways: for the places of the texts in which something may be found, how they are read; the other texts can only
                hold names from these. None: all are read for everything.
        """
        conversation = _Conversation()
        for text in texts:
            _note_placeholders(conversation, text)
        made = list(texts)
        for place, way in (dict.fromkeys(range(len(texts)), _ALL_GROUPS) if ways is None else ways).items():
            if isinstance(way, tuple):
                made[place] = self._scrub_text(conversation, place, texts[place], way)
            else:
                made[place] = self._scrub_learnt(conversation, place, texts[place], way)
        if conversation.names:
            made = [self._rename(conversation, place, text) for place, text in enumerate(made)]
        return made, conversation.replaced

    def _scrub_learnt(self, conversation: _Conversation, place: int, text: str, way: Way) -> str:
        pieces, first = (text.split('"'), _CONTENT) if way == MESSAGES else ([text], 0)
        changed = False
        for i in range(first, len(pieces), _QUOTES_A_MESSAGE):
            learnt = self._learnt.get(pieces[i])
            part = (
                self._read(conversation, pieces[i], learnt)
                if isinstance(learnt, tuple) and not isinstance(learnt, Part)
                else learnt
            )
            if part is not None:
                pieces[i] = part.text
                changed = True
                self._note(conversation, place, part)
        return '"'.join(pieces) if changed else text

    def _scrub_text(self, conversation: _Conversation, place: int, text: str, groups: tuple[Group, ...]) -> str:
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
        return made if sure or not is_json or loaded(made) is not None else self._walk(conversation, text, groups)

    def _walk(self, conversation: _Conversation, text: str, groups: tuple[Group, ...]) -> str:
        """Edit every value by itself: what replaces a bare number may need quotes."""

        def edit(value: str) -> str:
            part = self._read(conversation, value, groups)
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
        if not names.may_be_in(text):
            return text
        parts, is_json = parts_of(text)
        replace = partial(self._instead_of_name, conversation, place)
        changed = False
        for i in range(0, len(parts), 2):
            if names.may_be_in(parts[i]):
                known = plain(parts[i]) if is_json else parts[i]
                made = names.expression.sub(replace, known)
                changed = changed or made != known
                parts[i] = escaped(made) if is_json else made
        return "".join(parts) if changed else text

    def _instead_of_name(self, conversation: _Conversation, place: int, found: re.Match[str]) -> str:
        name = found["whole"] or found["word"]
        conversation.replaced.append(Replaced("name", name.casefold(), place))
        if self._placeholders_only:
            return (found["title"] or "") + _placeholder(conversation, "name", name.casefold())
        return (found["title"] or "") + renamed(name, self._draws, self._words)


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
