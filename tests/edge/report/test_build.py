"""What a report says: values side by side, only real changes called changes, nothing guessed (MEA-02, MEA-05)."""

from __future__ import annotations

import pytest

from edge.report import build
from salon import demo
from salon.records import Appointment, CloseUp
from salon.rules import times

NOW = "2026-11-22T05:30:00.000Z"


def rows(report):
    return {row.key: row for row in report.values}


def test_values_stand_side_by_side_with_error_and_verdict_mea_02(make):
    row = rows(build(make(), NOW, "zh"))["redness"]
    assert (row.label, row.before, row.after, row.score) == ("泛红", "9.6", "7.1", "41 → 58")
    assert (row.error, row.verdict, row.verdict_text) == ("± 1.1", "better", "确有改善")


def test_only_what_exceeds_the_repeat_error_is_called_a_change(make):
    verdicts = {key: row.verdict for key, row in rows(build(make(), NOW, "en")).items()}
    assert verdicts == {
        "skin_moisture": "better",
        "tone": "same",
        "redness": "better",
        "evenness": "same",
        "dark_circles": "same",
        "shine": "worse",
    }


def test_moisture_comes_from_the_probe_and_the_camera_claims_none_mea_03(make):
    report = build(make(), NOW, "zh")
    row = rows(report)["skin_moisture"]
    assert (row.source, row.before, row.after) == ("probe", "35.5", "52.5")  # the last reading of each phase
    assert "moisture" not in rows(report)
    assert "水分、弹性、皮脂无法由相机测得，只能由皮肤检测笔接触测量" in report.not_measured
    assert (
        "相机不测量：头皮出油、发根数量、指甲健康、皱纹深度、紫外线损伤、卟啉、肌肤年龄"
        in report.not_measured
    )


def test_what_must_be_said_beside_a_figure_is_said(make):
    material = make()
    hinted = [
        scan.model_copy(
            update={
                "concerns": {
                    **scan.concerns,
                    "redness": scan.concerns["redness"] | {"reason": "dark_redness"},
                }
            }
        )
        for scan in material.scans
    ]
    for language, begins in (("zh", "泛红：深色皮肤"), ("en", "Redness: On dark skin")):
        assert any(line.startswith(begins) for line in build(make(scans=hinted), NOW, language).not_measured)
        assert not any(line.startswith(begins) for line in build(material, NOW, language).not_measured)


def test_a_probe_whose_repeat_error_is_unknown_is_shown_but_not_judged(make):
    row = rows(build(make(reading_repeat_sd={}), NOW, "en"))["skin_moisture"]
    assert (row.verdict, row.error) == ("unjudged", "")


def test_a_bad_reading_does_not_count(make):
    material = make()
    bad = material.readings[-1].model_copy(update={"quality": "bad"})
    row = rows(build(make(readings=[*material.readings[:2], bad]), NOW, "zh"))["skin_moisture"]
    assert (row.before, row.after, row.verdict) == ("35.5", "", None)


def test_what_the_photos_did_not_carry_is_named_and_has_no_number(make):
    report = build(make(), NOW, "zh")
    assert "pores" not in rows(report)
    assert "本次照片无法测得：毛孔" in report.not_measured


def test_each_reason_why_something_was_not_measured_is_named_once_mea_05(make):
    before, after = make().scans
    reasons = {"pores": "resolution", "texture": "resolution", "spots": "gate", "sebum": "probe_only"}
    absent = {key: {"value": None, "status": "not_measurable", "reason": why} for key, why in reasons.items()}
    scans = [scan.model_copy(update={"concerns": scan.concerns | absent}) for scan in (before, after)]
    lines = build(make(scans=scans), NOW, "en").not_measured
    assert "Not measurable in this photo: pores, texture (the face is small in the photo)" in lines
    assert any(line.startswith("Not measurable in this photo: spots (the light") for line in lines)
    assert sum("sebum" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("lang", "better", "same"),
    [
        ("zh", "降低 2.5，超过重复误差 1.1", "降低 0.3，未超过重复误差 0.8"),
        (
            "en",
            "Fell by 2.5, more than the repeat error of 1.1",
            "Fell by 0.3, within the repeat error of 0.8",
        ),
    ],
)
def test_each_value_says_its_direction_beside_the_repeat_error_mea_02(make, lang, better, same):
    said = rows(build(make(), NOW, lang))
    assert said["redness"].sentence == better
    assert said["evenness"].sentence == same


def test_a_place_for_a_doctor_is_on_the_sheet_and_has_no_score(make):
    before, after = make().scans
    referred = before.model_copy(update={"checks": {"referrals": 1}})
    assert "doctor" in build(make(scans=[referred, after]), NOW, "en").referral
    assert build(make(), NOW, "en").referral == ""


def visit_before(scan, days, redness):
    """The same face as it was some visits ago."""
    at = times.later(scan.at, days=-days)
    body = scan.concerns["redness"] | {"value": redness}
    changed = {"rid": f"{scan.rid}-{days}", "visit": f"v-{days}", "at": at, "concerns": {"redness": body}}
    return scan.model_copy(update=changed)


def test_a_line_over_the_visits_is_judged_by_its_ends_mea_05_mea_07(make):
    before, after = make().scans
    history = [visit_before(before, 60, 13.0), visit_before(before, 30, 11.0), before, after]
    line = {line.key: line for line in build(make(history=history), NOW, "en").trends}["redness"]
    assert (line.first, line.last, line.verdict) == ("13.0", "9.6", "better")
    assert [(p.day, p.phase) for p in line.points] == [
        ("23 Sep", "before"), ("23 Oct", "before"), ("22 Nov", "before"), ("22 Nov", "after"),
    ]  # fmt: skip


