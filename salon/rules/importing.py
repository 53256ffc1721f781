"""Importing a shop's customer list (PRF-24): headers to fields, rows to customer files, duplicates by phone. Pure, on text.

A row is *new*, *known* (the phone is in the store: empty fields may be filled, nothing is overwritten), a *duplicate* of an
earlier row, or *refused* with the field named. A phone is required: numbers alone tell two imports of one customer apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple, TypeVar

from salon.records import BadRecord, Member
from salon.rules import allergens, drinks, names, phones
from salon.rules._import_cells import (
    BadCell,
    Cell,
    allergen_words,
    birthday,
    gender,
    listed,
    person,
    phone,
    skin_type,
    words,
)
from salon.rules.said import Said

__all__ = ["FILLABLE", "HEADERS", "Cell", "Columns", "Problem", "Row", "Status", "judge", "map_columns"]

Status = Literal["new", "known", "duplicate", "refused"]

HEADERS: dict[str, tuple[str, ...]] = {
    "name": (
        "姓名",
        "名字",
        "客户姓名",
        "顾客姓名",
        "会员姓名",
        "客户",
        "顾客",
        "称呼",
        "name",
        "full name",
        "customer",
    ),
    "surname": ("姓", "姓氏", "surname", "last name", "family name"),
    "given_name": ("名", "given name", "first name"),
    "phone": (
        "手机",
        "手机号",
        "手机号码",
        "电话",
        "联系电话",
        "联系方式",
        "电话号码",
        "phone",
        "mobile",
        "phone number",
    ),
    "phone2": ("备用电话", "第二联系方式", "紧急联系人电话", "second phone", "other phone"),
    "gender": ("性别", "gender", "sex"),
    "birthday": ("生日", "出生日期", "出生年月", "birthday", "date of birth", "dob"),
    "email": ("邮箱", "电子邮箱", "电子邮件", "email", "e-mail"),
    "occupation": ("职业", "工作", "occupation", "job"),
    "hobbies": ("爱好", "兴趣", "兴趣爱好", "hobbies"),
    "allergens": ("过敏史", "过敏", "过敏原", "过敏情况", "allergies", "allergens", "allergy"),
    "skin_type": ("肤质", "皮肤类型", "皮肤性质", "skin type", "skin"),
    "drink": ("喜好饮品", "饮品", "饮料", "喜欢的饮品", "drink", "favourite drink", "favorite drink"),
    "tags": ("标签", "tags"),
    "notes": ("备注", "说明", "特殊要求", "notes", "remarks", "comment"),
    "card_code": ("会员卡号", "卡号", "会员号", "会员编号", "card", "card number", "member number"),
}
"""Field of the customer file -> headers that shops give it. `name` is a whole name, to be split."""

FILLABLE = tuple(key for key in Member.model_fields if key in HEADERS and key not in {"surname", "phone"})


@dataclass(frozen=True)
class Columns:
    """Which column of the file is which field."""

    mapped: dict[int, str]
    """Column index -> key of HEADERS."""
    headers: tuple[str, ...]
    unmapped: tuple[str, ...]
    """Headers whose columns are not imported."""
    missing: tuple[str, ...]
    """What the file lacks: `name`, `phone`; such a file cannot be imported."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell, or only doubtful."""

    field: str
    label: Said
    said: Said
    serious: bool = True
    """False: the row is imported all the same."""


@dataclass(frozen=True)
class Row:
    """One row of the file, judged."""

    line: int
    """As the spreadsheet numbers it: the header is 1."""
    status: Status
    fields: dict[str, Any] = field(default_factory=dict)
    """For the customer file; for a known customer only what fills an empty field."""
    rid: str = ""
    """The customer already in the store, if known."""
    problems: tuple[Problem, ...] = ()

    @property
    def title(self) -> str:
        """Who it is about, masked: others see previews too."""
        surname, given = self.fields.get("surname", ""), self.fields.get("given_name", "")
        name = names.mask(surname, given) if surname else ""
        return f"{name} {phones.mask(self.fields.get('phone', ''))}".strip()


