"""Messages: written once, sent when they may be, kept and shown when they cannot (FUP-10, FUP-11)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edge.care import ChannelError, Outbox
from salon import policies
from salon.rules import messages
from salon.rules.said import Explain, Said
from salon.rules.times import instant, text

from .conftest import NOON, ZONE, add_member  # isort: skip

WHY = Explain("test (FUP-05)", Said("因", "why"), {}, "p-1")
POLICY = policies.default()


def later(**span):
    return text(instant(NOON) + timedelta(**span))


def write(outbox, member, cause="c-1", template="tip", now=NOON, **more):
    values = {"name": "王女士", "store": "静安店", "tip": "多喝水。", "when": "明天", "services": "舒缓", "early": "10", "phone": "021"}  # fmt: skip
    return outbox.write(member, template, cause, values, more.pop("expires", later(days=9)), WHY, now, **more)


def only(store):
    (message,) = store.messages.select()
    return message


def test_written_once_for_one_cause_and_sent_fup_11(store, outbox, wang, way):
    assert write(outbox, wang).channel == "sms"
    assert write(outbox, wang) is None
    assert outbox.post(POLICY, NOON).sent == 1
    assert outbox.post(POLICY, NOON).sent == 0
    (gone,) = way.sent
    assert (gone.to, gone.text[:8]) == ("13800010001", "王女士，多喝水。")
    kept = only(store)
    assert (kept.state, kept.sent_at, kept.policy, kept.explain) == ("sent", NOON, "p-1", "因")


def test_without_consent_for_its_purpose_nothing_is_written_sec_07(store, outbox):
    served = add_member(store, "m-li", ("service",))
    assert write(outbox, served) is None
    assert write(outbox, served, template="reminder") is not None


def test_a_withdrawal_before_sending_stops_it_sec_07(store, outbox, wang, way):
    write(outbox, wang)
    store.consents.edit("k-m-wang-marketing", granted=False, decided_at=NOON)
    assert outbox.post(POLICY, NOON).refused == 1
    assert way.sent == []
    assert only(store).why == "consent withdrawn"


def test_the_week_of_two_files_shown_as_one_is_one_week_fup_11(store, outbox, wang, way):
    other = add_member(store, "m-old", phone="13900001111", merged_into="m-wang")
    for n, person in enumerate((wang, other, wang)):
        write(outbox, person, f"c-{n}")
    outbox.post(POLICY, NOON)
    assert len(way.sent) == 2


def test_quiet_hours_hold_it_until_morning_fup_11(store, outbox, wang, way):
    night = "2026-11-22T14:00:00.000Z"
    write(outbox, wang, now=night)
    assert outbox.post(POLICY, night).waiting == 1
    kept = only(store)
    assert (kept.next_try, kept.why, kept.attempts) == ("2026-11-23T01:00:00.000Z", "quiet hours", 0)
    assert outbox.post(POLICY, "2026-11-23T00:59:00.000Z").sent == 0
    assert outbox.post(POLICY, "2026-11-23T01:00:00.000Z").sent == 1
    assert len(way.sent) == 1


def test_the_third_marketing_message_waits_for_its_week_a_reminder_does_not_fup_11(store, outbox, wang, way):
    for n in range(3):
        write(outbox, wang, f"c-{n}")
    write(outbox, wang, "a-1", "reminder")
    posted = outbox.post(POLICY, NOON)
    assert (posted.sent, posted.waiting) == (3, 1)
    (held,) = [m for m in store.messages.select() if m.state == "waiting"]
    assert held.next_try == later(days=7)
    assert "2 a week" in held.why
    assert outbox.post(POLICY, later(days=7)).sent == 1


def test_a_message_of_another_store_counts_for_the_cap_and_is_never_sent_here_fup_11_syn_01(
    store, outbox, wang, way
):
    first = write(outbox, wang, "c-1")
    for n in (1, 2):
        other = first.model_copy(
            update={"rid": f"msg-other-{n}", "store": "s002", "state": "sent", "sent_at": later(hours=-n)}
        )
        store.messages.put(other.document())
    waiting = first.model_copy(update={"rid": "msg-other-3", "store": "s002"})
    store.messages.put(waiting.document())
    posted = outbox.post(POLICY, NOON)
    assert (posted.sent, posted.waiting, way.sent) == (0, 1, [])


def test_a_line_that_is_cut_keeps_it_and_tries_again_with_growing_waits(store, outbox, wang, way, lost):
    write(outbox, wang)
    way.error = lost
    moment, waits = NOON, []
    for _ in range(4):
        assert outbox.post(POLICY, moment).waiting == 1
        kept = only(store)
        waits.append((instant(kept.next_try) - instant(moment)).total_seconds())
        moment = kept.next_try
    assert waits == [60, 120, 240, 480]
    assert (kept.attempts, kept.why, kept.state) == (4, "ConnectError", "waiting")
    way.error = None
    assert outbox.post(POLICY, moment).sent == 1
    assert only(store).attempts == 5


def test_what_is_no_longer_fit_is_not_sent_and_says_what_held_it(store, outbox, wang, way, lost):
    write(outbox, wang, expires=later(hours=1))
    way.error = lost
    outbox.post(POLICY, NOON)
    way.error = None
    assert outbox.post(POLICY, later(hours=1)).expired == 1
    assert way.sent == []
    assert only(store).why == "no longer fit to send; last: ConnectError"


def test_what_can_never_go_is_shown_as_failed_and_may_be_tried_again(store, outbox, wang, way):
    write(outbox, wang)
    way.error = ChannelError("recipient refused (550)", permanent=True)
    assert outbox.post(POLICY, NOON).failed == 1
    kept = only(store)
    assert (kept.state, kept.why) == ("failed", "recipient refused (550)")
    way.error = None
    outbox.again(kept.rid, "e-desk", NOON)
    assert outbox.post(POLICY, NOON).sent == 1


def test_without_a_way_out_it_is_kept_and_says_so(store, wang, way):
    outbox = Outbox(store, {}, ZONE)
    write(outbox, wang)
    assert outbox.post(POLICY, NOON).waiting == 1
    kept = only(store)
    assert (kept.why, kept.attempts, kept.state) == ("no way out for sms", 0, "waiting")
    written = store.connections.get().total_changes()
    for minutes in range(1, 24 * 60, 7):
        outbox.post(POLICY, later(minutes=minutes))
    assert store.connections.get().total_changes() == written
    assert outbox.post(POLICY, later(days=9)).expired == 1
    assert only(store).why == "no longer fit to send; last: no way out for sms"


def test_a_way_out_that_was_set_up_takes_what_waited_for_it(store, wang, way):
    outbox = Outbox(store, {}, ZONE)
    write(outbox, wang)
    outbox.post(POLICY, NOON)
    assert Outbox(store, {"email": way}, ZONE).post(POLICY, later(hours=1)).sent == 0
    assert Outbox(store, {"sms": way}, ZONE).post(POLICY, later(hours=1)).sent == 1
    assert len(way.sent) == 1


def test_what_has_no_way_out_does_not_hold_up_what_has_one(store, outbox, way):
    for n in range(60):
        caller = add_member(store, f"m-{n:03}", phone=f"138000{n:05}", channel="wechat")
        write(outbox, caller, f"c-{n}")
    write(outbox, add_member(store, "m-mail", channel="email"), "c-mail")
    only_mail = Outbox(store, {"email": way}, ZONE)
    assert only_mail.post(POLICY, NOON).sent + only_mail.post(POLICY, NOON).sent == 1


def test_who_wants_to_be_called_gets_no_message_fup_10(store, outbox):
    caller = add_member(store, "m-li", channel="phone")
    assert write(outbox, caller) is None


def test_half_a_sentence_is_never_written_fup_13(store, outbox, wang):
    with pytest.raises(messages.MissingVariable):
        outbox.write(wang, "tip", "c-1", {"name": "王女士"}, later(days=1), WHY, NOON)
    assert store.messages.select() == []


def test_a_backlog_is_worked_off_in_portions(store, outbox, way):
    for n in range(60):
        write(outbox, add_member(store, f"m-{n:03}", phone=f"138000{n:05}"), f"c-{n}")
    assert outbox.post(POLICY, NOON).sent == 50
    assert outbox.post(POLICY, NOON).sent == 10
    assert len(way.sent) == 60


def test_an_answer_is_asked_for_only_where_answers_are_read_sec_07(store, way, wang):
    ways = {"sms": way, "wechat": way, "email": way}
    write(Outbox(store, ways, ZONE, replies=True), wang, "c-1")
    write(Outbox(store, ways, ZONE), wang, "c-2")
    ours, other = sorted(
        (message.text for message in store.messages.select()), key=lambda text: "021" in text
    )
    assert "回复 T" in ours
    assert "致电 021" in other
    assert "回复" not in other
