"""The kiosk: from submitting the surname to the greeting painted, with 100,000 members in the store.

The way of SVC-02: number, surname, "is this you?", greeting, in Chromium over HTTP on loopback, the real pages with the real store.
Beside it an empty Flask page in the same server and browser, which is what any page costs, and the bare look-up beside stock TinyDB,
which is what the page would wait for on a JSON file. The measure named: `yes pressed -> greeting painted`, its p99 against the empty
page's p99.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Page, sync_playwright
from tinydb import TinyDB, where
from werkzeug.serving import make_server

from benchmarks.bench_store import member
from benchmarks.common import Row, interleaved, report
from edge.kiosk.app import create_app
from edge.kiosk.services import people
from edge.store import Store, new_rid
from salon import records
from salon.demo import build

MEMBERS = 100_000
VISITORS = 120  # check-ins measured: p99 of fewer is the slowest one
LOOKUPS = 400
STOCK = 3  # look-ups on stock TinyDB: each reads the whole file

PAINTED = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  done(paint ? performance.timeOrigin + paint.startTime : null);
}, 0)))"""
"""Of the page that is open: when its first content was on the screen, in ms of the wall clock."""


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder,
        Store.create(Path(folder) / "store", "s001") as store,
    ):
        there = _fill(store)
        rows = _lookups(store, there, Path(folder) / "stock.json")
        rows += _pages(store, there)
    report(
        "kiosk",
        rows,
        notes=[
            f"{MEMBERS:,} members; {VISITORS} check-ins and as many empty pages in turn, one Chromium, loopback.",
            "A submit is a POST and a redirect, so two requests; the empty page is asked for in the same way.",
        ],
    )


def _fill(store: Store) -> list[dict[str, Any]]:
    """The demo's house and services, and many members with a visit each among the first."""
    # Numbers that a person may type: mobiles of the mainland begin with 13 to 19.
    there = [
        records.Member.parse({**member(number), "phone": f"13{number:09d}"}).document()
        for number in range(MEMBERS)
    ]
    with store.acting("system"), store.transaction():
        for record in build("s001", "2026-11-22T02:00:00.000Z"):
            store.add(record)
        with store.members._as_merge():  # past the log and the outbox: those are measured elsewhere
            store.members.insert_multiple(there)
        for body in there[:VISITORS]:
            store.visits.insert(_visit(body["rid"]).document())
    return there


def _visit(rid: str) -> records.Visit:
    at = "2026-10-20T03:00:00.000Z"
    return records.Visit(
        rid=new_rid(), member=rid, store="s001", state="closed", services=["svc-soothe"], arrived_at=at, closed_at=at,
        paid_fen=39800, payment="wechat",
    )  # fmt: skip


def _lookups(store: Store, there: list[dict[str, Any]], path: Path) -> list[Row]:
    """Phone and surname to one member, as the kiosk asks; beside a JSON file."""
    step = MEMBERS // LOOKUPS
    wanted = [(there[number]["phone"], there[number]["surname"]) for number in range(0, MEMBERS, step)]
    ours = interleaved({"ours": lambda w: people.known_by(store, w[0], w[1])}, wanted)
    with TinyDB(path) as stock:
        stock.insert_multiple(there)
        taken = interleaved(
            {"stock": lambda w: [m for m in stock.search(where("phone") == w[0]) if m["surname"] == w[1]]},
            wanted[:STOCK],
        )
    name = f"phone and surname -> member, {MEMBERS:,} members (median)"
    return [Row.of(name, ours["ours"], taken["stock"], "stock TinyDB, JSON file", "µs")]


def _pages(store: Store, there: list[dict[str, Any]]) -> list[Row]:
    with _server(store) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 720, "height": 1280}, reduced_motion="reduce")
        ours: dict[str, list[float]] = {"surname": [], "greeting": []}
        empty: list[float] = []
        for body in [*there[:5], *there[:VISITORS]]:  # the first five warm browser and server
            for name, ms in _check_in(page, base, body).items():
                ours[name].append(ms)
            page.goto(f"{base}/empty-form")
            empty.append(_submit(page, "button"))
        browser.close()
    rows = []
    for share, label in ((0.5, "median"), (0.99, "p99")):
        reference = _quantile(empty[5:], share)
        for name, said in (
            ("greeting", "yes pressed -> greeting painted"), ("surname", "surname submitted -> is it you painted"),
        ):  # fmt: skip
            rows.append(
                Row.of(
                    f"{said} ({label})",
                    _quantile(ours[name][5:], share),
                    reference,
                    "an empty Flask page",
                    "ms",
                )
            )
    return rows


def _check_in(page: Page, base: str, body: dict[str, Any]) -> dict[str, float]:
    page.goto(base)
    with page.expect_navigation():
        page.locator("button.begin").click()
    page.goto(f"{base}/phone")
    page.fill("#phone", body["phone"])
    with page.expect_navigation():
        page.locator("form button.main").click()
    page.fill("#surname", body["surname"])
    asked = _submit(page, "form.picker-page button.main")
    greeted = _submit(page, "button[name=answer][value=yes]")
    assert page.locator(".welcome").count() == 1
    return {"surname": asked, "greeting": greeted}


def _submit(page: Page, button: str) -> float:
    """Milliseconds from the press to the first content of the next page on the screen."""
    with page.expect_navigation():
        pressed = page.evaluate(
            """(button) => { const at = performance.timeOrigin + performance.now();
               setTimeout(() => document.querySelector(button).click(), 0); return at; }""",
            button,
        )
    painted: float | None = None
    while painted is None:
        painted = page.evaluate(PAINTED)
    return painted - float(pressed)


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@contextmanager
def _server(store: Store) -> Iterator[str]:
    """The kiosk, and in the same server a form that leads to an empty page."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app, _socket = create_app(store, testing=True)
    bare = Flask("empty")

    @bare.get("/empty-form")
    def form() -> str:
        return (
            "<!doctype html><title>.</title><form method=post action=/empty-form><button>go</button></form>"
        )

    @bare.post("/empty-form")
    def taken() -> Any:
        return bare.redirect("/empty")

    @bare.get("/empty")
    def empty() -> str:
        return "<!doctype html><title>.</title><p>empty"

    def both(environ: dict[str, Any], start: Any) -> Any:
        chosen = bare if environ["PATH_INFO"].startswith("/empty") else app
        return chosen(environ, start)

    server = make_server("127.0.0.1", 0, both, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    time.sleep(0.1)
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
