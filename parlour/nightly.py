"""`parlour sync nightly`: what `parlour-reconcile.timer` runs, at an hour of each store's own."""

from __future__ import annotations

from edge.store import opened
from edge.sync import Agent, NotEnrolled
from edge.sync.nightly import reconcile
from parlour.doctor import language
from salon.rules.said import Said


def nightly_command() -> int:
    """Exit status 0 when both sides are equal, mended ones included."""
    with opened() as store:
        url = store.settings.get("hq_url", "")
        try:
            agent = Agent(store, url) if url else None
        except NotEnrolled:
            agent = None
        if agent is None:
            print(Said("尚未与总部登记", "Not enrolled with head office").in_(language()))
            return 1
        try:
            night = reconcile(agent)
        finally:
            agent.close()
    said = Said(
        f"{night.outcome}：{night.records} 条记录，差异 {night.differences}，已修复 {night.mended}，根 {night.root}",
        f"{night.outcome}: {night.records} records, {night.differences} different, {night.mended} mended, root {night.root}",
    )
    print(said.in_(language()), night.detail)
    return 0 if night.outcome in {"equal", "mended"} else 1
