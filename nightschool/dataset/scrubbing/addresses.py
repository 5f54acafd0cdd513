"""Addresses: e-mail (RFC 5321's shape, without quoted names) and IP."""

from __future__ import annotations

import ipaddress
import re

from nightschool.dataset.scrubbing.detector import AFTER_A_LINE_END, NO_VALUE, STAYS, Detector
from nightschool.dataset.scrubbing.draws import Draws
from nightschool.dataset.scrubbing.windows import around_at_signs, from_each

_OUR_ADDRESS = re.compile(r"user-[a-z]{10}@example\.com", re.IGNORECASE)
_OUR_NETWORK = ipaddress.ip_network("2001:db8:ffff::/48")  # within RFC 3849's, for documentation
_NOBODYS_NETWORKS = [ipaddress.ip_network(name) for name in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")]
_AT_HOME = "10."
_LARGEST_VERSION_PART = 31
"""Four numbers no larger than this are a version (3.11.7.2), not an address, unless they begin like one of a private network."""

_OCTET = "[0-9]{1,3}"


def _read_email(value: str) -> str | None:
    return STAYS if _OUR_ADDRESS.fullmatch(value) else value.casefold()


def _write_email(_: str, known_as: str, draws: Draws) -> str:
    return f"user-{draws.letters(known_as, 10)}@example.com"


def _read_ipv4(value: str) -> str | None:
    """What stands for no machine of anybody stays: this machine itself, reserved ranges (ours among them), masks, versions."""
    parts = value.split(".")
    if any(len(part) > 1 and part.startswith("0") for part in parts):
        return None
    numbers = [int(part) for part in parts]
    is_version = max(numbers) <= _LARGEST_VERSION_PART and not value.startswith(_AT_HOME)
    if is_version or not all(number <= 255 for number in numbers):
        return None
    address = ipaddress.IPv4Address(value)
    return STAYS if any(address in network for network in _NOBODYS_NETWORKS) else value


def _write_ipv4(_: str, known_as: str, draws: Draws) -> str:
    # The ranges for documentation have 768 addresses in all: too few to tell visitors apart. 240.0.0.0/4 is routed nowhere.
    return str(ipaddress.IPv4Address(0xF0000000 + draws.number(known_as, 2**28 - 2**16)))


def _read_ipv6(value: str) -> str | None:
    try:
        address = ipaddress.IPv6Address(value)
    except ValueError:
        return None
    local = address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast
    return STAYS if local or address in _OUR_NETWORK else address.compressed


def _write_ipv6(_: str, known_as: str, draws: Draws) -> str:
    return str(_OUR_NETWORK[draws.number(known_as, 2**80)])


_NO_MAILBOX = rf"{NO_VALUE}@<>()\[\]{{}}:;,/=|“”‘’«»，。、；：？！（）"

EMAIL = Detector(
    kind="email",
    group="signs",
    core=rf"[^{_NO_MAILBOX}]{{1,64}}@(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?\.){{1,8}}[^\W\d_]{{2,24}}",
    before=rf"(?:(?<![^{_NO_MAILBOX}])(?<![\\\ufdd0])(?<!://)|{AFTER_A_LINE_END})",
    after=r"(?![\w@])",
    guard="@",
    windows=around_at_signs,
    read=_read_email,
    write=_write_email,
)
IPV4 = Detector(
    kind="ip",
    group="marks",
    core=rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}",
    before=r"(?<![\w.-])(?<![vV]ersion )(?<!bản )",
    after=r"(?![\w-])(?!\.[0-9])(?![ \u00a0]?(?:đ|₫|vnd|vnđ|VND|VNĐ|dong|đồng)(?!\w))",
    windows=from_each(rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.[0-9]", 15),
    read=_read_ipv4,
    write=_write_ipv4,
)
IPV6 = Detector(
    kind="ip",
    group="marks",
    core=r"(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{1,4}:){1,7}:(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?",
    before=r"(?<![\w:.])",
    after=r"(?![\w:])",
    windows=from_each(r"(?:[0-9A-Fa-f]{1,4}:){1,7}:|(?:[0-9A-Fa-f]{1,4}:){7}", 39),
    read=_read_ipv6,
    write=_write_ipv6,
)
