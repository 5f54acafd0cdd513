"""Credentials: what opens something. They become placeholders: nobody needs one to be examined.

The forms of keys are their vendors' own, as secret scanners publish them (GitHub's list of supported patterns, gitleaks).
"""

from __future__ import annotations

import math
import re
from collections import Counter

from nightschool.dataset.scrubbing.detector import AFTER_A_LINE_END, NO_VALUE, Detector, as_it_is
from nightschool.dataset.scrubbing.windows import where_any, where_any_word

_VENDORS = {
    "sk-": r"sk-(?:ant-|proj-|svcacct-|admin-|or-v1-|lf-)?[A-Za-z0-9_-]{16,200}",  # OpenAI, Anthropic, OpenRouter, Langfuse
    "AKIA": r"AKIA[0-9A-Z]{16}",  # AWS
    "ASIA": r"ASIA[0-9A-Z]{16}",
    "AIza": r"AIza[0-9A-Za-z_-]{35}",  # Google
    "ya29.": r"ya29\.[0-9A-Za-z_-]{20,400}",
    "GOCSPX-": r"GOCSPX-[0-9A-Za-z_-]{20,40}",
    **{mark: rf"{mark}[0-9A-Za-z]{{30,255}}" for mark in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")},  # GitHub
    "github_pat_": r"github_pat_[0-9A-Za-z_]{22,255}",
    "glpat-": r"glpat-[0-9A-Za-z_-]{20,60}",  # GitLab
    "xox": r"xox[abeoprs]-[0-9A-Za-z-]{10,250}",  # Slack
    "xapp-": r"xapp-[0-9]-[0-9A-Za-z-]{20,250}",
    "hooks.slack.com": r"hooks\.slack\.com/(?:services|workflows)/[0-9A-Za-z/_-]{20,200}",
    "_live_": r"(?:sk|rk|pk)_live_[0-9A-Za-z]{10,250}",  # Stripe
    "_test_": r"(?:sk|rk|pk)_test_[0-9A-Za-z]{10,250}",
    "whsec_": r"whsec_[0-9A-Za-z]{20,100}",
    "AccountKey=": r"AccountKey=[0-9A-Za-z+/]{40,100}={0,2}",  # Azure
    "8Q~": r"[0-9A-Za-z_.~-]{3}8Q~[0-9A-Za-z_.~-]{31,34}",
    "hf_": r"hf_[0-9A-Za-z]{30,60}",  # Hugging Face
    "npm_": r"npm_[0-9A-Za-z]{36}",
    "pypi-": r"pypi-[0-9A-Za-z_-]{50,300}",
    "SG.": r"SG\.[0-9A-Za-z_-]{16,32}\.[0-9A-Za-z_-]{16,64}",  # SendGrid
    "AC": r"AC[0-9a-f]{32}",  # Twilio
    "SK": r"SK[0-9a-f]{32}",
    ":AA": r"[0-9]{8,10}:AA[0-9A-Za-z_-]{32,34}",  # Telegram
    "gsk_": r"gsk_[0-9A-Za-z]{40,60}",  # Groq
    "r8_": r"r8_[0-9A-Za-z]{30,45}",  # Replicate
    "pplx-": r"pplx-[0-9A-Za-z]{40,60}",
    "xai-": r"xai-[0-9A-Za-z]{60,100}",
    "dop_v1_": r"do[opr]_v1_[0-9a-f]{64}",  # DigitalOcean
    "shpat_": r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",  # Shopify
    "key-": r"key-[0-9a-f]{32}",  # Mailgun
    "dapi": r"dapi[0-9a-f]{32}",  # Databricks
    "sq0": r"sq0(?:atp|csp)-[0-9A-Za-z_-]{22,43}",  # Square
}
_LINE_END = "(?:\\s|\ufdd0n|\\\\n){1,4}"
_GAP = "[ \t\r\n\u00a0]{0,3}"
_MARKS = "[\"'`*\\\\\ufdd0\ufdd1]{0,5}"
_LINK = rf"{_MARKS}{_GAP}(?::=|=>|[:=]|(?i:\b(?:is|là)\b)){_GAP}{_MARKS}"
_KEY_WORDS = (
    r"(?i:api[ _-]?keys?|api[ _-]?token|access[ _-]?key(?:[ _-]?id)?|secret[ _-]?(?:access[ _-]?)?key|client[ _-]?secret"
    r"|private[ _-]?key|subscription[ _-]?key|x-api-key|(?:access|auth|refresh|session|bearer|bot|id)?[ _-]?token|secret"
    r"|credentials?|khóa api|khoá api|mã bí mật)"
)
_PASS_WORDS = r"(?i:passwords?|passwd|passphrase|passcode|pwd|mật khẩu|mat khau|mật mã|pass|mk)"  # noqa: S105 - words for a password, not one
_QUOTED = "(?:\\\\?[\"']|\ufdd0?\ufdd1)"
_NO_PASS_SIGN = rf"{NO_VALUE},;<>{{}}()\[\]“”"
_FEW_SIGNS = 6
_MANY_SIGNS = 16
_LEAST_ENTROPY_BITS = 3.0
"""Bits for each sign: English words joined by dashes have about as much, but no digits."""


def _read_token(value: str) -> str | None:
    """A token is long and looks drawn by lot: letters and digits mixed, few signs repeated."""
    mixed = any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)
    if not mixed or (len(value) < _MANY_SIGNS and not value.isalnum()):
        return None
    return value if entropy(value) >= _LEAST_ENTROPY_BITS else None


