"""The installation's salt: with it users can be told apart, without it nobody can tell who they are."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from nightschool.errors import DataError

SALT_FILE = "salt"
_HASH_DIGITS = 16
_MIN_SALT_CHARS = 32


def load_or_create_salt(home: Path) -> str:
    """The salt in the home folder (64 hexadecimal digits, readable by its owner only); made once, by whoever comes first.

    Raises:
        DataError: where the file holds no salt: another one would make every user a new one.
    """
    path = home / SALT_FILE
    if not path.exists():
        _create(path)
    salt = path.read_text(encoding="ascii", errors="replace").strip()
    if len(salt) < _MIN_SALT_CHARS:
        raise DataError(
            f"{path} holds no salt (at least {_MIN_SALT_CHARS} characters are needed).",
            next_step="Put it back from a backup; if there is none, delete it: users then count as new ones.",
        )
    return salt


def hashed_user(user_id: str, salt: str) -> str:
    """HMAC-SHA-256 of a user id, 16 hexadecimal digits; an unknown user ("") stays unknown."""
    if not user_id:
        return ""
    return hmac.digest(salt.encode(), user_id.encode("utf-8", "surrogatepass"), "sha256").hex()[:_HASH_DIGITS]


def _create(path: Path) -> None:
    """Write it aside and link it into place: of two processes one wins, and no reader meets half a salt."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(written)
    except FileExistsError:
        return
    finally:
        written.unlink(missing_ok=True)
