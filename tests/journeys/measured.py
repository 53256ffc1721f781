"""What can be measured of a page with a ruler: text that is cut off, targets too small for a finger, too many things to do."""

from __future__ import annotations

MM = {"wide": 5.04, "tall": 8.27}
"""CSS pixels a millimetre: 128 an inch on the 13-inch landscape screen, 210 on the 7-inch portrait panel. As in tokens.css."""
FINGER, GLOVE = 12.0, 18.0
"""mm: what a bare finger hits, and one in a glove."""
HALF_A_PIXEL = 0.5
MOST_ACTIONS = 4
"""On one screen of the bed station."""

CLIPPED = """() => {
  const shown = (node) => node.checkVisibility({opacityProperty: true, visibilityProperty: true});
  const cut = [];
  for (const node of document.querySelectorAll("body *")) {
    const style = getComputedStyle(node);
    if (!shown(node) || style.position === "absolute" || !node.textContent.trim() || node.closest("svg")) continue;
    const hides = (over) => ["hidden", "clip"].includes(over);
    const wide = hides(style.overflowX) && node.scrollWidth > node.clientWidth + 2;
    const tall = hides(style.overflowY) && node.scrollHeight > node.clientHeight + 2;
    if (wide || tall) cut.push(`cut: ${node.outerHTML.slice(0, 90)}`);
  }
  const most = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > most + 1) {
    cut.push(`page ${document.documentElement.scrollWidth - most} px too wide`);
    for (const node of document.querySelectorAll("body *")) {
      const box = node.getBoundingClientRect();
      if (shown(node) && box.right > most + 1 && !node.closest(".scroll")) cut.push(`  out: ${node.outerHTML.slice(0, 90)}`);
    }
  }
  return cut.slice(0, 6);
}"""
"""Text that is cut off, and pages that must be scrolled sideways (1.4.4, 1.4.10)."""

TARGETS = """([most, within]) => {
  const wanted = "a[href], button, select, summary, textarea, input:not([type=hidden])";
  const small = [];
  for (const node of document.querySelectorAll(within.split(",").map((w) => `${w} :is(${wanted})`).join(","))) {
    if (!node.checkVisibility({visibilityProperty: true})) continue;
    if (node.matches(".skip, .visually-hidden") || node.disabled) continue;
    const box = (node.closest("label") ?? node).getBoundingClientRect();
    const least = Math.min(box.width, box.height);
    if (least > 0 && least < most) small.push(`${Math.round(box.width)}x${Math.round(box.height)} px: ${node.outerHTML.slice(0, 90)}`);
  }
  return small;
}"""

ACTIONS = """() => {
  const wanted = "a[href], button:not([disabled]), summary:not(.why *), label:has(input[type=file])";
  const groups = "fieldset, .tiles, .keypad, .bottles, .waiting, .concerns, .barcode, [role=radiogroup], [role=group]";
  const seen = new Set();
  for (const node of document.querySelectorAll(`main :is(${wanted}), .do :is(${wanted})`)) {
    if (node.checkVisibility({visibilityProperty: true})) seen.add(node.closest(groups) ?? node);
  }
  return [...seen].map((node) => node.outerHTML.slice(0, 80));
}"""
"""What there is to do on a screen of the bed: buttons and links. The answers to one question are one thing; fields, the bar above each
page and the reasons of a decision (which are only read) are not counted."""


def clipped_at_double(page) -> list[str]:
    """What is cut off when text is twice as large (1.4.4). Everything is sized in rem, so the root's size is the text's."""
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    try:
        return page.evaluate(CLIPPED)
    finally:
        page.evaluate("document.documentElement.style.fontSize = ''")


def too_small(page, shape: str, millimetres: float, within: str = "body") -> list[str]:
    """Targets below so many millimetres. A tile's target is its whole label."""
    return page.evaluate(TARGETS, [millimetres * MM[shape] - HALF_A_PIXEL, within])


def actions(page) -> list[str]:
    """The things to do on the open screen of the bed."""
    return page.evaluate(ACTIONS)
