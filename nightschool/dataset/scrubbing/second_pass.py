"""A second pass over what was kept: by a known library, or by a site's own scrubber."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from nightschool.dataset.scrubbing.draws import Draws
from nightschool.dataset.scrubbing.json_texts import BETWEEN_MESSAGES, escaped, is_dialogue, message_of, parts_of, plain
from nightschool.dataset.scrubbing.phones import PHONE
from nightschool.errors import ConfigError
from nightschool.records import ScrubPolicy

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_REGION = "VN"
_NARROW = {0xFF10 + digit: str(digit) for digit in range(10)} | {0xFF0B: "+"}
_DATE = re.compile(r"[0-3]?[0-9][./-][0-3]?[0-9][./-](?:19|20)[0-9]{2}(?![0-9])")
"""At its beginning the library takes a day and an hour (21.11.2026 10:30) for a number."""


class TextScrubber(Protocol):
    """A scrubber of a site's own, named in `data.scrub.second_pass` as `package.module:object`."""

    def scrub(self, text: str) -> str:
        """A plain text without what must not be in it; what it gives back, it leaves as it is. Must depend on the text alone."""
        ...


class PhoneNumbers:
    """Google's libphonenumber (`phonenumbers`): numbers of all countries, by their own plans.

    Args:
        key: the installation's salt.
    """

    def __init__(self, key: str) -> None:
        try:
            import phonenumbers
        except ImportError as error:
            raise ConfigError(
                "data.scrub.second_pass is phonenumbers, which is not installed",
                next_step="pip install 'nightschool[phonenumbers]'",
            ) from error
        self._library = phonenumbers
        self._draws = Draws(key)

    def scrub(self, text: str) -> str:
        """The text with surrogates for the numbers that the first pass did not know; they are the first pass's own."""
        pieces, end = [], 0
        for match in self._library.PhoneNumberMatcher(text, _REGION):
            value = match.raw_string.translate(_NARROW)
            known_as = None if _DATE.match(value) else PHONE.read(value)
            if known_as and PHONE.write is not None:
                pieces += [text[end : match.start], PHONE.write(value, known_as, self._draws)]
                end = match.end
        return "".join([*pieces, text[end:]])


def scrub_again(connection: DuckDBPyConnection, table: str, columns: Sequence[str], *, key: str, policy: ScrubPolicy) -> None:
    """Give a table's text columns to the scrubber that the policy names; without one nothing happens.

    It is asked once for every text, at its own speed (`phonenumbers` reads 18,000 texts a second): give it the kept rows.

    Args:
        connection: holds the table.
        table: its name.
        columns: of plain texts or JSON texts, which stay JSON.
        key: the installation's salt.
        policy: `second_pass` names the scrubber.

    Raises:
        ConfigError: for a library that is not installed, or an object that can't be imported or is no scrubber.
    """
    if not policy.second_pass or policy.mode == "off":
        return
    scrubber = _scrubber(policy.second_pass, key)
    names = ", ".join(f'"{name}"' for name in columns)
    rows = connection.execute(f"SELECT rowid, {names} FROM {table}").fetchall()
    for place, *texts in rows:
        made = [None if text is None else _scrubbed(text, scrubber) for text in texts]
        if made != texts:
            changes = ", ".join(f'"{name}" = ?' for name in columns)
            connection.execute(f"UPDATE {table} SET {changes} WHERE rowid = ?", [*made, place])


def _scrubbed(text: str, scrubber: TextScrubber) -> str:
    if is_dialogue(text):
        return BETWEEN_MESSAGES.join(_scrubbed_message(message, scrubber) for message in text.split(BETWEEN_MESSAGES))
    parts, is_json = parts_of(text)
    if not is_json:
        return scrubber.scrub(text)
    parts[::2] = [escaped(scrubber.scrub(plain(part))) for part in parts[::2]]
    return "".join(parts)


def _scrubbed_message(message: str, scrubber: TextScrubber) -> str:
    known = message_of(message)
    if known is None:
        return escaped(scrubber.scrub(plain(message)))
    before, content, after = known
    return f"{before}{escaped(scrubber.scrub(content))}{after}"


def _scrubber(name: str, key: str) -> TextScrubber:
    if name == "phonenumbers":
        return PhoneNumbers(key)
    try:
        found: TextScrubber = pkgutil.resolve_name(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"the scrubber {name} can't be imported: {error} (data.scrub.second_pass)",
            next_step="Name `phonenumbers`, or an object of your own as package.module:object.",
        ) from error
    if not callable(getattr(found, "scrub", None)):
        raise ConfigError(
            f"{name} is no scrubber: a {type(found).__name__} has no `scrub` (data.scrub.second_pass)",
            next_step="Name an object with scrub(text) -> text, as nightschool.dataset.scrubbing.TextScrubber describes.",
        )
    return found
