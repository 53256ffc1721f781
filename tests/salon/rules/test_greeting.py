"""The greeting at arrival (SVC-02..05)."""

from __future__ import annotations

from salon.records import Step
from salon.rules import greeting
from salon.rules.greeting import greet
from salon.rules.said import Said


def ask(member, last_visit, visit, therapist, service, policy, now, lang="zh", points=0):
    return greet(member, last_visit, visit, therapist, [service], points, policy, now, lang)


def test_by_surname_with_last_visit_drink_therapist_and_plan_svc_03_04_05(
    member, last_visit, visit, therapist, service, policy, now
):
    hello = ask(member, last_visit, visit, therapist, service, policy, now, points=320)
    assert hello.title == "王女士，下午好"
    assert hello.lines[0] == "上次您来是10月25日，做了舒缓护理"
    assert hello.drink == "茉莉花茶"
    assert hello.therapist == "陈静"
    assert hello.plan == "舒缓修护，每月一次"
    assert hello.points == 320
    assert "王女士" in hello.script_line
    assert "脸颊减轻力度" in hello.script_line


def test_in_english_throughout(member, last_visit, visit, therapist, service, policy, now):
    hello = ask(member, last_visit, visit, therapist, service, policy, now, lang="en")
    assert hello.title == "Good afternoon, Ms Wang"
    assert hello.drink == "Jasmine tea"
    assert hello.therapist == "Jing"
    assert [step.label for step in hello.flow] == ["Gentle cleanse", "Soothing mask"]


def test_todays_flow_leaves_out_what_only_the_staff_do_svc_05(
    member, last_visit, visit, therapist, service, policy, now
):
    flow = ask(member, last_visit, visit, therapist, service, policy, now).flow
    assert [(step.label, step.minutes) for step in flow] == [("温和洁面", 10), ("舒缓面膜", 20)]


def test_a_first_visit_is_welcomed_as_such(member, visit, therapist, service, policy, now):
    hello = ask(member, None, visit, therapist, service, policy, now)
    assert hello.lines[0] == "很高兴第一次见到您"


def test_a_walk_in_without_visit_or_therapist_is_greeted_too(member, service, policy, now):
    hello = ask(member, None, None, None, service, policy, now)
    assert hello.therapist == ""
    assert hello.flow == ()


def test_todays_drink_goes_before_the_usual_one_svc_04(
    member, last_visit, visit, therapist, service, policy, now
):
    visit.drink = "现磨豆浆"
    assert ask(member, last_visit, visit, therapist, service, policy, now).drink == "现磨豆浆"


def test_the_birthday_month_is_remembered(member, last_visit, visit, therapist, service, policy, now):
    member.birthday = "1990-11-30"
    assert "祝您生日月快乐" in ask(member, last_visit, visit, therapist, service, policy, now).lines


def test_the_hour_is_the_stores_own(member, service, policy):
    hello = greet(member, None, None, None, [service], 0, policy, "2026-11-22T23:30:00Z", "en")
    assert hello.title.startswith("Good morning")  # 07:30 on the next day in Shanghai


def test_a_dose_is_for_the_hand_that_gives_it_not_for_the_customer(
    member, last_visit, visit, therapist, service, policy, now
):
    dosed = [
        step.model_copy(update={"zh": f"{step.zh}（2 泵）", "en": f"{step.en} (2 pumps)"})
        for step in service.steps
    ]
    service = service.model_copy(update={"steps": dosed})
    for lang, first in (("zh", "温和洁面"), ("en", "Gentle cleanse")):
        flow = ask(member, last_visit, visit, therapist, service, policy, now, lang=lang).flow
        assert flow[0].label == first


def test_the_line_to_say_reads_as_one_sentence_in_english(
    member, last_visit, visit, therapist, service, policy, now
):
    line = ask(member, last_visit, visit, therapist, service, policy, now, lang="en").script_line
    assert "?" not in line
    assert line.endswith(".")


def test_steps_are_told_in_the_customers_words_svc_05():
    told = Step(
        key="serum", zh="精华（3 毫升）", en="Serum (3 ml)", guest_zh="补水精华", guest_en="A hydrating serum"
    )
    assert greeting.for_guests(told) == Said("补水精华", "A hydrating serum")
    untold = Step(key="serum", zh="精华（3 毫升）", en="Serum (3 ml)")
    assert greeting.for_guests(untold) == Said("精华", "Serum")


def test_who_looks_after_her_is_said_where_somebody_does_svc_03(
    member, visit, therapist, service, policy, now
):
    assert "今天由陈静为您服务" in ask(member, None, visit, therapist, service, policy, now).lines
    assert not any("为您服务" in line for line in ask(member, None, visit, None, service, policy, now).lines)


def test_the_line_asks_how_the_last_care_was_only_where_it_is_known_which(
    member, last_visit, visit, therapist, service, policy, now
):
    assert (
        "上次的舒缓护理感觉怎么样"
        in ask(member, last_visit, visit, therapist, service, policy, now).script_line
    )
    last_visit.services = ["svc-of-another-store"]
    assert "感觉怎么样" not in ask(member, last_visit, visit, therapist, service, policy, now).script_line
