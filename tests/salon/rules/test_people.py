"""Phones and names: what people type, what the file keeps, what a screen in public may show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salon.records import Member
from salon.rules import names, phones
from salon.rules.phones import BadPhone


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13812345678", "13812345678"),
        (" 138-1234-5678 ", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("+86 138 1234 5678", "13812345678"),
        ("0086-13812345678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("(021) 6217-1234", "02162171234"),
        ("0571-87654321", "057187654321"),
        ("+44 7700 900123", "+447700900123"),
    ],
)
def test_a_number_is_kept_in_one_way_however_it_is_typed(typed, kept):
    assert phones.normalise(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        (" - ", "empty"),
        ("1381234567", "too_short"),
        ("138123456789", "too_long"),
        ("12812345678", "not_a_number"),
        ("138abcd5678", "letters"),
        ("+12", "too_short"),
        ("+1234567890123456", "too_long"),
        ("0000000000000000", "not_a_number"),
        ("+0113812345678", "not_a_number"),
        ("¹³⁸", "too_short"),
    ],
)
def test_a_wrong_number_says_what_is_wrong_in_both_languages(typed, code):
    with pytest.raises(BadPhone) as refused:
        phones.normalise(typed)
    assert refused.value.code == code
    assert refused.value.said.zh
    assert refused.value.said.en


@given(st.text(max_size=24))
def test_any_text_is_refused_or_fits_the_customer_file_and_normalises_to_itself(text):
    try:
        number = phones.normalise(text)
    except BadPhone:
        return
    assert Member(rid="m-1", surname="王", phone=number).phone == phones.normalise(number)


def test_a_masked_number_shows_only_its_ends():
    assert phones.mask("13812345678") == "138****5678"
    assert phones.mask("123456") == "******"


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("王丽", ("王", "丽")),
        ("王小丽", ("王", "小丽")),
        ("欧阳娜娜", ("欧阳", "娜娜")),
        ("欧阳", ("欧", "阳")),
        ("上官 婉儿", ("上官", "婉儿")),
        ("王", ("王", "")),
        ("阿依古丽·买买提", ("买买提", "阿依古丽")),
        ("Emma Smith", ("Smith", "Emma")),
        ("Smith, Emma Jane", ("Smith", "Emma Jane")),
        ("Cher", ("Cher", "")),
    ],
)
def test_a_full_name_is_split_with_compound_surnames_known(full, parts):
    assert names.split(full) == parts


@pytest.mark.parametrize(
    ("surname", "given", "gender", "zh", "en"),
    [
        ("王", "丽", "female", "王女士", "Ms Wang"),
        ("欧阳", "锋", "male", "欧阳先生", "Mr Ouyang"),
        ("王", "丽", "", "王贵宾", "Wang"),
        ("Smith", "Emma", "female", "Smith 女士", "Ms Smith"),
        ("Smith", "Emma", "", "Emma Smith 贵宾", "Emma Smith"),
        ("亓", "云", "female", "亓女士", "Ms 亓"),
    ],
)
def test_a_customer_is_addressed_by_surname_and_title_svc_03(surname, given, gender, zh, en):
    member = Member(rid="m-1", surname=surname, given_name=given, gender=gender)
    assert names.address(member, "zh") == zh
    assert names.address(member, "en") == en


def test_a_masked_name_tells_neither_the_given_name_nor_its_length():
    assert names.mask("王", "丽") == names.mask("王", "小丽") == "王*"
    assert names.mask("Smith", "Emma") == "E* S***"
    assert names.mask("Cher", "") == "C***"


@pytest.mark.parametrize("text", ["王", "O\u2019Brien", "Anne-Marie", "José"])
def test_letters_of_any_script_and_what_joins_them_are_a_name(text):
    assert names.is_name(text)


@pytest.mark.parametrize("text", ["", "-", " ", "王2", "☺", "a\u200b"])
def test_what_has_no_letter_or_more_than_letters_is_none(text):
    assert not names.is_name(text)
