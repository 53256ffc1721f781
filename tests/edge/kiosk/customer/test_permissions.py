"""She changes her mind about what she agreed to: by herself at the kiosk, or by saying so at the desk (SEC-06, SEC-07)."""

from __future__ import annotations

import pytest

from edge.kiosk.services import consents
from edge.store import MediaMissing, now
from salon import records
from salon.rules import messages


def agreed(store, purpose):
    return messages.consented(purpose, store.consents.select(), "m-wang")


@pytest.fixture
def greeted(client, store):
    """The kiosk right after she was greeted; she had agreed to messages and photos."""
    for purpose in ("marketing", "photos"):
        consents.decide(store, "kiosk", "m-wang", purpose, granted=True, channel="kiosk")
    client.get("/")
    client.post("/start")
    client.post("/phone", data={"phone": "13800010001"})
    client.post("/surname", data={"surname": "王"})
    client.post("/is-it-you", data={"answer": "yes"})
    assert "What you agreed to" in client.get("/welcome").text
    return client


def test_she_withdraws_and_agrees_again_as_easily_sec_07(greeted, store):
    page = greeted.get("/permissions").text
    assert page.count("Agreed") == 2
    assert "Tips and offers" in page
    assert "Keeping your customer file" not in page, "that one is erasing: a person asks whether she means it"
    text = greeted.get("/permissions/marketing").text
    assert "at most two a week" in text, "she reads again what she decides about"
    assert greeted.post("/permissions/marketing", data={"decision": "no"}).location == "/permissions"
    assert not agreed(store, "marketing")
    assert greeted.get("/permissions").text.count("Agreed") == 1
    greeted.post("/permissions/marketing", data={"decision": "yes"})
    assert agreed(store, "marketing")
    kept = store.consents.load("m-wang-marketing")
    assert (kept.channel, kept.text_version) == ("kiosk", "marketing-1")


def photo_of(store, owner, purpose="scan"):
    return store.media.put(
        b"\xff\xd8\xff\xe0photo",
        mime="image/jpeg",
        owner=owner,
        purpose=purpose,
        taken_at=now(),
        keep_until=None,
    )


@pytest.mark.parametrize("member", ["m-wang", "m-old"], ids=["her file", "a file merged into it"])
def test_photos_are_erased_with_the_permission_sec_06(greeted, store, member):
    """Of scalp and nails too (MEA-14), and those that wait to be measured."""
    if member != "m-wang":
        store.members.add(records.Member(rid=member, surname="王", merged_into="m-wang"))
    store.visits.add(
        records.Visit(rid="v-past", member=member, store="s001", state="closed", arrived_at=now())
    )
    photos = [
        photo_of(store, "scan-1"),
        photo_of(store, "closeup-1"),
        photo_of(store, "v-past", "scan-upload"),
    ]
    seen = {"visit": "v-past", "member": member, "at": now()}
    store.scans.add(records.Scan(rid="scan-1", phase="before", photo=photos[0], **seen))
    store.closeups.add(records.CloseUp(rid="closeup-1", of="scalp", photo=photos[1], **seen))
    assert "erased at once" in greeted.get("/permissions/photos").text
    greeted.post("/permissions/photos", data={"decision": "no"})
    for photo in photos:
        with pytest.raises(MediaMissing):
            store.media.get(photo)
    assert store.scans.find("scan-1") is not None, "the figures are not the photo"
    assert store.closeups.find("closeup-1") is not None


def test_a_no_holds_for_the_files_that_were_merged_into_hers_too_sec_07(greeted, store):
    store.members.add(records.Member(rid="m-old", surname="王", merged_into="m-wang"))
    consents.decide(store, "kiosk", "m-old", "photos", granted=True, channel="kiosk")
    greeted.post("/permissions/photos", data={"decision": "no"})
    assert not any(one.granted for one in store.consents.select() if one.purpose == "photos")


def test_what_is_no_decision_changes_nothing(greeted, store):
    assert greeted.post("/permissions/marketing", data={"decision": "maybe"}).status_code == 404
    assert greeted.post("/permissions/service", data={"decision": "no"}).status_code == 404
    assert greeted.get("/permissions/none").status_code == 404
    assert agreed(store, "marketing")


def test_nobody_who_was_not_greeted_sees_permissions(client):
    client.get("/")
    client.post("/start")
    assert client.get("/permissions").location == "/hello"
    assert client.post("/permissions/marketing", data={"decision": "yes"}).location == "/hello"


def test_the_desk_takes_a_no_but_gives_no_yes_sec_07(store, desk):
    """She answered a message with T: whatever record said yes, an imported one too, says no from now on."""
    store.consents.add(
        records.Consent(
            rid="k-import", member="m-wang", purpose="marketing", granted=True, decided_at="2026-01-01T00:00:00Z",
            text_version="1", channel="paper",
        )
    )  # fmt: skip
    assert "She no longer agrees" in desk.get("/desk/people/m-wang/all").text
    for _ in range(2):
        assert desk.post("/desk/people/m-wang/withdraw", data={"purpose": "marketing"}).status_code == 302
    assert not agreed(store, "marketing")
    assert not any(one.granted for one in store.consents.select())
    assert "She no longer agrees" not in desk.get("/desk/people/m-wang/all").text
    desk.post("/desk/people/m-wang/withdraw", data={"purpose": "photos"})
    assert store.consents.find("m-wang-photos") is None, "what was never given is not refused either"
