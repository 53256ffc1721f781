"""What the pages load: nothing from elsewhere, no script in the page, and little of it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import cloud_sync_server
import edge.kiosk

HERE = Path(edge.kiosk.__file__).parent
OURS = [
    p for p in HERE.rglob("*") if p.suffix in {".html", ".css", ".js", ".svg"} and "vendor" not in p.parts
]
BUDGET = 70 * 1024  # bytes of script, gzipped, on the heaviest page of the customer kiosk
NAMESPACES = {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("path", OURS, ids=lambda p: str(p.relative_to(HERE)))
def test_nothing_is_loaded_from_elsewhere(path):
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\s\"'<>)]+", text)) <= NAMESPACES
    assert not re.search(r"""(src|href)=["']//""", text)


@pytest.mark.parametrize(
    "path", [p for p in OURS if p.suffix == ".html"], ids=lambda p: str(p.relative_to(HERE))
)
def test_no_script_and_no_style_stands_in_a_page(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<[a-z][^>]*\son[a-z]+=[\"']", text)
    assert not re.search(r"<style|\sstyle=", text)


def _file(client, address):
    with client.get(address) as answer:
        assert answer.status_code == 200, address
        answer.get_data()
        return answer


def _scripts(page):
    return re.findall(r'<script src="/([^"?]+)', page)


def test_the_customer_kiosk_stays_within_its_script_budget(client):
    if not (HERE / "static" / "vendor" / "socket.io.min.js").exists():
        pytest.skip("browser libraries are not installed: run `npm ci && npm run vendor`")
    client.post("/start")
    names = {*_scripts(client.get("/code").text), *_scripts(client.get("/new/surname").text)}
    assert "static/vendor/jsqr.min.js" in names
    weight = sum(len(gzip.compress(_file(client, f"/{name}").data, 9)) for name in names)
    assert weight <= BUDGET, f"{weight} bytes"


def test_static_files_carry_a_hash_and_may_be_kept(client):
    address = re.search(r'href="(/static/css/tokens\.css\?v=[0-9a-f]{12})"', client.get("/").text)[1]
    assert "immutable" in _file(client, address).headers["Cache-Control"]


def test_the_stores_and_head_office_have_one_look(client):
    """Each sheet names what the other gives: a colour that is nowhere would be seen as black or as nothing."""
    address = re.search(r'href="(/look/look\.css\?v=[0-9a-f]{12})"', client.get("/").text)[1]
    look = _file(client, address).text
    tokens = (HERE / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    office = (Path(cloud_sync_server.__file__).parent / "static" / "hq.css").read_text(encoding="utf-8")
    store = "".join(p.read_text(encoding="utf-8") for p in OURS if p.suffix == ".css")
    scripts = "".join(p.read_text(encoding="utf-8") for p in OURS if p.suffix == ".js")
    set_by_scripts = set(re.findall(r'setProperty\("(--[a-z-]+)"', scripts))
    for name, sheet in {"a store": tokens + store, "head office": office}.items():
        given = set_by_scripts | set(re.findall(r"(--[a-z-]+):", look + sheet))
        assert set(re.findall(r"var\((--[a-z-]+)", sheet)) <= given, name


def test_every_page_has_the_other_language_and_customers_a_call_button(client):
    client.post("/start")
    for address in ("/hello", "/phone", "/code", "/new/surname", "/own-phone", "/see-us", "/"):
        page = client.get(address).text
        assert "data-language" in page, address
        assert 'action="/call"' in page, address
