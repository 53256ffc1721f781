"""Whether, how and when a message may go (FUP-10, FUP-11, FUP-13)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from salon import policies
from salon.records import Consent, Member, Message
from salon.rules import messages
from salon.rules.times import instant, text

ZONE = "Asia/Shanghai"


def consent(purpose, granted=True, at="2026-01-01T00:00:00Z", member="m-wang-li"):
    return Consent(
        rid=f"k-{purpose}-{at[:10]}", member=member, purpose=purpose, granted=granted, decided_at=at, text_version="1", channel="kiosk"
    )  # fmt: skip


def sent(now, hours_ago, n=0, **fields):
    at = text(instant(now) - timedelta(hours=hours_ago))
    values = {
        "rid": f"msg-{n}-{hours_ago}", "member": "m-wang-li", "store": "s001", "purpose": "marketing", "template": "tip",
        "channel": "sms", "text": "x", "created_at": at, "expires_at": now, "state": "sent", "sent_at": at,
    }  # fmt: skip
    return Message(**(values | fields))


def test_every_template_says_the_same_in_both_languages_fup_13():
    for template in messages.templates().values():
        values = dict.fromkeys(template.variables, "X")
        for language in ("zh", "en"):
            subject, body = messages.render(template, language, values)
            assert subject
            assert "{" not in body


def test_marketing_says_how_to_end_it_by_a_way_that_is_there_fup_11_sec_07():
    for template in messages.templates().values():
        if template.purpose == "marketing":
            assert "{stop}" in template.text.zh
            assert "{stop}" in template.text.en
    assert "回复 T" in messages.answering("sms", "zh", "021", replies=True)["stop"]
    assert "Reply T" in messages.answering("wechat", "en", "021", replies=True)["stop"]
    for way, replies in (("sms", False), ("email", True)):
        for language in ("zh", "en"):
            said = messages.answering(way, language, "02162881001", replies=replies)
            assert all("02162881001" in line for line in said.values())
    assert "回复" not in "".join(messages.answering("sms", "zh", "", replies=False).values())


@pytest.mark.parametrize(
    ("text", "stops"),
    [("T", True), ("td!", True), ("退 订", True), ("不T", False), ("", False), ("好的", False)],
)
def test_what_asks_for_no_more_messages_sec_07(text, stops):
    assert messages.is_stop(text) is stops


def test_a_missing_variable_stops_the_message_fup_13():
    with pytest.raises(messages.MissingVariable) as missing:
        messages.render(
            messages.templates()["survey"], "zh", {"name": "王女士", "store": "店", "aftercare": ""}
        )
    assert missing.value.names == ["link"]


@pytest.mark.parametrize(
    ("fields", "way"),
    [
        ({"channel": "sms", "phone": "13800010001"}, ("sms", "13800010001")),
        ({"channel": "email", "email": "a@b.cn", "phone": "13800010001"}, ("email", "a@b.cn")),
        ({"channel": "email", "phone": "13800010001"}, ("wechat", "13800010001")),
        ({"channel": "", "email": "a@b.cn"}, ("email", "a@b.cn")),
        ({"channel": "phone", "phone": "13800010001"}, None),
        ({"channel": "sms"}, None),
    ],
)
def test_the_channel_she_prefers_else_one_that_reaches_her_fup_10(fields, way):
    assert messages.reach(Member(rid="m-001", surname="王", **fields)) == way


def test_silence_is_no_consent_and_the_last_word_counts_sec_07():
    assert not messages.consented("marketing", [], "m-wang-li")
    assert not messages.consented("marketing", [consent("service")], "m-wang-li")
    yes, no = consent("marketing"), consent("marketing", granted=False, at="2026-06-01T00:00:00Z")
    assert messages.consented("marketing", [yes], "m-wang-li")
    assert not messages.consented("marketing", [no, yes], "m-wang-li")
    assert not messages.consented("marketing", [yes], "m-other")


def test_two_marketing_messages_a_week_across_stores_fup_11(policy, now):
    one = [sent(now, 20)]
    assert not messages.cap(one, "m-wang-li", policy, now).full
    two = [*one, sent(now, 100, store="s002")]
    full = messages.cap(two, "m-wang-li", policy, now)
    assert full.full
    assert instant(full.again_at) == instant(now) + timedelta(hours=7 * 24 - 100)
    assert not messages.cap(two, "m-wang-li", policy, full.again_at).full
    assert full.explain.policy == policy.version


def test_service_messages_and_those_not_sent_do_not_count_fup_11(policy, now):
    others = [sent(now, 1, purpose="service"), sent(now, 2, state="waiting", sent_at=""), sent(now, 200)]
    assert not messages.cap([*others, sent(now, 3)], "m-wang-li", policy, now).full


def test_a_place_is_kept_for_a_birthday_that_is_near_fup_07_fup_11(member, policy, now):
    near = member.model_copy(update={"birthday": "1991-11-27"})
    assert messages.reserve(near, "tip", policy, now, ZONE) == 1
    assert messages.reserve(near, "birthday_greeting", policy, now, ZONE) == 0
    assert (
        messages.reserve(member.model_copy(update={"birthday": "1991-12-27"}), "tip", policy, now, ZONE) == 0
    )
    assert messages.cap([sent(now, 1)], "m-wang-li", policy, now, 1).full


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-22T12:59:00Z", ""),
        ("2026-11-22T13:00:00Z", "2026-11-23T01:00:00.000Z"),
        ("2026-11-22T20:00:00Z", "2026-11-23T01:00:00.000Z"),
        ("2026-11-23T01:00:00Z", ""),
    ],
)
def test_nothing_goes_out_at_night_fup_11(policy, at, until):
    assert messages.quiet_until(at, policy, ZONE) == until


def test_quiet_hours_by_day_fup_11():
    policy = policies.load('[quiet_hours]\nbegins = "12:00"\nends = "14:00"')
    assert messages.quiet_until("2026-11-22T05:00:00Z", policy, ZONE) == "2026-11-22T06:00:00.000Z"
    assert messages.quiet_until("2026-11-22T06:00:00Z", policy, ZONE) == ""


def test_waits_between_attempts_grow_to_four_hours():
    waits = [messages.retry_after(n).total_seconds() / 60 for n in (1, 2, 3, 8, 9, 50)]
    assert waits == [1, 2, 4, 128, 240, 240]
