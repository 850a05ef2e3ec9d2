"""A browser without a screen, started when a page first needs it."""

from __future__ import annotations

import shutil
import time
from types import TracebackType

import pytest
from playwright.sync_api import Page, Playwright, sync_playwright

from tests.support.chromium import NO_NETWORK, QUIET
from tests.support.until import PATIENCE_SECONDS


class Browser:
    """Chromium with one tab, which can reach nothing but this machine."""

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._page: Page | None = None

    def page(self) -> Page:
        """The tab."""
        if self._page is None:
            found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
            if found is None:
                pytest.skip("Chromium is not installed")
            self._playwright = sync_playwright().start()
            self._page = self._playwright.chromium.launch(executable_path=found, args=[*QUIET, NO_NETWORK]).new_page()
            self._page.set_default_timeout(1_000 * PATIENCE_SECONDS)
        return self._page

    def require(self, url: str, lines: list[str]) -> None:
        """
        Open the address, if there is one, and wait until the page shows these lines.

        Raises:
            AssertionError: It does not.
        """
        page = self.page()
        if url:
            page.goto(url)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while missing := [line for line in lines if line not in " ".join(page.inner_text("body").split())]:
            if time.monotonic() > deadline:
                raise AssertionError(f"the page does not show {missing}:\n{page.inner_text('body')}")
            page.wait_for_timeout(20)

    def close(self) -> None:
        """End it, if it was started."""
        if self._playwright is not None and self._page is not None:
            browser = self._page.context.browser
            if browser is not None:
                browser.close()
            self._playwright.stop()
            self._playwright = self._page = None

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
