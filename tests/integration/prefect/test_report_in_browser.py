"""What a person sees of a night in Prefect's own UI, in a real browser."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from flows.embedded import prefect_server
from nightschool.settings import load_settings
from tests.unit.report.nights import a_report

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


def write_report(home: Path) -> str:
    """Run the report stage against the server in force; the id of the page's artifact."""
    from prefect import flow
    from prefect.client.orchestration import get_client

    from tasks.report import report

    @flow
    def one_report() -> None:
        report(a_report(), settings=load_settings(home=home))

    one_report()
    with get_client(sync_client=True) as client:
        pages = [artifact for artifact in client.read_artifacts() if artifact.type == "markdown"]
    assert len(pages) == 1
    return str(pages[0].id)


async def seen(url: str, picture: Path) -> str:
    """The text of a page, once the report is in it."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1300, "height": 1600})
        await page.goto(url)
        await page.get_by_role("cell", name="held-out reward").wait_for(timeout=60_000)
        await page.screenshot(path=picture)
        text = await page.inner_text("body")
        await browser.close()
    return text


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here: make browser")
def test_the_report_is_a_page_in_the_ui(tmp_path: Path) -> None:
    with prefect_server(tmp_path) as api:
        artifact = write_report(tmp_path)
        text = asyncio.run(seen(f"{api.removesuffix('/api')}/v2/artifacts/artifact/{artifact}", tmp_path / "report.png"))

    assert "Promote: evidence 400 : 1." in text
    assert "The exam" in text
    assert (tmp_path / "report.png").stat().st_size > 10_000
