"""`parlour import` on real files and a real store (PRF-24)."""

from __future__ import annotations

import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from edge.store import Store
from parlour import customer_lists, importer
from parlour.customer_lists import BadList
from salon import demo
from salon.rules import importing


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "home", "s001") as store:
        yield store


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_bytes(demo.import_sample())
    return path


def workbook(path, *rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_importing_twice_adds_none_the_second_time_prf_24(store, sample):
    first = importer.run(store, sample)
    assert first.added == len(store.members) == 9
    second = importer.run(store, sample)
    assert (second.added, second.filled) == (0, 0)
    assert len(store.members) == 9


def test_a_dry_run_writes_nothing_and_keeps_no_refusal(store, sample):
    result = importer.run(store, sample, dry_run=True)
    assert result.preview.counts == {"new": 9, "known": 0, "duplicate": 1, "refused": 3}
    assert len(store.members) == 0
    assert store.refusals() == []


def test_refused_rows_are_kept_with_line_and_field_but_without_personal_data(store, sample):
    importer.run(store, sample)
    kept = store.refusals()
    assert {(r.boundary, r.code) for r in kept} == {
        ("import", "refused_phone"),
        ("import", "refused_birthday"),
        ("import", "duplicate_phone"),
        ("import", "refused_surname"),
    }
    assert any("第 7 行 手机号" in r.detail and "line 7, Phone" in r.detail for r in kept)
    assert not any("1390003" in r.detail + r.raw for r in kept)


def test_members_carry_where_they_came_from(store, sample):
    importer.run(store, sample)
    for member in store.members.select():
        assert (member.source, member.home_store) == ("import", "s001")
        assert member.joined_at


def test_a_known_customer_keeps_what_the_store_has_and_gets_what_it_lacks(store, tmp_path):
    list_a = workbook(tmp_path / "a.xlsx", ["姓名", "手机", "饮品"], ["王丽", "13812345678", "拿铁"])
    list_b = workbook(
        tmp_path / "b.xlsx", ["姓名", "手机", "饮品", "职业"], ["王丽", "13812345678", "温水", "教师"]
    )
    importer.run(store, list_a)
    result = importer.run(store, list_b)
    (member,) = store.members.select()
    assert (member.drink, member.occupation) == ("latte", "教师")
    assert result.filled == 1
    assert "补全：职业" in "\n".join(importer.lines(result, "zh"))


def test_a_workbook_with_a_title_row_dates_and_numbers_is_read(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        ["2026 会员名单"],
        [],
        ["姓名", "手机", "生日"],
        ["王丽", 13812345678, datetime(1990, 5, 2)],
    )
    listed = customer_lists.read(path)
    assert listed.columns.mapped == {0: "name", 1: "phone", 2: "birthday"}
    assert [line for line, _ in listed.rows] == [4]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_the_encodings_spreadsheets_write(tmp_path, encoding, delimiter):
    path = tmp_path / "a.csv"
    text = delimiter.join(["姓名", "手机"]) + "\r\n" + delimiter.join(["欧阳雪", "13812345678"]) + "\r\n"
    path.write_text(text, encoding=encoding, newline="")
    listed = customer_lists.read(path)
    assert listed.rows == ((2, ["欧阳雪", "13812345678"]),)


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\n , \n", "empty"),
        ("a.csv", "备注,等级\n好,金".encode(), "no_columns"),
        ("a.csv", b"\xff\xff\xff\x00\x81", "encoding"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "unknown_type"),
        ("a.xlsx", b"not a zip", "unreadable"),
        ("a.pdf", b"%PDF", "unknown_type"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_is_kept_as_a_refusal(store, tmp_path, name, body, code):
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(BadList) as refused:
        importer.run(store, path)
    assert refused.value.code == code
    assert refused.value.said.zh
    assert [r.code for r in store.refusals()] == [code]


def test_a_zip_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hi")
    with pytest.raises(BadList, match="unreadable"):
        customer_lists.read(path)


def test_limits_on_size_rows_and_unpacked_size(tmp_path, monkeypatch, sample):
    monkeypatch.setattr(customer_lists, "MAX_ROWS", 1)
    monkeypatch.setattr(customer_lists, "_HEADER_WITHIN", 1)
    with pytest.raises(BadList, match="too_many_rows"):
        customer_lists.read(sample)
    monkeypatch.setattr(customer_lists, "MAX_BYTES", 10)
    with pytest.raises(BadList, match="too_large"):
        customer_lists.read(sample)
    monkeypatch.undo()
    bomb = workbook(tmp_path / "a.xlsx", ["姓名", "手机"])
    monkeypatch.setattr(customer_lists, "MAX_UNPACKED", 100)
    with pytest.raises(BadList, match="too_large"):
        customer_lists.read(bomb)


def test_an_import_stopped_in_the_middle_goes_on_where_it_ended(store, tmp_path, monkeypatch):
    rows = [["王丽", f"138123{n:05}"] for n in range(50)]
    path = workbook(tmp_path / "a.xlsx", ["姓名", "手机"], *rows)
    monkeypatch.setattr(importer, "BATCH", 20)
    add, calls = store.members.add, []

    def dies_at_30(member):
        calls.append(member)
        if len(calls) == 30:
            raise KeyboardInterrupt
        return add(member)

    monkeypatch.setattr(store.members, "add", dies_at_30)
    with pytest.raises(KeyboardInterrupt):
        importer.run(store, path)
    assert len(store.members) == 20
    monkeypatch.setattr(store.members, "add", add)
    assert importer.run(store, path).added == 30
    assert len(store.members) == 50


def test_the_command_prints_a_preview_in_both_languages_and_says_so_by_its_status(
    store, sample, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("PARLOUR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert importer.import_command(sample, dry_run=True) == 1
    chinese = capsys.readouterr().out
    assert "第 9 行 [未导入] 彭* 139****0008 生日：没有这一天" in chinese
    assert "未导入的列：会员等级" in chinese
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert importer.import_command(sample, dry_run=False) == 1
    english = capsys.readouterr().out
    assert "line 11 [duplicate] 何* 139****0001 Phone: The same phone as in line 2" in english
    assert "Added 9" in english
    assert importer.import_command(tmp_path / "none.csv", dry_run=True) == 2


def test_a_quote_that_is_never_closed_names_the_line_and_takes_nothing(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text('姓名,手机,备注\n王丽,13900000001,"怕痛\n李娜,13900000002,\n', encoding="utf-8")
    with pytest.raises(customer_lists.BadList) as caught:
        customer_lists.read(path)
    assert caught.value.code == "unreadable"
    assert "line 2" in caught.value.said.en
    assert "13900000002" not in str(caught.value), "another customer's number is not printed"


def test_what_is_no_name_is_refused_by_row(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("姓名,手机\n王😀,13900000001\n李娜,13900000002\n", encoding="utf-8")
    listed = customer_lists.read(path)
    rows = list(importing.judge(listed.rows, listed.columns, lambda _phone: ((), ()), date(2026, 11, 22)))
    assert [row.status for row in rows] == ["refused", "new"]
