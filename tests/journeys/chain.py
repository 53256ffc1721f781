"""A running demo chain as the journeys see it, and a screen to look at it with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page
from tinydb import where

from edge.store import Store

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "screenshots"
PINS = {
    "chen": "100101",
    "zhao": "100103",
    "xu": "100104",
    "shen": "100105",
    "gu": "100106",
    "luyao": "200104",
}


@dataclass
class Chain:
    """A running demo chain."""

    home: Path
    kiosk: str
    second: str
    hq: str
    mqtt_port: int
    env: dict[str, str]
    hq_password: str
    process: subprocess.Popen

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`parlour ...` on the first store, as a person would type it."""
        return subprocess.run(  # noqa: PLW1510 - its exit status is for the test to judge
            [sys.executable, "-m", "parlour", *arguments],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def pid(self, module: str) -> int:
        """The process of the first store that runs a module. Raises LookupError."""
        for pid, parent in self.pids(module).items():
            if parent == self.process.pid:
                return pid
        raise LookupError(module)

    def pids(self, module: str) -> dict[int, int]:
        """All processes of the first store that run a module, workers included, each with its parent."""
        home = f"PARLOUR_HOME={self.home}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().split(b"\0")
                environment = (folder / "environ").read_bytes().split(b"\0")
                stat = (folder / "stat").read_text()
            except OSError:  # it has ended meanwhile
                continue
            runs = module.encode() in command or Path(command[0].decode(errors="replace")).name == module
            if runs and home in environment and os.getpid() != int(folder.name):
                found[int(folder.name)] = int(stat.rsplit(")", 1)[1].split()[1])
        return found


def wait_for(condition, seconds=60.0, what="what was expected"):
    """Look again until it is true; the journeys run on machines of any speed, and who looks often loses nothing by a high ceiling."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} did not happen within {seconds:g} s")


def written_here(store: Store) -> tuple[int, int]:
    """(visits, ledger entries) of the store itself: those of other stores come from head office at any time."""
    own = where("store") == store.store_id
    return store.visits.count(own), store.ledger.count(own)


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer:
            return json.load(answer)["status"] == "ok"
    except OSError:
        return False


@dataclass
class Screen:
    """One screen with its own session, at its own address."""

    page: Page
    base: str
    name: str
    errors: list[str]

    def goto(self, path: str) -> None:
        self.page.goto(self.base + path)

    def sign_in(self, login: str, then: str) -> None:
        self.goto(f"/staff/sign-in?next={then}")
        self.page.locator(f"input[name=login][value={login}]").check(force=True)
        self.page.fill("#pin", PINS[login])
        with self.page.expect_navigation():
            self.page.locator("form.sign-in button.main").click()
        # All of the address: that of the sign-in page ends with the same path.
        self.page.wait_for_url(f"{self.base}{then}*")

    def shoot(self, name: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")

    def text(self) -> str:
        return re.sub(r"\s+", " ", self.page.inner_text("body"))


def open_screen(browser: Browser, base: str, name: str, *, width=1280, height=800, language="zh") -> Screen:
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN" if language == "zh" else "en-GB"
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.set_default_timeout(60_000)
    return Screen(page, base, name, errors)