def map_columns(headers: Sequence[str]) -> Columns:
    """Recognise the headers, in Chinese or English; each field takes its first column."""
    mapped: dict[int, str] = {}
    by_name = {_plain(name): key for key, known in HEADERS.items() for name in known}
    for index, header in enumerate(headers):
        key = by_name.get(_plain(header))
        if key and key not in mapped.values():
            mapped[index] = key
    found = set(mapped.values())
    missing = ([] if found & {"name", "surname"} else ["name"]) + ([] if "phone" in found else ["phone"])
    unmapped = [header for index, header in enumerate(headers) if index not in mapped and header.strip()]
    return Columns(mapped, tuple(headers), tuple(unmapped), tuple(missing))


def _plain(header: str) -> str:
    text = header.strip().casefold().replace("*", "").replace("_", " ")
    return text.split("(")[0].split("（")[0].strip(" :：")


Known = Callable[[str], tuple[Sequence[Member], Sequence[Member]]]
"""The store's customers whose first number this is, and those whose second it is."""


class _Earlier(NamedTuple):
    """Who stood in an earlier line."""

    line: int
    surname: str
    given_name: str


def judge(
    rows: Iterable[tuple[int, Sequence[Cell]]], columns: Columns, known: Known, today: date
) -> Iterator[Row]:
    """Judge rows (line number, cells) in order. Empty rows are left out.

    One first number is one customer. By a second number (PRF-15) it is the same customer if the whole name is the same: a
    daughter's second number is often her father's.
    """
    seen: dict[str, int] = {}
    taken: dict[str, list[_Earlier]] = {}
    for line, cells in rows:
        values = {key: cells[i] for i, key in columns.mapped.items() if i < len(cells)}
        if all(str(value if value is not None else "").strip() == "" for value in cells):
            continue
        fields, problems = _fields(values, today)
        number, other = fields.get("phone", ""), fields.get("phone2", "")
        if any(problem.serious for problem in problems):
            yield Row(line, "refused", fields, problems=tuple(problems))
        elif number in seen:
            said = Said(f"与第 {seen[number]} 行手机号相同", f"The same phone as in line {seen[number]}")
            problems.append(_problem("phone", said))
            yield Row(line, "duplicate", fields, problems=tuple(problems))
        elif twin := _same_person(fields, [*taken.get(number, ()), *taken.get(other, ())]):
            said = Said(
                f"与第 {twin.line} 行可能是同一位，请核对",
                f"Perhaps who is in line {twin.line}: please check",
            )
            problems.append(_problem("phone", said))
            yield Row(line, "duplicate", fields, problems=tuple(problems))
        else:
            seen[number] = line
            for one in filter(None, {number, other}):
                taken.setdefault(one, []).append(
                    _Earlier(line, fields["surname"], fields.get("given_name", ""))
                )
            yield _against_store(line, fields, known, problems)


def _against_store(line: int, fields: dict[str, Any], known: Known, problems: list[Problem]) -> Row:
    number, other = fields["phone"], fields.get("phone2", "")
    own, second = known(number)
    if own:
        return _known_row(line, fields, own[0], problems)
    others = (found for group in known(other) for found in group) if other else ()
    present = _same_person(fields, [*second, *others])
    if present is None:
        return Row(line, "new", fields, problems=tuple(problems))
    if fields.get("given_name") != present.given_name or not present.given_name:
        said = Said(
            "与一位已有会员共用号码且同姓，请核对是否同一位",
            "Shares a number and the surname with a customer here: please check whether it is she",
        )
        return Row(line, "duplicate", fields, present.rid, (*problems, _problem("phone", said)))
    hers = {present.phone, present.phone2}
    fresh = next((one for one in (number, other) if one and one not in hers), "")
    return _known_row(line, {**fields, "phone2": fresh}, present, problems)


P = TypeVar("P", Member, _Earlier)