def test_one_scan_alone_was_measured_and_nothing_is_called_a_change(make):
    one = make(scans=make().scans[:1], readings=[])
    assert build(one, NOW, "en").values_heading == "Measured today"
    assert build(make(), NOW, "zh").values_heading == "今日变化"


def test_one_visit_alone_has_no_line(make):
    report = build(make(history=make().scans), NOW, "en")
    assert (report.trends, report.trends_note) == ([], "")


def test_scans_of_different_models_are_not_compared(make):
    before, after = make().scans
    newer = after.model_copy(update={"models": {"color_v1": "2.0.0"}})
    verdicts = {row.verdict for row in rows(build(make(scans=[before, newer]), NOW, "zh")).values()}
    assert verdicts == {"not_comparable", "better"}  # the probe's row is not the camera's affair


def test_photos_under_different_light_are_not_compared_and_the_reason_is_given(make):
    before, after = make().scans
    light = {"level_ev": -1.0, "warmth": 0.3, "side_ev": 0.0}
    dim = before.model_copy(update={"checks": {"light": light}})
    same = after.model_copy(update={"checks": {"light": light | {"level_ev": -0.9}}})
    bright = after.model_copy(update={"checks": {"light": light | {"level_ev": -0.5}}})
    assert rows(build(make(scans=[dim, same]), NOW, "zh"))["redness"].verdict == "better"
    report = build(make(scans=[dim, bright]), NOW, "zh")
    assert rows(report)["redness"].verdict == "not_comparable"
    assert report.obstacle == "两次照片不可比较：两次拍摄亮度不同"


def test_one_scan_alone_is_shown_without_a_verdict(make):
    row = rows(build(make(scans=make().scans[:1]), NOW, "zh"))["redness"]
    assert (row.before, row.after, row.verdict, row.verdict_text) == ("9.6", "", None, "")


def test_a_scan_that_was_not_accepted_is_left_out(make):
    before, after = make().scans
    refused = after.model_copy(update={"accepted": False})
    assert rows(build(make(scans=[before, refused]), NOW, "zh"))["redness"].after == ""


def test_products_used_have_their_batches_and_a_stopped_one_is_not_among_them_saf_05_saf_10(make):
    assert build(make(), NOW, "zh").products == ["氨基酸洁面乳（批次 A2609）", "积雪草舒缓精华（批次 S2611）"]


def test_the_customer_reads_when_she_will_hear_from_the_store_fup_01_to_05(make):
    lines = build(make(), NOW, "zh").contacts
    assert len(lines) == 4
    assert lines[0].startswith("11月22日")
    assert "员工" not in "".join(lines)


def test_the_next_visit_is_the_booking_or_the_cycle_of_the_service_apt_13(make):
    assert build(make(), NOW, "zh").next_visit == "建议 12月20日 前后"
    booking = next(r for r in demo.build("s001", NOW) if isinstance(r, Appointment))
    assert build(make(next_appointment=booking), NOW, "en").next_visit == "Booked for 22 Nov, 11:00"


def test_every_word_is_in_the_language_asked_for(make):
    english = build(make(lang="en", pictures=[]), NOW, "en").model_dump_json()
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in english)
    assert build(make(), NOW, "zh").greeting == "王女士，感谢您今天的到来"


def test_the_footer_names_models_and_policy_and_claims_nothing_medical(make):
    report = build(make(), NOW, "en")
    assert report.footer[0] == "Cosmetic appearance, not a medical finding"
    assert "color_v1 1.0.0" in report.footer[1]
    assert make().policy.version in report.footer[1]


def test_photos_are_never_part_of_the_json(make):
    dumped = build(make(), NOW, "zh").model_dump(mode="json")
    assert [set(p) for p in dumped["pictures"]] == [{"phase", "concern", "caption"}] * 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_visit_without_any_measurement_has_a_report_too(make, lang):
    report = build(
        make(scans=[], readings=[], pictures=[], advice=[], uses=[], follow_ups=[], therapist=None), NOW, lang
    )
    assert report.values == []
    assert report.not_measured == []
    assert report.values_note


def test_close_ups_stand_among_the_values_with_their_repeat_error(make):
    """MEA-14: what is not measured is said with its reason."""

    def near(hour, flakes, form):
        tip = {"status": "indicative", "unit": "", "value": 0.6, "repeat_sd": 0.02, "form": form}
        figures = {
            "flakes": {"status": "indicative", "unit": "%", "value": flakes, "repeat_sd": 0.05},
            "scalp_oil": {"status": "not_measurable", "value": None, "reason": "oil"},
            "nail_tip": tip,
        }
        return CloseUp(
            rid=f"c-{hour}",
            visit="v-1",
            member="m-1",
            at=f"2026-11-22T0{hour}:00:00Z",
            of="scalp",
            figures=figures,
        )

    report = build(make(closeups=[near(3, 0.6, "square"), near(1, 1.4, "round")]), NOW, "en")
    row = rows(report)["flakes"]
    assert (row.before, row.after, row.error, row.verdict) == ("1.4", "0.6", "± 0.1", "better")
    assert (rows(report)["nail_tip"].before, rows(report)["nail_tip"].after) == ("round", "square")
    assert any("oil of the scalp" in line and "look alike" in line for line in report.not_measured)
    once = rows(build(make(closeups=[near(3, 0.6, "square")]), NOW, "en"))
    shown = [(row.before, row.after, row.alone) for row in (once["flakes"], once["nail_tip"])]
    assert shown == [("", "", "0.60"), ("", "", "square")], "taken once: neither before nor after"
