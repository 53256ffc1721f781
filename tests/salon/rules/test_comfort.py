"""The room and the colours as she likes them; worklists; incident plans; hand-overs; audited offers."""

from __future__ import annotations

import pytest

from salon import policies
from salon.records import Member, Offer, Scan
from salon.rules import comfort, doubts, followups, playbooks, recommend
from salon.rules.said import Said


def tone(angle):
    return Scan(
        rid="sc-1", visit="v-1", member="m-wang-li", at="2026-11-22T00:00:00Z", phase="after",
        concerns={"tone": {"value": angle, "unit": "deg", "score": None}},
    )  # fmt: skip


def test_the_room_is_set_by_her_file_svc_10_svc_11_prf_10(member, told):
    hers = member.model_copy(update={"scent": "柚子", "music": "轻钢琴", "tags": ["喜欢安静"]})
    room = comfort.room(hers, told(hers))
    assert (room.scent, room.music, room.quiet, room.light.en) == ("柚子", "轻钢琴", True, "Soft")


@pytest.mark.parametrize("fields", [{"odour_sensitive": True}, {"allergens": ["fragrance"]}])
def test_no_scent_for_who_is_sensitive_to_it_svc_11_saf_04(member, fields, told):
    hers = member.model_copy(update={"scent": "柚子", **fields})
    assert comfort.room(hers, told(hers)).scent == ""


def test_no_scent_before_her_allergies_are_known_here_saf_05_svc_11(member, policy, told):
    hers = member.model_copy(update={"scent": "柚子", "allergens": []})
    assert comfort.room(hers, told(hers, asked=False)).scent == ""
    setting = comfort.settings(hers, told(hers, asked=False), {"scent": 60.0}, policy)["scent"]
    assert setting.value == 0.0
    assert "not known" in setting.why.en
    assert comfort.settings(hers, told(hers), {"scent": 60.0}, policy)["scent"].value == 60.0


@pytest.mark.parametrize(("angle", "first"), [(55, "pink"), (35, "nude"), (10, "coral"), (-40, "coral")])
def test_colours_by_skin_tone_mea_12(member, angle, first):
    found = comfort.colours(member, tone(angle))
    assert found.keys[0] == first
    assert found.explain.figures == {"angle": angle}


def test_what_she_likes_first_and_never_what_she_refuses_prf_06(member):
    hers = member.model_copy(update={"colours_liked": ["navy"], "colours_refused": ["pink", "红色"]})
    keys = comfort.colours(hers, tone(50)).keys
    assert keys[0] == "navy"
    assert not {"pink", "red"} & set(keys)


def test_four_colours_in_the_large_type_mode_prf_19(member):
    elder = member.model_copy(update={"large_type": True})
    assert set(comfort.colours(elder, None).keys) == {"red", "pink", "nude", "purple"}


def test_nails_skin_and_hair_have_their_fields_prf_06_prf_07_prf_08_prf_09_prf_11_prf_12():
    wanted = {
        "nail_shape", "nail_style", "polish_brand", "colours_liked", "colours_refused", "skin_type", "skin_texture",
        "skin_tone", "skin_source", "hair_type", "scalp", "medical_notes", "notes", "phone2", "hobbies", "occupation",
    }  # fmt: skip
    assert wanted <= set(Member.fields())
    for name in wanted:
        assert Member.about(name).zh
        assert Member.about(name).en


def test_missing_and_doubtful_data_is_a_worklist_prf_21_prf_15(policy, now):
    good = {
        "surname": "王",
        "phone": "13800010001",
        "email": "a@b.cn",
        "skin_type": "dry",
        "allergens": ["alcohol"],
    }
    people = [
        Member(rid="m-good", **good),
        Member(rid="m-twin", **(good | {"phone": "13800010002"})),
        Member(rid="m-twin-2", **(good | {"phone": "13800010002", "family": "m-twin"})),
        Member(rid="m-old", **(good | {"phone": "13800010004", "birthday": "1880-01-01", "email": ""})),
        Member(rid="m-bare", surname="李"),
    ]
    found = doubts.worklist(people, {"m-bare"}, policy, now, "Asia/Shanghai")
    assert [(d.member, d.key, d.field) for d in found] == [
        ("m-bare", "missing", "phone"), ("m-bare", "missing", "skin_type"), ("m-bare", "unreachable", "phone"),
        ("m-old", "birthday", "birthday"), ("m-old", "one_channel", "phone2"), ("m-twin", "shared_phone", "phone"),
    ]  # fmt: skip