def _same_person(fields: Mapping[str, Any], members: Iterable[P]) -> P | None:
    """The first of these with her surname, and not another given name."""
    given = fields.get("given_name", "")
    return next(
        (
            one
            for one in members
            if one.surname == fields["surname"]
            and (given == one.given_name or not (given and one.given_name))
        ),
        None,
    )


def _known_row(line: int, fields: dict[str, Any], member: Member, problems: list[Problem]) -> Row:
    """Only what the store does not have yet; sets grow, nothing else is overwritten."""
    fills: dict[str, Any] = {}
    for key in FILLABLE:
        value, present = fields.get(key), getattr(member, key)
        if isinstance(present, list):
            value = sorted({*present, *(value or ())})
        elif present:
            continue
        if value and value != present:
            fills[key] = value
    if fields["surname"] != member.surname:
        said = Said(
            "手机号已属于另一位姓氏的会员，请核对",
            "The phone belongs to a customer of another surname: please check",
        )
        return Row(line, "duplicate", fields, member.rid, (*problems, _problem("phone", said)))
    return Row(line, "known", fills, member.rid, tuple(problems))


def _fields(values: Mapping[str, Cell], today: date) -> tuple[dict[str, Any], list[Problem]]:
    fields: dict[str, Any] = {}
    notes: list[str] = []
    problems: list[Problem] = []
    for key, cell in values.items():
        try:
            read = _read(key, cell)
        except BadCell as error:
            problems.append(_problem(key, error.said, serious=error.serious))
            notes.append(error.note)
            continue
        notes.append(read.pop("notes", ""))
        fields |= {name: value for name, value in read.items() if value}
    fields["notes"] = "；".join(filter(None, notes))
    if fields.get("birthday", "") > today.isoformat():
        problems.append(_problem("birthday", Said("生日在将来", "The birthday lies in the future")))
    blamed = {problem.field for problem in problems}
    if not fields.get("surname") and "surname" not in blamed:
        problems.append(_problem("surname", Said("缺少姓名", "The name is missing")))
    elif "surname" not in blamed and not all(
        names.is_name(fields[part]) for part in ("surname", "given_name") if fields.get(part)
    ):
        problems.append(_problem("surname", Said("这不像姓名", "This does not look like a name")))
    if not fields.get("phone") and "phone" not in blamed:
        problems.append(_problem("phone", Said("缺少手机号", "The phone number is missing")))
    if not any(problem.serious for problem in problems):
        problems += _against_record(fields)
    return fields, problems


def _read(key: str, cell: Cell) -> dict[str, Any]:
    """The fields that one cell gives. Raises BadCell."""
    if key == "name":
        return person(words(cell))
    if key in {"phone", "phone2"}:
        return {key: phone(cell)}
    if key == "birthday":
        return {key: birthday(cell)}
    if key == "gender":
        return {key: gender(words(cell))}
    if key == "skin_type":
        return {key: skin_type(words(cell))}
    if key == "allergens":
        return {key: sorted({allergens.key_of(word) for word in allergen_words(words(cell))})}
    if key in {"tags", "hobbies"}:
        return {key: listed(words(cell))}
    if key == "drink":
        return {key: drinks.key_of(words(cell))}
    return {key: words(cell)}


def _against_record(fields: dict[str, Any]) -> list[Problem]:
    """What the record class itself refuses: a text too long, an e-mail with a line break."""
    try:
        Member.parse({"rid": "import-check", **fields})
    except BadRecord as error:
        return [
            _problem(name.split(".")[0], Said(f"内容不符合要求：{why}", f"Not accepted: {why}"))
            for name, why in error.problems.items()
        ]
    return []


def _problem(key: str, said: Said, *, serious: bool = True) -> Problem:
    about = Member.about("surname" if key == "name" else key)
    label = Said("姓名", "Name") if key in {"name", "surname"} else Said(about.zh, about.en)
    return Problem("surname" if key == "name" else key, label, said, serious)
