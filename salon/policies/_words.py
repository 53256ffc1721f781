"""What pydantic finds wrong with a figure, in words that an owner understands, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORDS: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("不能小于 {ge}", "must be {ge} or more"),
    "greater_than": ("必须大于 {gt}", "must be more than {gt}"),
    "less_than_equal": ("不能大于 {le}", "must be {le} or less"),
    "less_than": ("必须小于 {lt}", "must be less than {lt}"),
    "int_type": ("必须是整数", "must be a whole number"),
    "int_parsing": ("必须是整数", "must be a whole number"),
    "int_from_float": ("必须是整数", "must be a whole number"),
    "float_type": ("必须是数字", "must be a number"),
    "float_parsing": ("必须是数字", "must be a number"),
    "bool_type": ("必须是 true 或 false", "must be true or false"),
    "bool_parsing": ("必须是 true 或 false", "must be true or false"),
    "string_type": ("必须是用引号括起的文字", "must be text in quotes"),
    "string_too_short": ("不能为空", "must not be empty"),
    "string_pattern_mismatch": (
        "写法不对（时刻写作 09:00，名称用小写字母）",
        "is not written as it should be (a time as 09:00, a name in small letters)",
    ),
    "literal_error": ("只能是 {expected}", "must be {expected}"),
    "missing": ("缺少这一项", "is missing"),
    "too_short": ("至少要有 {min_length} 项", "must have {min_length} or more"),
    "too_long": ("至多 {max_length} 项", "must have {max_length} at most"),
    "string_too_long": ("至多 {max_length} 个字", "must have {max_length} characters at most"),
    "list_type": ("必须是列表，如 [1, 2]", "must be a list, as [1, 2]"),
    "tuple_type": ("必须是列表，如 [1, 2]", "must be a list, as [1, 2]"),
    "dict_type": ("必须是一节，如 [{section}]", "must be a section, as [{section}]"),
    "model_type": ("必须是一节", "must be a section"),
}


def of(error: Mapping[str, Any]) -> tuple[str, str]:
    """Chinese and English words for one of pydantic's errors, with what was written; its own where we have none."""
    if error["type"] not in _WORDS:
        return str(error["msg"]), str(error["msg"])
    zh, en = _WORDS[str(error["type"])]
    limits = {
        key: f"{value:g}" if isinstance(value, float) else value
        for key, value in error.get("ctx", {}).items()
    }
    context = {"section": error["loc"][0] if error["loc"] else "", **limits}
    zh, en = zh.format_map(context), en.format_map(context)
    given = error.get("input")
    if isinstance(given, str | int | float) and error["type"] != "missing":
        zh, en = f"{zh}；写的是 {given!r}", f"{en}; it says {given!r}"
    return zh, en
