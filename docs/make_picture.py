"""Writes docs/demo.svg from the last night of `make demo`: `python docs/make_picture.py`."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console

from nightschool.report import NightReport
from nightschool.report.terminal import show_night

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".demo" / "local" / ".nightschool"
SHOWN_HOME = Path("/") / "nightschool" / ".demo" / "local" / ".nightschool"


def main() -> None:
    """Print the night into a picture."""
    last = max((HOME / "reports").glob("*.json"))
    console = Console(record=True, width=118, file=io.StringIO(), highlight=False, markup=False, force_terminal=True)
    show_night(NightReport.model_validate_json(last.read_text(encoding="utf-8")), SHOWN_HOME, console)
    picture = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="make demo"), flags=re.DOTALL)  # it would be fetched
    (ROOT / "docs" / "demo.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
