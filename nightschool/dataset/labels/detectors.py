"""A library in place of the rule that tells Vietnamese from English: py3langid, where a site installed it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from nightschool.errors import ConfigError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TOLD_APART = ["vi", "en"]


def detect_languages(connection: DuckDBPyConnection, table: str) -> None:
    """Let py3langid decide between `vi` and `en` where the rule found one of them; other scripts are certain.

    Args:
        connection: where the table is.
        table: its name; it has `question` and `language`.

    Raises:
        ConfigError: where the package is not installed.
    """
    try:
        identifier = importlib.import_module("py3langid")
    except ImportError:
        raise ConfigError(
            "data.language_detector is py3langid, which is not installed",
            next_step='Install it (pip install py3langid), or set data.language_detector = "rules".',
        ) from None
    identifier.set_languages(_TOLD_APART)
    texts = [
        row[0] for row in connection.execute(f"SELECT DISTINCT question FROM {table} WHERE language IN ('vi', 'en')").fetchall()
    ]
    found = [identifier.classify(text)[0] for text in texts]
    connection.execute(
        f"UPDATE {table} SET language = found.language FROM (SELECT unnest($texts) AS text, unnest($found) AS language) found"
        f" WHERE {table}.question = found.text AND {table}.language IN ('vi', 'en')",
        {"texts": texts, "found": found},
    )
