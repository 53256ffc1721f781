"""What the journeys walk through: the real chain, started as `make run` starts it, and a real browser."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from playwright.sync_api import expect, sync_playwright

from edge.store import Store
from tests.journeys import times
from tests.journeys.chain import ROOT, Chain, open_screen, wait_for
from tests.ports import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
START_S = 300
"""Generous: a first start on a loaded machine builds two stores and HQ's schema."""


def pytest_runtest_logreport(report):
    """Each step of a journey, without the start of the chain."""
    if report.when == "call" and report.passed and "/journeys/" in report.nodeid:
        times.step(report.nodeid, report.duration)


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """One for each journey: in some a colleague leaves, or devices rave."""
    yield from started(tmp_path_factory.mktemp("chain"))


@pytest.fixture(scope="module")
def store(chain):
    """The first store, as one process more of it."""
    with Store.open(chain.home) as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(chain, browser):
    """The front desk, signed in."""
    screen = open_screen(browser, chain.kiosk, "desk")
    screen.sign_in("xu", "/desk")
    return screen


def started(home):
    """A chain on these files, running until the generator goes on."""
    ports = {name: free_port() for name in ("KIOSK", "SECOND", "HQ", "MQTT")}
    env = {
        **os.environ,
        **{f"PARLOUR_{name}_PORT": str(port) for name, port in ports.items()},
        "PARLOUR_HOME": str(home),
        "LANG": "C.UTF-8",
    }
    env.pop("DATABASE_URL", None)
    log = home / "run.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "parlour", "run"],
            env=env,
            cwd=ROOT,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        wait_for(
            lambda: "is open" in log.read_text() or process.poll() is not None,
            START_S,
            f"the start of the chain, see {log}",
        )
        said = log.read_text()
        assert process.poll() is None, said
        password = re.search(r"owner / (\S+)", said)
        yield Chain(
            home,
            *(f"http://127.0.0.1:{ports[name]}" for name in ("KIOSK", "SECOND", "HQ")),
            ports["MQTT"],
            env,
            password[1],
            process,
        )
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(60)


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        pytest.fail("Chromium is not installed: make test installs it")
    expect.set_options(timeout=60_000)  # ms: a wait ends as soon as the thing is true
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
            ],
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def browser(chromium):
    """The browser, with no screen open of an earlier journey: one left on the welcome page moves and costs a core."""
    yield chromium
    for context in chromium.contexts:
        context.close()
