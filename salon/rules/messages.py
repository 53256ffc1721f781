"""Whether, how and when a message may go to a customer (FUP-10, FUP-11, FUP-13): consent, channel, weekly cap, quiet hours, text."""

from __future__ import annotations

import string
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from salon.policies import Policy
from salon.records import Consent, Member, Message
from salon.records.messages import Channel, MessagePurpose
from salon.rules.occasions import is_birthday
from salon.rules.said import Explain, Said
from salon.rules.times import Now, instant, local, text

WEEK = timedelta(days=7)
STOP = frozenset(
    {"t", "td", "tui", "退", "退订", "回t", "stop", "unsubscribe", "取消订阅", "不要再发", "拒收"}
)
"""What customers answer when they want no more: T is what our messages say, TD and 退订 are what others taught them."""
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=4)
"""1 min, doubling to 4 h, for as long as the message fits: a gateway may be away for days."""


class MissingVariable(ValueError):
    """Raised when a template asks for what is not there; `.names` says what."""

    def __init__(self, template: str, names: list[str]) -> None:
        self.template = template
        self.names = names
        super().__init__(f"{template}: {', '.join(names)}")


@dataclass(frozen=True)
class Template:
    """A text with variables, in both languages."""

    key: str
    purpose: MessagePurpose
    subject: Said
    text: Said

    @property
    def variables(self) -> frozenset[str]:
        """What it asks for."""
        texts = (self.subject.zh, self.subject.en, self.text.zh, self.text.en)
        return frozenset(name for one in texts for _, name, _, _ in string.Formatter().parse(one) if name)


@cache
def templates() -> Mapping[str, Template]:
    """All templates, by key."""
    raw: dict[str, dict[str, Any]] = tomllib.loads(
        files(__package__).joinpath("templates.toml").read_text("utf-8")
    )
    return {
        key: Template(
            key, body["purpose"], Said(body["subject_zh"], body["subject_en"]), Said(body["zh"], body["en"])
        )
        for key, body in raw.items()
    }


def render(template: Template, language: str, variables: Mapping[str, str]) -> tuple[str, str]:
    """Subject and text. Raises MissingVariable: half a sentence is worse than none."""
    missing = sorted(template.variables - set(variables))
    if missing:
        raise MissingVariable(template.key, missing)
    subject = template.subject.in_(language).format(**variables)
    body = template.text.in_(language).format(**variables)
    return " ".join(subject.split())[:200], " ".join(body.split())[:4000]


def reach(member: Member) -> tuple[Channel, str] | None:
    """The channel she prefers and her address in it, else the next that reaches her; None: she can only be called."""
    addresses: dict[Channel, str] = {"wechat": member.phone, "sms": member.phone, "email": member.email}
    order: list[Channel] = ["wechat", "sms", "email"]
    if member.channel and member.channel in addresses:
        order.sort(key=lambda channel: channel != member.channel)
    elif member.channel == "phone":
        return None
    return next(((channel, addresses[channel]) for channel in order if addresses[channel]), None)


def answering(way: Channel, language: str, phone: str, *, replies: bool) -> dict[str, str]:
    """How she stops these messages, and asks back: by answering where answers to this channel are read, else by phone or in the store."""
    if replies and way in {"sms", "wechat"}:
        stop, ask = (
            Said("不想再收到请回复 T。", "Reply T to stop these messages."),
            Said("都可以回复我们", "write back"),
        )
    elif phone:
        stop = Said(f"不想再收到请致电 {phone}。", f"To stop these messages call {phone}.")
        ask = Said(f"请致电 {phone}", f"call {phone}")
    else:
        stop = Said("不想再收到，到店时告诉我们即可。", "To stop these messages tell us in the store.")
        ask = Said("到店时请告诉我们", "tell us in the store")
    return {"stop": stop.in_(language), "ask": ask.in_(language)}


def is_stop(text: str) -> bool:
    """Whether an answer asks for no more messages."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum()) in STOP


def consented(purpose: MessagePurpose, consents: Iterable[Consent], member: str) -> bool:
    """Whether the last word of hers for this purpose was yes. Silence is no."""
    own = [c for c in consents if c.member == member and c.purpose == purpose]
    last = max(own, key=lambda c: instant(c.decided_at), default=None)
    return last is not None and last.granted


@dataclass(frozen=True)
class Cap:
    """Whether one more marketing message fits into the week (FUP-11), and when it would."""

    full: bool
    again_at: str
    explain: Explain


def reserve(member: Member, template: str, policy: Policy, now: Now, timezone: str) -> int:
    """Places of the week kept free: one for a birthday greeting that is near, so that no tip takes it."""
    if template == "birthday_greeting":
        return 0
    return int(kept_for_birthday(member.birthday, policy, local(now, timezone).date()))


def kept_for_birthday(birthday: str, policy: Policy, day: date) -> bool:
    """Whether a place of this day's week belongs to a birthday greeting."""
    if not birthday:
        return False
    begin = day + timedelta(days=policy.birthday.greeting_days)
    return any(is_birthday(birthday, begin + timedelta(days=n)) for n in range(WEEK.days))


def cap(messages: Iterable[Message], member: str, policy: Policy, now: Now, kept: int = 0) -> Cap:
    """Counts what was sent in the last seven days, by all stores whose messages are known here. `kept`: places not to take."""
    moment = instant(now)
    sent = sorted(
        instant(m.sent_at)
        for m in messages
        if m.member == member and m.purpose == "marketing" and m.state == "sent" and m.sent_at
    )
    recent = [at for at in sent if timedelta(0) <= moment - at < WEEK]
    most = max(0, policy.marketing_cap.per_week - kept)
    full = len(recent) >= most
    again = text(recent[-most] + WEEK) if full and most else ""
    said = Said(
        f"7 天内已发 {len(recent)} 条，每周至多 {most} 条", f"{len(recent)} in 7 days; at most {most} a week"
    )
    explain = Explain("weekly cap (FUP-11)", said, {"sent": len(recent), "per_week": most}, policy.version)
    return Cap(full, again, explain)


def quiet_until(now: Now, policy: Policy, timezone: str) -> str:
    """When the quiet hours end; empty outside them."""
    begins = time.fromisoformat(policy.quiet_hours.begins)
    ends = time.fromisoformat(policy.quiet_hours.ends)
    clock = local(now, timezone)
    inside = (
        begins <= clock.time() < ends if begins <= ends else clock.time() >= begins or clock.time() < ends
    )
    if not inside:
        return ""
    day = clock.date() + timedelta(days=int(begins > ends and clock.time() >= begins))
    return text(datetime.combine(day, ends, ZoneInfo(timezone)))


def retry_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts."""
    doublings = min(attempts - 1, 16)
    return min(LONGEST_RETRY, FIRST_RETRY * (1 << doublings))
