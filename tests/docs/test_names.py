"""Every page a person reads names what is there: commands with their options, targets of make, variables, files and links."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import typer.main

from parlour.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=str)
OURS = (".ci", "benchmarks", "cloud_sync_server", "docs", "edge", "firmware_configs", "parlour", "requirements", "salon", "systemd", "tests", "tools")  # fmt: skip
TOPIC = re.compile(r"salon/s\d+/")
CODE = (".py", ".sh", ".service", ".conf", ".yaml", ".toml", ".mako")

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@cache
def sources() -> str:
    """All of our own code, in which a name that a page gives has to stand."""
    files = (path for folder in OURS for path in (ROOT / folder).rglob("*") if path.suffix in CODE)
    return "\n".join([path.read_text("utf-8") for path in files if path.is_file()])


def code_in(page: Path) -> list[str]:
    """Lines of blocks, and what stands between backticks."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```\w*\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
    return [*spans, *(line for block in blocks for line in block.splitlines())]


@pages
def test_its_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


@pages
def test_its_files_are_there(page):
    named = {
        path.rstrip("/.")
        for code in code_in(page)
        for path in re.findall(r"(?<![\w/.<~$-])((?:[\w.-]+/)+[\w.-]*)", code)
        if path.startswith(tuple(f"{folder}/" for folder in OURS)) and not TOPIC.match(path)
    }
    assert [p for p in sorted(named) if not (ROOT / p).exists() and not (ROOT / f"{p}.py").exists()] == []


@pages
def test_its_variables_and_targets_are_read_by_somebody(page):
    wanted = re.findall(r"\bPARLOUR_[A-Z_]+", page.read_text("utf-8"))
    assert [name for name in wanted if name not in sources()] == []
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert [
        name for code in code_in(page) for name in re.findall(r"^make ([a-z]+)", code) if name not in targets
    ] == []


@pages
def test_its_commands_and_their_options_are_ours(page):
    wrong = []
    for code in code_in(page):
        for words, options in re.findall(r"(?:^|\bparlour )parlour((?: [a-z][a-z-]*)+)([^|;&#]*)", code):
            known = options_of(words.split())
            if known is None or not set(re.findall(r"(?<!\S)--[a-z-]+", options)) <= known:
                wrong.append(code)
    assert wrong == []


def options_of(words: list[str]) -> set[str] | None:
    """What a command may be given; None where there is no such command. Words behind a command are its arguments."""
    command = typer.main.get_command(app)
    for word in words:
        inner = getattr(command, "commands", None)
        if inner is None:
            break
        if word not in inner:
            return None
        command = inner[word]
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
