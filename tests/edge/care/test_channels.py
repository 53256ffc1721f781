"""E-mail to a real SMTP server, webhooks to a real HTTP receiver, both on loopback."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest

from edge.care import CareSettings, ChannelError, Mail, Outgoing, Webhook
from edge.care.channels import adapters
from edge.signed import problem

SECRET = b"0123456789abcdef-key"


def outgoing(**fields):
    values = {"id": "msg-1", "channel": "email", "to": "wang@example.com", "subject": "静安店：提醒",
              "text": "王女士，明天见。\n.点开头的一行", "store": "s001"}  # fmt: skip
    return Outgoing(**(values | fields))


def mail(house, **fields):
    return Mail("127.0.0.1", house.port, "shop@example.com", security="none", **fields)


def test_a_mail_arrives_with_subject_text_and_its_own_id_fup_10(mailserver):
    mail(mailserver).send(outgoing())
    ((recipient, raw),) = mailserver.mails
    got = message_from_bytes(raw.encode(), policy=default)
    assert recipient == "wang@example.com"
    assert got["Subject"] == "静安店：提醒"
    assert got["Message-ID"] == "<msg-1@s001.parlour>"
    assert got.get_content().strip() == "王女士，明天见。\n.点开头的一行"


@pytest.mark.parametrize(
    ("answer", "permanent"), [("550 no such user", True), ("451 try later", False), ("552 full", True)]
)
def test_a_refused_recipient_is_final_or_for_later_by_its_code(mailserver, answer, permanent):
    mailserver.refuse["wang@example.com"] = answer
    with pytest.raises(ChannelError) as refused:
        mail(mailserver).send(outgoing())
    assert refused.value.permanent is permanent
    assert mailserver.mails == []


def test_a_dead_mail_server_is_for_later(mailserver):
    way = mail(mailserver)
    mailserver.close()
    with pytest.raises(ChannelError) as refused:
        way.send(outgoing())
    assert not refused.value.permanent
    mailserver.server.server_close()


def test_a_header_cannot_be_smuggled_into_a_mail(mailserver):
    with pytest.raises((ChannelError, ValueError)):
        mail(mailserver).send(outgoing(to="a@example.com\r\nBcc: all@example.com"))
    assert mailserver.mails == []


@pytest.mark.parametrize("host", ["mail.example.com", "192.168.1.9"])
def test_plain_smtp_is_for_this_machine_alone_sec_04(host):
    with pytest.raises(ValueError, match="only this machine"):
        Mail(host, 25, "shop@example.com", security="none")


def hook(house, **fields):
    return Webhook(f"http://127.0.0.1:{house.port}/send", SECRET, **fields)


def test_a_webhook_is_signed_with_its_time_and_carries_an_idempotency_key(gateway):
    hook(gateway, clock=lambda: 1_800_000_000.7).send(outgoing(channel="sms", to="13800010001"))
    ((headers, body, parsed),) = gateway.requests
    assert parsed["to"] == "13800010001"
    assert parsed["text"].startswith("王女士")
    assert headers["Idempotency-Key"] == "msg-1"
    stamp, signature = headers["X-Parlour-Timestamp"], headers["X-Parlour-Signature"]
    assert stamp == "1800000000"
    assert problem(SECRET, stamp, body, signature, 1_800_000_100) == ""
    assert problem(SECRET, stamp, body + b" ", signature, 1_800_000_100) == "unsigned"
    assert problem(b"another-key-of-ours", stamp, body, signature, 1_800_000_100) == "unsigned"
    assert problem(SECRET, stamp, body, signature, 1_800_000_301) == "old"  # a replay
    assert problem(SECRET, "1800000001", body, signature, 1_800_000_100) == "unsigned"


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (422, True), (429, False), (401, False), (500, False), (503, False), (302, False)]
)  # fmt: skip
def test_what_a_gateway_answers_is_final_or_for_later(gateway, status, permanent):
    gateway.answers = [status]
    with pytest.raises(ChannelError) as refused:
        hook(gateway).send(outgoing())
    assert refused.value.permanent is permanent


def test_a_gateway_elsewhere_is_reached_by_https_only_sec_04():
    with pytest.raises(ValueError, match="https"):
        Webhook("http://gateway.example.com/x", SECRET)


def test_ways_out_follow_from_the_settings(tmp_path, gateway):
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET + b"\n")
    assert adapters(CareSettings()) == {}
    both = adapters(
        CareSettings(
            smtp_host="127.0.0.1",
            smtp_security="none",
            mail_from="a@b.cn",
            webhook_url=f"http://127.0.0.1:{gateway.port}/",
            webhook_secret_file=secret,
        )
    )
    assert set(both) == {"email", "sms", "wechat"}
    secret.write_bytes(b"short")
    with pytest.raises(ValueError, match="16 bytes"):
        adapters(CareSettings(webhook_url="https://g.example", webhook_secret_file=secret))


def test_settings_come_from_the_environment_and_secrets_from_the_stores_keys(tmp_path, monkeypatch):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "care-webhook").write_bytes(SECRET)
    monkeypatch.setenv("PARLOUR_HOME", str(tmp_path))
    monkeypatch.setenv("PARLOUR_CARE_SMTP_HOST", "mail.example.com")
    settings = CareSettings.from_environment()
    assert settings.smtp_host == "mail.example.com"
    assert settings.webhook_secret_file == tmp_path / "keys" / "care-webhook"
    monkeypatch.setenv("PARLOUR_CARE_SMTP_SECURITY", "hope")
    with pytest.raises(ValueError, match="smtp_security"):
        CareSettings.from_environment()


def test_answers_are_asked_for_only_where_a_gateway_brings_them(tmp_path, monkeypatch):
    monkeypatch.setenv("PARLOUR_HOME", str(tmp_path))
    monkeypatch.setenv("PARLOUR_CARE_REPLIES", "1")
    with pytest.raises(ValueError, match="gateway"):
        CareSettings.from_environment()
    monkeypatch.setenv("PARLOUR_CARE_WEBHOOK_URL", "https://gateway.example/send")
    assert CareSettings.from_environment().replies