def entropy(text: str) -> float:
    """Shannon's entropy of a text's own signs, in bits for each sign."""
    return -sum(number / len(text) * math.log2(number / len(text)) for number in Counter(text).values())


def _read_key(value: str) -> str | None:
    return value if any(sign.isdigit() for sign in value) else None


def _read_password(value: str) -> str | None:
    """Words that follow "password is" are no password; one has a digit, or a mark within it."""
    known = value.rstrip(".!?,:;…")
    signs = any(not sign.isalnum() and sign not in "-/…*._" for sign in known)
    if value != known or len(known) < _FEW_SIGNS or not (signs or any(sign.isdigit() for sign in known)):
        return None
    return known


def _read_quoted_password(value: str) -> str | None:
    return None if set(value) <= {"*", "•", "x", "X", "."} or value.casefold() in _NO_PASSWORDS else value


_NO_PASSWORDS = frozenset({"null", "none", "true", "false", "string", "required", "hidden", "masked", "redacted", "password"})


def _read_login(value: str) -> str | None:
    return None if value.endswith(":") and value.count(":") == 1 else value


# Looking for what all these words have in them is thirty times as fast as looking for the words.
_WORD_WINDOWS = where_any_word(
    f"{_KEY_WORDS}|{_PASS_WORDS}",
    *("key", "token", "secret", "credential", "khóa api", "khoá api", "bí mật", "pass", "pwd", "mật", "mat khau", "mk"),
)

PRIVATE_KEY = Detector(
    kind="private_key",
    group="marks",
    core=(
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        rf"(?:[^\"'⟨⟩\ufdd1]{{0,12000}}?-----END [A-Z0-9 ]{{0,40}}PRIVATE KEY(?: BLOCK)?-----"
        rf"|(?:{_LINE_END}[A-Za-z0-9+/=]{{16,}})+)"
    ),
    guard="-----BEGIN ",
    windows=where_any("-----BEGIN "),
    read=as_it_is,
)
JWT = Detector(
    kind="jwt",
    group="marks",
    core=r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    before=rf"(?:(?<![A-Za-z0-9_-])|{AFTER_A_LINE_END})",
    windows=where_any("eyJ"),
    read=as_it_is,
)
URL_LOGIN = Detector(
    kind="url_login",
    group="signs",
    core=rf"://(?P<value>[^{NO_VALUE}/@:<>]{{0,100}}:[^{NO_VALUE}/<>]{{1,200}})@[A-Za-z0-9\[]",
    guard="://[^/]*@",
    windows=where_any("://"),
    read=_read_login,
)
API_KEY = Detector(
    kind="api_key",
    group="marks",
    core="|".join(_VENDORS.values()),
    # Short, so that RE2's automaton stays small: with the whole expression it is five times as slow.
    guard="|".join(re.escape(mark) + ("[0-9a-f]{6}" if "[0-9a-f]{32}" in form else "") for mark, form in _VENDORS.items()),
    before=rf"(?:(?<![A-Za-z0-9_-])|{AFTER_A_LINE_END})",
    after=r"(?![A-Za-z0-9_-])",
    windows=where_any(*_VENDORS),
    read=_read_key,
)
NAMED_KEY = Detector(
    kind="api_key",
    group="words",
    core=rf"{_KEY_WORDS}{_LINK}(?i:bearer )?(?P<value>[A-Za-z0-9_.~+/=-]{{12,}})",
    before=rf"(?:(?<![A-Za-z])|{AFTER_A_LINE_END})",
    after=r"(?![A-Za-z0-9_~+/=-])",
    guard=rf"{_KEY_WORDS}[^A-Za-z0-9]{{0,14}}(?:[:=]|(?i:is|là))",
    windows=_WORD_WINDOWS,
    read=_read_token,
)
BEARER = Detector(
    kind="api_key",
    group="marks",
    core=r"(?i:bearer|basic) (?P<value>[A-Za-z0-9_.~+/=-]{16,})",
    before=rf"(?:(?<![A-Za-z])|{AFTER_A_LINE_END})",
    after=r"(?![A-Za-z0-9_~+/=-])",
    windows=where_any("earer ", "asic ", "EARER "),
    read=_read_token,
)
PASSWORD = Detector(
    kind="password",
    group="words",
    core=rf"{_PASS_WORDS}{_LINK}(?P<value>[^{_NO_PASS_SIGN}]{{4,100}}[^{_NO_PASS_SIGN}.!?:…])",
    before=rf"(?:(?<![^\W_])|{AFTER_A_LINE_END})",
    guard=rf"{_PASS_WORDS}[^A-Za-z0-9]{{0,14}}(?:[:=]|(?i:is|là))",
    windows=_WORD_WINDOWS,
    read=_read_password,
)
QUOTED_PASSWORD = Detector(
    kind="password",
    group="words",
    core=rf"{_QUOTED}(?:[A-Za-z]{{1,20}}[_-])?{_PASS_WORDS}{_QUOTED}{_GAP}:{_GAP}{_QUOTED}(?P<value>[^{NO_VALUE}]{{4,100}})(?={_QUOTED})",
    guard=rf"{_PASS_WORDS}[\\\"' ]{{0,14}}:",
    windows=_WORD_WINDOWS,
    read=_read_quoted_password,
)
