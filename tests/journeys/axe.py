"""axe-core on a page: what of WCAG 2.2 A and AA it can tell by itself. Loaded by the tests from node_modules, served to nobody."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.chain import ROOT

SCRIPT = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (tags) => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]});
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")} (${one.help})`));
}"""


def violations(page) -> list[str]:
    """What axe-core finds wrong on the page that is open. The page's own policy (CSP) forbids scripts from elsewhere: axe is put
    in by the browser's debugger, which the page cannot do."""
    page.evaluate(_source(SCRIPT))
    return page.evaluate(RUN, RULES)


def _source(path: Path) -> str:
    return path.read_text(encoding="utf-8") + "; undefined"


CLIPPED = """() => {
  const shown = (node) => node.checkVisibility({opacityProperty: true, visibilityProperty: true});
  const cut = [];
  for (const node of document.querySelectorAll("main *, header *, dialog[open] *")) {
    const style = getComputedStyle(node);
    if (!shown(node) || style.position === "absolute" || !node.textContent.trim()) continue;
    const hides = ["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY);
    if (hides && (node.scrollWidth > node.clientWidth + 2 || node.scrollHeight > node.clientHeight + 2)) cut.push(node.outerHTML.slice(0, 80));
  }
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return wide > 1 ? [...cut, `page ${wide} px too wide`] : cut;
}"""
"""Text that is cut off, and pages that must be scrolled sideways (1.4.4, 1.4.10)."""


def clipped_at_double(page) -> list[str]:
    """What is cut off when text is twice as large. Everything is sized in rem, so the root's size is the text's."""
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    return page.evaluate(CLIPPED)
