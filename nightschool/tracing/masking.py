"""What no span may show: values that are known to be secret, and whatever looks like one."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

SHORTEST_SECRET = 8
"""Characters; shorter values are ordinary words."""
MASK = "********"
_SECRETS = re.compile(
    r"\bsk-[\w-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bxox[baprs]-[\w-]{10,}"  # keys of services
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+"  # JSON web tokens
    r"|(?<=[Bb]earer )[\w.~+/-]{8,}=*|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)


def masked(value: Any, secrets: Collection[str] = ()) -> Any:
    """An attribute's value without secrets; what is no text stays as it is.

    Args:
        value: of a span's attribute.
        secrets: values that are known.
    """
    if isinstance(value, tuple | list):
        return [masked(one, secrets) for one in value]
    if not isinstance(value, str):
        return value
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            value = value.replace(secret, MASK)
    return _SECRETS.sub(MASK, value)
