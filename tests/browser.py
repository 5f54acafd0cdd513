"""A real browser on this machine's pages; where there is none, tests that need it are skipped."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Page

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
PATIENCE_MS = 120_000

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here: make browser")


@contextlib.asynccontextmanager
async def a_page(*, width: int = 1300, height: int = 1600) -> AsyncIterator[Page]:
    """An empty page; what does not appear in two minutes never will."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(PATIENCE_MS)
        try:
            yield page
        finally:
            await browser.close()