def test_a_second_number_that_is_anothers_first_is_doubtful_under_one_surname_only_prf_15(policy, now):
    mine = Member(rid="m-a", surname="王", phone="13800010001", phone2="13800010002")
    again = Member(rid="m-b", surname="王", phone="13800010002", phone2="13800010009")
    husband = Member(rid="m-c", surname="赵", phone="13800010009", phone2="13800010008")
    found = doubts.worklist([mine, again, husband], set(), policy, now, "Asia/Shanghai")
    assert {(d.member, d.field) for d in found if d.key == "shared_phone"} == {
        ("m-a", "phone2"),
        ("m-b", "phone"),
    }


def test_four_incident_plans_sec_12():
    plans = {plan.key: plan for plan in playbooks.incidents()}
    assert set(plans) == {"leak", "service_error", "public_opinion", "technical_failure"}
    assert all(len(plan.steps) >= 4 for plan in plans.values())


def test_the_first_contact_is_a_scene_to_practise_svc_06():
    scene = next(drill for drill in playbooks.drills() if drill.key == "first-contact")
    for word in ("微笑", "问候", "自我介绍", "询问", "注意"):
        assert word in scene.scene.zh


def test_a_hand_over_between_roles_is_a_task_svc_16(visit, now):
    task = followups.hand_over(
        visit, "f-1", "consultant", Said("想了解季卡", "Asks about the card"), "e-chen", now
    )
    assert (task.role, task.owner, task.state, task.what_en) == (
        "consultant",
        "",
        "open",
        "Asks about the card",
    )
    assert task.visit == visit.rid


def test_upsell_is_audited_and_pressure_is_seen_svc_13():
    def offer(n, answer, visit="v-1", by="e-chen"):
        return Offer(
            rid=f"o-{n}",
            member="m-1",
            visit=visit,
            item="svc-x",
            at=f"2026-11-22T0{n}:00:00Z",
            by=by,
            answer=answer,
        )

    rows = recommend.audit([offer(1, "declined"), offer(2, "taken"), offer(3, "later", "v-2"), offer(4, "later", by="e-lin")])  # fmt: skip
    chen, lin = rows
    assert (chen.offered, chen.taken, chen.declined, chen.pushed) == (3, 1, 1, ("o-2",))
    assert lin.pushed == ("o-4",)  # a colleague after a no is pressure too


def test_her_bed_is_set_as_she_had_it_last_else_by_her_file_mea_09_svc_11(policy, told):
    member = Member(rid="m-1", surname="王", scent="茉莉", skin_type="sensitive")
    found = comfort.settings(member, told(member), {"chair_height": 72.0}, policy)
    assert {key: setting.value for key, setting in found.items()} == {
        "chair_height": 72.0, "room_light": policy.bed.soft_light, "scent": policy.bed.scent,
    }  # fmt: skip
    assert found["chair_height"].why.en == "As last time"


def test_scent_is_never_set_for_whom_it_harms_even_if_it_was_last_time_saf_04(policy, told):
    for fields in ({"odour_sensitive": True}, {"allergens": ["fragrance"]}):
        member = Member(rid="m-1", surname="王", **fields)
        assert comfort.settings(member, told(member), {"scent": 60.0}, policy)["scent"].value == 0.0


def test_a_height_is_not_guessed_mea_09(policy, told):
    anybody = Member(rid="m-1", surname="王")
    assert "chair_height" not in comfort.settings(anybody, told(anybody), {}, policy)


def test_a_house_sets_its_own_light_and_scent_svc_11(told):
    bright = policies.load('[bed]\nvariant = "bright"')
    anybody = Member(rid="m-1", surname="王", scent="茉莉")
    found = comfort.settings(anybody, told(anybody), {}, bright)
    assert (found["room_light"].value, found["scent"].value) == (80.0, 0.0)
    with pytest.raises(policies.BadPolicy, match="100 or less"):
        policies.load("[bed]\nnatural_light = 140")
