"""Surrogates: personal data in a text replaced by made-up data of the same form, before others read the text.

E-mail addresses become addresses at example.com (RFC 2606). Phone numbers keep their separators, their length and their
country or trunk prefix; what follows begins with 000, as no subscriber's number does, so that a surrogate reaches nobody
and is known again as one. Credentials become placeholders. Names and postal addresses are not looked for.
"""

from __future__ import annotations

import hashlib
import hmac
import re

_PLACEHOLDER = "⟨API_KEY_{}⟩"
_SECRET = re.compile(
    r"(?<=://)(?!⟨API_KEY_\d+⟩@)[^\s/@]+(?=@)"  # user and password of a URL
    r"|(?<![\w-])sk-(?=[A-Za-z_-]*\d)[\w-]{16,}"
    r"|(?<![\w-])AKIA[0-9A-Z]{16}(?!\w)"
    r"|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # a JSON Web Token
)
_EMAIL = re.compile(r"[\w.%+'-]{1,64}@((?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,})")
_RESERVED = re.compile(r"(?:.*\.)?example\.(?:com|org|net)|.*\.(?:example|test|invalid)", re.IGNORECASE)

_GAP = r"[ .()-]{0,2}"
_NOT_WITHIN = r"(?<![0-9])(?<![0-9][.:/-])"  # not the middle of a date or of another number
_PHONE = re.compile(
    rf"(?<![0-9])(?:\+|00)84(?:{_GAP}[0-9]){{9,11}}(?![0-9])"
    rf"|(?<![0-9])(?:\+|00)1(?:{_GAP}[0-9]){{10}}(?![0-9])"
    rf"|(?<![0-9])(?:\+|00)[1-9](?:{_GAP}[0-9]){{8,14}}(?![0-9])"
    r"|(?<![0-9])(?:0[0-9]{8,10}|84[0-9]{9,10})(?![0-9])"
    rf"|{_NOT_WITHIN}\(?0[0-9]{{1,4}}\)?[ .-]?[0-9]{{3,4}}[ .-]?[0-9]{{3,4}}(?:[ .-]?[0-9]{{2,4}})?(?![0-9])"
    rf"|{_NOT_WITHIN}0[0-9](?:[ .-][0-9]{{2}}){{4}}(?![0-9])"
    rf"|{_NOT_WITHIN}\(?[2-9][0-9]{{2}}\)?[ .-][0-9]{{3}}[ .-][0-9]{{4}}(?![0-9])"
)
_FEWEST_DIGITS = 9
_MOST_PASSES = 10
"""What was glued together can be seen only when the part before it is gone; two passes are the rule."""
_NO_SUBSCRIBER = "000"
_COUNTRY = re.compile(r"[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3}")
"""ITU-T E.164's country codes by length: one digit, two, else three."""


class Surrogates:
    """Replaces the personal data of the texts that belong together: the same value has the same surrogate in all of them.

    Args:
        key: decides the surrogates; who does not know it can't try out which value a surrogate stands for.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._secrets: dict[str, str] = {}

    def replace(self, text: str) -> str:
        """The text with surrogates; replacing once more changes nothing."""
        for _ in range(_MOST_PASSES):
            before, text = text, self._replace_once(text)
            if text == before:
                break
        return text

    def _replace_once(self, text: str) -> str:
        text = _SECRET.sub(lambda found: self._placeholder(found[0]), text)
        text = _EMAIL.sub(lambda found: found[0] if _RESERVED.fullmatch(found[1]) else self._address(found[0]), text)
        return _PHONE.sub(lambda found: self._number(found[0]), text)

    def _placeholder(self, secret: str) -> str:
        return self._secrets.setdefault(secret, _PLACEHOLDER.format(len(self._secrets) + 1))

    def _address(self, address: str) -> str:
        letters = "".join(chr(ord("a") + byte % 26) for byte in self._digest(address.casefold())[:8])
        return f"user-{letters}@example.com"

    def _number(self, number: str) -> str:
        digits = "".join(character for character in number if character.isdigit())
        prefix = _prefix(digits, international=number.startswith("+"))
        own = digits[len(prefix) :]
        if len(digits) < _FEWEST_DIGITS or digits.startswith(_NO_SUBSCRIBER) or own.startswith(_NO_SUBSCRIBER):
            return number
        # Without the trunk's zero: written for abroad and for at home it is the same number.
        drawn = int.from_bytes(self._digest(own.lstrip("0"))) % 10 ** (len(own) - len(_NO_SUBSCRIBER))
        made = iter(prefix + _NO_SUBSCRIBER + str(drawn).zfill(len(own) - len(_NO_SUBSCRIBER)))
        return "".join(next(made) if character.isdigit() else character for character in number)

    def _digest(self, value: str) -> bytes:
        return hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _prefix(digits: str, *, international: bool) -> str:
    """The digits that say where a number belongs: the country's code, with the 00 before it, or the trunk's zero."""
    if digits.startswith("00") and not international:
        return digits[:2] + _country(digits[2:])
    if international or (digits.startswith("84") and len(digits) > 10):
        return _country(digits)
    return "0" if digits.startswith("0") else ""


def _country(digits: str) -> str:
    found = _COUNTRY.match(digits)
    return found[0] if found else ""
