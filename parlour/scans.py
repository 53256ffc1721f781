"""`parlour card` and `parlour remeasure`: what a scan needs on paper, and old scans under new models."""

from __future__ import annotations

import sys
from pathlib import Path

from parlour.doctor import language
from salon.rules.said import Said

PRINT_PX_PER_MM = 12.0  # 305 dpi: the marks' edges are as sharp as an office printer draws them


def _say(zh: str, en: str, *, error: bool = False) -> None:
    print(Said(zh, en).in_(language()), file=sys.stderr if error else sys.stdout)


def card_command(file: Path, *, chart: bool = False) -> int:
    """Write the card as a PDF; 3 when the file cannot be written."""
    from edge.vision import card

    px = PRINT_PX_PER_MM
    # A spare strip, because a wet hand spoils one; a frame fills half of the page by itself.
    pictures = [card.draw_frame(px)] if chart else [card.draw_strip(px)] * 2
    try:
        file.write_bytes(card.printable(card.sheet(pictures, px), px))
    except OSError as error:
        _say(f"无法写入 {file}：{error.strerror}", f"{file} cannot be written: {error.strerror}", error=True)
        return 3
    _say(
        f"{file}：请用哑光白纸按 100 % 打印在 A4 上（标尺应为 100 毫米）",
        f"{file}: print it on matt white A4 paper at 100 % (the ruler must measure 100 mm)",
    )
    return 0


def remeasure_command(member: str = "") -> int:
    """Say what became of each kind; 1 when the customer is not known."""
    from edge.store import opened
    from edge.vision.remeasure import remeasure

    with opened() as store:
        if member and store.members.find(member) is None:
            _say(f"本店没有顾客 {member}", f"no customer {member} in this store", error=True)
            return 1
        outcome = remeasure(store, member)
    _say(f"已重新测量：{outcome.anew}", f"measured anew: {outcome.anew}")
    _say(f"已是最新：{outcome.up_to_date}", f"already up to date: {outcome.up_to_date}")
    _say(f"未保留照片：{outcome.no_photo}", f"no photo kept: {outcome.no_photo}")
    _say(f"照片已不合格：{outcome.not_accepted}", f"photo not accepted any more: {outcome.not_accepted}")
    return 0
