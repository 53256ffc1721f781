"""`parlour policy`: check a policy's text, set it, and see what it would change in this store's own history before it does."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from edge.store import NoStore, Store, new_rid, now, opened
from parlour.doctor import language
from salon import policies
from salon.policies import CHAIN, BadPolicy, Policy
from salon.records import PolicyText
from salon.records import Store as StoreRecord
from salon.rules import history, names, replay
from salon.rules.said import Said

SHOWN = 15
"""Lines of single customers printed a kind; the counts are of all."""
WHAT = {
    "tier": Said("等级", "Tiers"),
    "stage": Said("生命周期", "Lifecycle stages"),
    "points": Said("积分", "Points"),
    "alert": Said("提醒", "Alerts"),
    "message": Said("消息", "Messages"),
}


def check_command(file: Path, chain: Path | None) -> int:
    """Say what is wrong with a policy, line by line. 0: it can be used."""
    try:
        policy = _policy(file, chain)
    except BadPolicy as error:
        return _refused(file, error)
    _say(f"{file}：可以使用，版本 {policy.version}", f"{file}: can be used, version {policy.version}")
    return 0


def simulate_command(file: Path) -> int:
    """Print what a policy would have made different in this store."""
    with opened() as store:
        try:
            changed = policies.load(file.read_text("utf-8"), chain_text(store))
        except BadPolicy as error:
            return _refused(file, error)
        current = policies.active(store.policy_texts.select(), store.store_id).policy
        print("\n".join(simulate(store, current, changed, language())))
    return 0


def set_command(file: Path) -> int:
    """Make a text this store's policy, if it can be used."""
    with opened() as store, store.acting("technician"):
        text = file.read_text("utf-8")
        try:
            policy = policies.load(text, chain_text(store))
        except BadPolicy as error:
            return _refused(file, error)
        store.policy_texts.add(
            PolicyText(rid=new_rid(), scope=store.store_id, at=now(), toml=text, version=policy.version)
        )
    _say(f"已启用：{policy.version}", f"In force: {policy.version}")
    return 0


def chain_text(store: Store) -> str:
    """Head office's latest text that this store knows; empty if there is none."""
    texts = sorted((t for t in store.policy_texts.select() if t.scope == CHAIN), key=lambda t: t.at)
    return texts[-1].toml if texts else ""


def _policy(file: Path, chain: Path | None) -> Policy:
    """Within a chain's text where one is named, or known to the store of this machine."""
    if chain is not None:
        return policies.load(file.read_text("utf-8"), chain.read_text("utf-8"))
    text = file.read_text("utf-8")
    if "[[bounds]]" in text:  # head office's own
        return policies.load(text)
    try:
        with opened() as store:
            return policies.load(text, chain_text(store))
    except NoStore:
        return policies.load(text)


def _refused(file: Path, error: BadPolicy) -> int:
    for problem in error.problems:
        print(f"{file}: {problem}", file=sys.stderr)
    return 1


def _say(zh: str, en: str) -> None:
    print(Said(zh, en).in_(language()))


def simulate(store: Store, current: Policy, changed: Policy, lang: str) -> list[str]:
    """What would differ, as lines for a person: counts of each kind, then who."""
    own = store.stores.find(store.store_id) or StoreRecord(rid=store.store_id, name=store.store_id)
    members = {member.rid: member for member in store.members.select()}
    histories = history.gather(
        members.values(),
        store.visits.select(),
        store.services.select(),
        ledger=store.ledger.select(),
        surveys=store.surveys.select(),
        appointments=store.appointments.select(),
        complaints=store.complaints.select(),
    )
    moment = now()
    changes = replay.difference(
        replay.replay(histories, own, current, moment), replay.replay(histories, own, changed, moment)
    )
    head = Said(
        f"{current.version} → {changed.version}：{len(histories)} 位顾客，{len(changes)} 处不同",
        f"{current.version} -> {changed.version}: {len(histories)} customers, {len(changes)} differences",
    )
    lines = [head.in_(lang)]
    for kind, label in WHAT.items():
        of_kind = [c for c in changes if c.what.split(".")[0] == kind]
        counts = Counter(
            f"{_plain(c.before)} -> {_plain(c.after)}" for c in of_kind if kind in {"tier", "stage"}
        )
        lines.append(f"{label.in_(lang)}: {len({c.member for c in of_kind})}")
        lines += [f"    {count:4}  {move}" for move, count in counts.most_common()]
        if kind in {"points", "alert", "message"}:
            sums = Counter[str]()
            for c in of_kind:
                sums[c.what] += int(c.after) - int(c.before)
            lines += [f"    {total:+6}  {what}" for what, total in sorted(sums.items())]
        lines += [
            f"          {names.full(members[c.member])}  {c.what}: {_plain(c.before)} -> {_plain(c.after)}"
            for c in of_kind[:SHOWN]
        ]
        if len(of_kind) > SHOWN:
            lines.append(f"          … {len(of_kind) - SHOWN}")
    return lines


def _plain(value: str | int) -> str:
    return "—" if value == "" else str(value)
