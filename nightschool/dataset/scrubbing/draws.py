"""Drawn from a key: the same value always draws the same number, and nobody without the key can say which."""

from __future__ import annotations

import hashlib

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ROUNDS = 6
_LONGEST_KEY = hashlib.blake2b.MAX_KEY_SIZE


class Draws:
    """Numbers that a key and a value decide.

    Args:
        key: the installation's salt; without it nobody can try out which value a surrogate stands for.
    """

    def __init__(self, key: str) -> None:
        whole = key.encode("utf-8", "surrogatepass")
        short = whole if len(whole) <= _LONGEST_KEY else hashlib.blake2b(whole).digest()
        # Keyed BLAKE2b (RFC 7693) is a MAC in one pass: a third of HMAC's time, and a phone number draws six times.
        self._keyed = hashlib.blake2b(key=short, digest_size=32)

    def number(self, value: str, below: int) -> int:
        """A number from 0; two values draw the same one with the probability 1 / below."""
        drawn = self._keyed.copy()
        drawn.update(value.encode("utf-8", "surrogatepass"))
        return int.from_bytes(drawn.digest()) % below

    def digits(self, value: str, count: int) -> str:
        """Decimal digits, leading zeros among them."""
        return str(self.number(value, 10**count)).zfill(count) if count > 0 else ""

    def letters(self, value: str, count: int) -> str:
        """Lower-case letters."""
        number = self.number(value, len(_LETTERS) ** count)
        drawn = []
        for _ in range(count):
            number, place = divmod(number, len(_LETTERS))
            drawn.append(_LETTERS[place])
        return "".join(drawn)

    def shuffled(self, name: str, number: int, left: int, right: int) -> int:
        """Another number below left × right; two numbers never have the same one.

        A Feistel network over two unequal halves (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
        """
        high, low = divmod(number, right)
        for turn in range(0, _ROUNDS, 2):
            high = (high + self.number(f"{name}/{turn}/{low}", left)) % left
            low = (low + self.number(f"{name}/{turn + 1}/{high}", right)) % right
        return high * right + low
