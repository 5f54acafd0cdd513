"""What a person sees of a night in Prefect's own UI, in a real browser."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


async def seen(url: str, picture: Path) -> str:
    """The text of a page, once the report is in it."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1300, "height": 1600})
        await page.goto(url, timeout=180_000)
        await page.get_by_role("cell", name="held-out reward").wait_for(timeout=180_000)
        await page.screenshot(path=picture)
        text = await page.inner_text("body")
        await browser.close()
    return text


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here: make browser")
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
