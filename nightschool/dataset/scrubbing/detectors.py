"""All that is looked for, in the order that decides where two overlap."""

from __future__ import annotations

from nightschool.dataset.scrubbing.addresses import EMAIL, IPV4, IPV6
from nightschool.dataset.scrubbing.credentials import (
    API_KEY,
    BEARER,
    JWT,
    NAMED_KEY,
    PASSWORD,
    PRIVATE_KEY,
    QUOTED_PASSWORD,
    URL_LOGIN,
)
from nightschool.dataset.scrubbing.detector import STAYS, Detector
from nightschool.dataset.scrubbing.identities import CARD, CCCD, IBAN, NAMED_ID, NAMED_SSN, SSN
from nightschool.dataset.scrubbing.phones import PHONE
from nightschool.dataset.scrubbing.windows import where_any

OURS = Detector(
    kind="custom",
    group="marks",
    core="⟨[A-Z_]{2,20}_[0-9]{1,9}⟩",
    windows=where_any("⟨"),
    read=lambda _: STAYS,
)
"""A placeholder, which is none of what its words look like."""

DETECTORS = (
    OURS,
    PRIVATE_KEY,
    JWT,
    API_KEY,
    BEARER,
    URL_LOGIN,
    NAMED_KEY,
    QUOTED_PASSWORD,
    EMAIL,
    IBAN,
    CARD,
    CCCD,
    NAMED_ID,
    SSN,
    NAMED_SSN,
    IPV6,
    IPV4,
    PHONE,
    PASSWORD,
)


def custom_detector(pattern: str) -> Detector:
    """What a site looks for itself: an expression in RE2's syntax; what it matches becomes a placeholder."""
    return Detector(kind="custom", group="marks", core=pattern, read=lambda value: value or None)
