"""The chain's policy: head office sets the figures and how far a store may change them; stores get it with their next pull.

Two steps on one page: choosing ready-made sets composes a text, which is then read, changed where needed, and put in force. A text
that cannot be used is refused line by line; what a store has set for itself is held against it before anybody decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from cloud_sync_server import own, trail
from cloud_sync_server.clock import new_id, now
from cloud_sync_server.context import hq
from cloud_sync_server.pages import reading
from cloud_sync_server.pages.language import language, t, word
from cloud_sync_server.pages.sign_in import deciding, signed_in
from cloud_sync_server.schema import records
from cloud_sync_server.users import User
from salon import policies
from salon.policies import CHAIN, BadPolicy, Problem
from salon.records import PolicyText
from salon.rules.said import Said

chain_policy = Blueprint("chain_policy", __name__)
BY = "head-office"
"""In the record, which goes to every store; who it was stands in head office's own trail."""
SHOWN = 12
"""Earlier versions on the page."""
OFFERED = {
    "dormant_after": Said("沉睡认定", "When somebody is dormant"),
    "churn_triggers": Said("流失预警", "Signs of churn"),
    "identify_target": Said("识别用时目标", "Time to identify"),
    "lifecycle": Said("生命周期", "Lifecycle stages"),
    "tiers": Said("会员等级", "Tiers"),
    "high_value": Said("高价值认定", "Who is of high value"),
    "referral": Said("介绍奖励", "Reward for a referral"),
    "points": Said("积分", "Points"),
    "followups": Said("回访节奏", "Follow-ups"),
    "birthday": Said("生日", "Birthday"),
    "win_back": Said("召回礼遇", "Win-back offer"),
    "satisfaction_scale": Said("满意度标准", "Scale of satisfaction"),
    "complaint_clock": Said("投诉时限", "Complaint clocks"),
    "intake_required": Said("建档必填项", "What a file must have"),
    "training_gate": Said("上岗考试", "Exam before duty"),
    "marketing_cap": Said("营销消息上限", "Limit of marketing messages"),
    "compensation": Said("补偿方式", "Compensation"),
    "bed": Said("床位灯光与香氛", "Light and scent of a bed"),
    "restock": Said("补货线", "When a bottle is replaced"),
}
"""Sections in which the owners' documents disagree, or give a figure that every house asks about."""


@dataclass(frozen=True)
class Held:
    """A store's own text, held against the chain's."""

    store: str
    version: str
    problems: tuple[Problem, ...]


@chain_policy.get("/policy")
@signed_in
def page(user: User) -> str:
    """What is in force, what could be, and what the stores have made of it."""
    latest = _texts(CHAIN)
    return _shown(user, latest[0].toml if latest else "", ())


@chain_policy.post("/policy/compose")
@deciding
def compose(user: User) -> str:
    """A text from ready-made sets. Nothing is in force by it."""
    parts = [f'version = "{_name(request.form.get("name", ""))}"']
    locked = []
    for section in OFFERED:
        chosen = request.form.get(section, "")
        if chosen in policies.variants(section):
            parts.append(f'\n[{section}]\nvariant = "{chosen}"')
        if f"locked.{section}" in request.form:
            locked.append(f'\n[[bounds]]\nkey = "{section}"\nlocked = true')
    text = "\n".join([*parts, *locked]) + "\n"
    return _shown(user, text, (), note=t("policy_composed"))


def _name(text: str) -> str:
    """A version's name as TOML may hold it."""
    return "".join(c for c in text.strip() if c.isalnum() or c in "-_. ")[:60] or "chain"


@chain_policy.post("/policy")
@deciding
def put_in_force(user: User) -> str | Response | tuple[str, int]:
    """For the whole chain, from each store's next pull on."""
    text = request.form.get("toml", "").replace("\r\n", "\n")
    try:
        policy = policies.load(text)
    except BadPolicy as bad:
        return _shown(user, text, tuple(bad.problems)), 422
    here = hq()
    fields = PolicyText(
        rid=f"pt-{new_id()}",
        scope=CHAIN,
        at=now(),
        by=BY,
        toml=text,
        version=policy.version,
    ).document()
    draft = own.Draft("policy_text", str(fields.pop("rid")), fields)

    def write(con: Connection) -> None:
        own.write(con, here.vault, here.settings, [draft], f"hq:{user.login}")
        trail.leave(con, user.login, "policy_set", draft.rid, policy.version)

    here.database.write(write)
    flash(t("policy_in_force", version=policy.version), "done")
    return redirect(url_for("chain_policy.page"))


def _shown(user: User, text: str, problems: tuple[Problem, ...], note: str = "") -> str:
    chain = _texts(CHAIN)
    return render_template(
        "hq/policy.html",
        text=text,
        problems=[problem.in_(language()) for problem in problems],
        note=note,
        chain=chain[:SHOWN],
        held=[] if problems else _held(text),
        sections=[
            (section, word(said.zh, said.en), policies.variants(section)) for section, said in OFFERED.items()
        ],
        may=user.decides,
    )


def _texts(scope: str) -> list[PolicyText]:
    """Texts of a scope, the newest first."""
    return [text for text in _all() if text.scope == scope]


def _all() -> list[PolicyText]:
    here = hq()
    found = here.database.read(lambda con: reading.find(con, here.vault, records.c.kind == PolicyText.kind))
    texts = [PolicyText.parse({"rid": seen.rid, **seen.values}) for seen in found]
    return sorted(texts, key=lambda text: text.at, reverse=True)


def _held(chain: str) -> list[Held]:
    """Each store's own text under this text of the chain: what of it would not hold."""
    latest: dict[str, PolicyText] = {}
    for text in _all():
        if text.scope != CHAIN:
            latest.setdefault(text.scope, text)
    held = []
    for store, text in sorted(latest.items()):
        try:
            held.append(Held(store, policies.load(text.toml, chain).version, ()))
        except BadPolicy as bad:
            held.append(Held(store, text.version, tuple(bad.problems)))
    return held
