"""`nightschool` where nothing but the standard library is installed."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
for name in ("pydantic", "sqlalchemy", "pandas"):
    sys.modules[name] = None
import nightschool
assert nightschool.load_prompt("support", default="first").text == "first"
for name in ("rate", "results"):
    try:
        getattr(nightschool, name)
    except ImportError as error:
        print(error)
"""


def test_what_needs_more_says_what_to_install() -> None:
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout.splitlines()

    assert said[0].endswith('pip install "nightschool[tools]"')
    assert said[1].endswith('pip install "nightschool[night]"')
