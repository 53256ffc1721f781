"""How slow this machine is now, beside one that is let work alone: seconds are promised of a store's screen, and not of a machine with other tests on it."""

from __future__ import annotations

import time

from playwright.sync_api import Browser

LOADS = 6
TEXT = "<p>" + "<b>and</b> so it <i>goes</i> on " * 400
PAGE = f"data:text/html,<title>pace</title>{TEXT * 4}"
ALONE_S = 1.2
"""s: the processor time that they took on a core of 2.6 GHz, so at most what they take with nothing else to do."""


def slowness(browser: Browser) -> float:
    """1 on a machine that works alone, 3 on one that takes three times as long; never less than 1. Nothing of ours is in it but the browser."""
    page = browser.new_page()
    began = time.monotonic()
    for _ in range(LOADS):
        page.goto(PAGE)
        page.goto("about:blank")
    taken = time.monotonic() - began
    page.context.close()
    return max(1.0, taken / ALONE_S)
