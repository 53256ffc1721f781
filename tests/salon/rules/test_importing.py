"""A shop's customer list, judged row by row (PRF-24)."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from salon import demo
from salon.records import Member
from salon.rules import importing

TODAY = date(2026, 11, 22)


def judge(headers, *rows, known=None):
    columns = importing.map_columns(headers)
    members = (known or {}).values()

    def with_phone(number):
        return [m for m in members if m.phone == number], [m for m in members if m.phone2 == number]

    return list(importing.judge(enumerate(rows, 2), columns, with_phone, TODAY))


def one(headers, row, **kw):
    return judge(headers, row, **kw)[0]


def test_headers_in_both_languages_are_recognised_and_the_rest_is_named():
    columns = importing.map_columns(["客户姓名", "手机号（必填）", "Birthday", "积分", "", "手机"])
    assert columns.mapped == {0: "name", 1: "phone", 2: "birthday"}
    assert columns.unmapped == ("积分", "手机")
    assert columns.missing == ()


def test_a_list_without_name_or_phone_says_so():
    assert importing.map_columns(["备注"]).missing == ("name", "phone")


def test_every_header_stands_for_a_field_of_the_customer_file():
    assert set(importing.HEADERS) - {"name"} <= set(Member.model_fields)


def test_the_sample_list_is_judged_as_it_was_made(now):
    rows = demo.import_rows()
    judged = {row.line: row for row in judge(rows[0], *rows[1:])}
    assert {line: r.status for line, r in judged.items() if r.status != "new"} == {
        7: "refused",
        9: "refused",
        11: "duplicate",
        13: "refused",
    }
    blamed = {
        line: {"surname": "name"}.get(judged[line].problems[0].field, judged[line].problems[0].field)
        for line in (7, 9, 13)
    }
    assert blamed == {line: demo._sample.BROKEN_ROWS[line] for line in (7, 9, 13)}
    assert judged[4].fields["surname"] == "欧阳"
    assert judged[4].fields["allergens"] == ["fragrance", "花粉"]
    assert judged[6].fields["surname"] == "苏"
    assert judged[6].fields["gender"] == "female"
    assert judged[6].fields["allergens"] == ["gel_polish"]
    assert judged[12].fields["surname"] == "Müller"
    assert judged[12].fields["phone"] == "+4915123456789"
    assert judged[14].fields["notes"] == "生日：5月20日"
    assert not judged[14].problems[0].serious
    for row in judged.values():
        assert all(problem.said.zh and problem.said.en and problem.label.en for problem in row.problems)


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        (13812345678, "13812345678"),
        (13812345678.0, "13812345678"),
        ("13812345678.0", "13812345678"),
        ("1.3812345678E+10", "13812345678"),
        (" 138 1234 5678 ", "13812345678"),
    ],
)
def test_a_phone_that_a_spreadsheet_took_for_a_number_is_read(cell, kept):
    assert one(["姓名", "手机"], ["王丽", cell]).fields["phone"] == kept


def test_a_phone_rounded_to_scientific_notation_is_refused_not_guessed():
    row = one(["姓名", "手机"], ["王丽", "1.38E+10"])
    assert row.status == "refused"
    assert "科学计数" in row.problems[0].said.zh


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("1990-05-12", "1990-05-12"),
        ("1990/5/2", "1990-05-02"),
        ("1990.5.2", "1990-05-02"),
        ("1990年5月2日", "1990-05-02"),
        ("19900502", "1990-05-02"),
        (datetime(1990, 5, 2), "1990-05-02"),
        (date(1990, 5, 2), "1990-05-02"),
        (32995, "1990-05-02"),
        ("1990-05-02 00:00:00", "1990-05-02"),
        ("", None),
        ("不详", None),
    ],
)
def test_birthdays_are_read_however_they_are_written(cell, day):
    assert one(["姓名", "手机", "生日"], ["王丽", "13812345678", cell]).fields.get("birthday") == day


@pytest.mark.parametrize("cell", ["1990-13-45", "1990-02-30", "明天", "2031-01-01", "0090-01-01"])
def test_an_impossible_birthday_refuses_the_row_and_names_the_field(cell):
    row = one(["姓名", "手机", "生日"], ["王丽", "13812345678", cell])
    assert row.status == "refused"
    assert [problem.field for problem in row.problems] == ["birthday"]


def test_two_rows_with_one_phone_are_one_customer():
    first, second = judge(["姓名", "手机"], ["王丽", "13812345678"], ["王小丽", "138-1234-5678"])
    assert (first.status, second.status) == ("new", "duplicate")
    assert "第 2 行" in second.problems[0].said.zh


def test_a_known_customer_is_never_overwritten_but_gaps_are_filled(member):
    row = one(
        ["姓名", "手机", "饮品", "职业", "过敏"],
        ["王丽", "13812345678", "拿铁", "教师", "香精"],
        known={"13812345678": member},
    )
    assert row.status == "known"
    assert row.rid == member.rid
    assert row.fields == {"occupation": "教师", "allergens": ["alcohol", "fragrance"]}


def test_a_known_phone_with_another_surname_is_left_for_a_person_to_judge(member):
    row = one(["姓名", "手机"], ["赵云", "13812345678"], known={"13812345678": member})
    assert row.status == "duplicate"


def test_words_that_are_no_gender_or_skin_type_do_not_lose_the_row():
    row = one(["姓名", "手机", "性别", "肤质", "备注"], ["王丽", "13812345678", "？", "像丝绸", "怕冷"])
    assert row.status == "new"
    assert row.fields["notes"] == "像丝绸；怕冷"
    assert [problem.serious for problem in row.problems] == [False, False]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("无", None),
        ("酒精，香精", ["alcohol", "fragrance"]),
        ("花粉 尘螨", ["尘螨", "花粉"]),
        ("essential oils", ["essential_oils"]),
        ("对酒精过敏", ["alcohol"]),
    ],
)
def test_allergies_become_keys_and_unknown_words_are_kept_saf_04(text, keys):
    assert one(["姓名", "手机", "过敏史"], ["王丽", "13812345678", text]).fields.get("allergens") == keys


def test_what_the_customer_file_refuses_refuses_the_row():
    row = one(["姓名", "手机", "职业"], ["王丽", "13812345678", "长" * 300])
    assert row.status == "refused"
    assert row.problems[0].field == "occupation"


def test_a_preview_names_nobody_in_full():
    assert one(["姓名", "手机"], ["王小丽", "13812345678"]).title == "王* 138****5678"


def test_empty_and_short_rows_are_no_errors():
    assert [
        row.line for row in judge(["姓名", "手机", "备注"], ["", None, " "], ["王丽", "13812345678"])
    ] == [3]


def test_a_customer_known_by_her_second_number_is_not_added_again_prf_15(member):
    known = {"a": member.model_copy(update={"phone2": "13900001111"})}
    row = one(["姓名", "手机"], ["王丽", "13900001111"], known=known)
    assert (row.status, row.rid, row.fields) == ("known", member.rid, {})


def test_an_old_number_as_the_second_finds_her_and_her_new_one_is_kept_prf_15(member):
    row = one(["姓名", "手机", "备用电话"], ["王丽", "13900002222", member.phone], known={"a": member})
    assert (row.status, row.rid, row.fields) == ("known", member.rid, {"phone2": "13900002222"})


def test_a_father_whose_number_is_his_daughters_second_is_a_customer_of_his_own_prf_15(member):
    daughter = member.model_copy(update={"phone2": "13900001111"})
    assert one(["姓名", "手机"], ["王刚", "13900001111"], known={"a": daughter}).status == "new"
    assert one(["姓名", "手机"], ["赵云", "13900001111"], known={"a": daughter}).status == "new"
    father = member.model_copy(update={"rid": "m-father", "given_name": "刚", "phone": "13900001111"})
    row = one(["姓名", "手机"], ["王刚", "13900001111"], known={"a": daughter, "b": father})
    assert row.rid == "m-father"


def test_one_surname_and_a_shared_number_without_a_given_name_is_left_for_a_person_prf_15(member):
    daughter = member.model_copy(update={"phone2": "13900001111"})
    row = one(["姓名", "手机"], ["王女士", "13900001111"], known={"a": daughter})
    assert (row.status, row.rid) == ("duplicate", member.rid)


def test_within_a_list_the_second_number_tells_who_is_there_twice_prf_15():
    rows = judge(
        ["姓名", "手机", "备用电话"],
        ["王丽", "13812345678", "13900001111"],
        ["王丽", "13900001111", ""],
        ["王刚", "13900001111", ""],
        ["李梅", "13700001111", "13812345678"],
    )
    assert [row.status for row in rows] == ["new", "duplicate", "new", "new"]
    assert "2" in rows[1].problems[0].said.en


def test_a_row_without_a_name_says_so_and_is_refused():
    row = one(["姓名", "手机"], ["", "13812345678"])
    assert row.status == "refused"
    assert [(p.field, p.said.en) for p in row.problems] == [("surname", "The name is missing")]


def test_a_drink_becomes_its_key_and_other_words_stay_words():
    row = one(["姓名", "手机", "饮品", "职业"], ["王丽", "13812345678", "茉莉花茶", "教师"])
    assert (row.fields["drink"], row.fields["occupation"]) == ("jasmine_tea", "教师")
