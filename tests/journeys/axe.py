"""axe-core on a page: what of WCAG 2.2 A and AA it can tell by itself. Loaded by the tests from node_modules, served to nobody."""

from __future__ import annotations

from functools import cache

from tests.journeys.chain import ROOT

SCRIPT = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const found = await axe.run(document, {
    runOnly: {type: "tag", values: tags},
    rules: {"target-size": {enabled: true}},  // 2.5.8; axe leaves it out unless told
    resultTypes: ["violations"],
  });
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")} (${one.help})`));
}"""


def violations(page) -> list[str]:
    """What axe-core finds wrong on the page that is open. The page's own policy (CSP) forbids scripts from elsewhere: axe is put
    in by the browser's debugger, which the page cannot do."""
    page.evaluate(_source())
    return page.evaluate(RUN)


@cache
def _source() -> str:
    return SCRIPT.read_text(encoding="utf-8") + "; undefined"
