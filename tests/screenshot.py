"""Take the README's picture of the web page: `python tests/screenshot.py http://127.0.0.1:PORT` beside `make demo`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

PICTURE: Final = Path(__file__).parents[1] / "docs" / "images" / "models.png"


def take(address: str) -> None:
    """Write the picture of the table of models at this address."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 760})
        page.goto(address)
        page.locator("#models tbody tr").first.wait_for()
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1])
