"""What a person sees of a night in Prefect's own UI, in a real browser."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import a_page, needs_browser

ROOT = Path(__file__).parents[3]


async def seen(url: str, picture: Path) -> str:
    """The text of a page, once the report is in it."""
    async with a_page() as page:
        await page.goto(url)
        await page.get_by_role("cell", name="held-out reward").wait_for()
        await page.screenshot(path=picture)
        return await page.inner_text("body")


@pytest.mark.browser
@needs_browser
def test_the_report_is_a_page_in_the_ui(home: Path, tmp_path: Path) -> None:
    # A process of its own: in this one Prefect's settings may already name the server of other tests.
    command = [sys.executable, "-m", "tests.integration.prefect.report_night", str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        page = next(line.split()[1] for line in process.stdout if line.startswith("page "))
        text = asyncio.run(seen(page, tmp_path / "report.png"))
        process.communicate(timeout=180)

    assert "Promote: evidence 400 : 1." in text
    assert "The exam" in text
    assert (tmp_path / "report.png").stat().st_size > 10_000
