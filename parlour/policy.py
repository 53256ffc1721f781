"""`parlour policy`: check a policy's text, set it, and see what it would change in this store's own history before it does."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from edge.store import NoStore, Store, allowed, new_rid, now, opened
from parlour.doctor import language
from salon import policies
from salon.policies import CHAIN, BadPolicy, Policy
from salon.records import Interaction, PolicyText
from salon.records import Store as StoreRecord
from salon.rules import complaints, followups, history, lifecycle, mailings, names, replay
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


SIGNS = {
    "dormant": Said("沉睡", "Dormant"),
    "rhythm": Said("比自己的节奏晚", "Late by her own rhythm"),
    "ticket": Said("客单价连降", "Ticket falling"),
    "rating": Said("评分偏低", "Low ratings"),
    "cancellations": Said("取消过多", "Many cancellations"),
    "renewal": Said("储值不足提醒", "Little stored value left"),
}
"""What alerts are about: the signs that a customer may be lost, by the keys of `salon.rules.churn`, and what else is raised."""
LOOKED_AT = Said(
    f"依据本店全部到店记录；提醒按近 {replay.WEEKS} 周每周回看一次，营销消息按近 {replay.WEEKS} 周逐日推算，只算已同意接收的顾客。没有改动任何数据。",
    f"From all visits of this store; alerts by a look a week and marketing by the day over the last {replay.WEEKS} weeks, the latter "
    "for who agreed to it. Nothing was changed.",
)


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
        print(f"{file}: {problem.in_(language())}", file=sys.stderr)
    return 1


def _say(zh: str, en: str) -> None:
    print(Said(zh, en).in_(language()))


def simulate(store: Store, current: Policy, changed: Policy, lang: str) -> list[str]:
    """What would differ, as lines for a person: what was looked at, then each kind with its sums and who."""
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
    known = _known(store, members)
    changes = replay.difference(
        replay.replay(histories, own, current, moment, known),
        replay.replay(histories, own, changed, moment, known),
    )
    head = Said(
        f"{current.version} → {changed.version}：{len(histories)} 位顾客，{len(changes)} 处不同",
        f"{current.version} -> {changed.version}: {len(histories)} customers, {len(changes)} differences",
    )
    lines = [head.in_(lang), LOOKED_AT.in_(lang)]
    speak = Words(current, changed, lang)
    for kind, label in WHAT.items():
        of_kind = [c for c in changes if c.what.split(".")[0] == kind]
        people = len({c.member for c in of_kind})
        lines += [
            "",
            Said(f"{label.zh}：{people} 位顾客不同", f"{label.en}: {people} customers differ").in_(lang),
        ]
        lines += [f"    {sums}" for sums in _sums(kind, of_kind, speak)]
        lines += [f"        {names.full(members[c.member])}  {speak.change(c)}" for c in of_kind[:SHOWN]]
        if len(of_kind) > SHOWN:
            more = len(of_kind) - SHOWN
            lines.append("        " + Said(f"……还有 {more} 条", f"... and {more} more").in_(lang))
    return lines


def _known(store: Store, members: Iterable[str]) -> replay.Known:
    """Who agreed to marketing, and what earned points for itself."""
    by_member: dict[str, list[Interaction]] = defaultdict(list)
    for one in store.interactions.select():
        by_member[one.member].append(one)
    return replay.Known(
        frozenset(rid for rid in members if allowed.allows(store, rid, "marketing")), by_member
    )


def _sums(kind: str, changes: list[replay.Change], speak: Words) -> list[str]:
    """From where to where how many go, or how much more or less there would be of each thing."""
    if kind in {"tier", "stage"}:
        moves = Counter((c.before, c.after) for c in changes)
        return [
            f"{count:4} × {speak.value(kind, a)} → {speak.value(kind, b)}"
            for (a, b), count in moves.most_common()
        ]
    sums: Counter[str] = Counter()
    for c in changes:
        sums[c.what] += int(c.after) - int(c.before)
    return [f"{total:+6}  {speak.thing(what)}" for what, total in sorted(sums.items())]


class Words:
    """The keys of a replay as the owner calls them."""

    def __init__(self, before: Policy, after: Policy, lang: str) -> None:
        self._lang = lang
        self._after = after
        self._levels = {
            level.key: Said(level.zh, level.en) for policy in (before, after) for level in policy.tiers.levels
        }

    def value(self, kind: str, value: str | int) -> str:
        """A tier or a stage by its name; none as such."""
        known: dict[str, Said] = (
            self._levels if kind == "tier" else {str(k): v for k, v in lifecycle.STAGES.items()}
        )
        if value == "":
            return Said("无", "none").in_(self._lang)
        return known.get(str(value), Said(str(value), str(value))).in_(self._lang)

    def thing(self, what: str) -> str:
        """What is counted: points, a kind of alert, a contact."""
        kind, _, key = what.partition(".")
        if kind == "points":
            return WHAT["points"].in_(self._lang)
        family, _, sign = key.partition(".")
        if kind == "message":
            said = mailings.KINDS.get(sign) if family == "marketing" else None
            return (said or followups.label(sign, self._after)).in_(self._lang)
        if family == "complaint":
            step = {str(k): v for k, v in complaints.STEPS.items()}[sign]
            return Said(f"投诉超时：{step.zh}", f"Complaint late: {step.en.lower()}").in_(self._lang)
        return SIGNS.get(sign or family, Said(key, key)).in_(self._lang)

    def change(self, change: replay.Change) -> str:
        """One difference of one customer."""
        kind = change.what.split(".")[0]
        if kind in {"tier", "stage"}:
            return f"{self.value(kind, change.before)} → {self.value(kind, change.after)}"
        return f"{self.thing(change.what)}: {change.before} → {change.after}"
