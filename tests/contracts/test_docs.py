"""The pages that are made from the code are the code's."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_settings_page_says_what_the_settings_say() -> None:
    spec = importlib.util.spec_from_file_location("make_settings", DOCS / "make_settings.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)

    assert (DOCS / "settings.md").read_text(encoding="utf-8") == made.page(), "run: python docs/make_settings.py"
