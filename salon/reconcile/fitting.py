"""Whether the values of a change fit their fields, judged field by field and without the record's state.

A whole document can be incomplete for a while (its first change waits in quarantine); a single value cannot. Judged this way the
answer is the same in any order of arrival, so a refusal on one side is a refusal on every side. A value must be of its field's type: a text
of digits is no amount, since it is kept, summed and chained as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from math import isfinite
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from salon.reconcile.change import MAX_N, BadChange, Change
from salon.records import Merge, Record

MAX_DEPTH = 32
"""Of lists and objects in each other; ours have three."""
_HALF = re.compile("[\ud800-\udfff]")


def check(cls: type[Record], change: Change) -> None:
    """Raises BadChange naming the first field that does not fit. Fields of a later schema fit: they are carried."""
    if "rid" in change.fields:
        raise BadChange("bad_value", "rid: a change names its record beside its fields")
    try:
        _whole(cls).validate_python(dict(_values(cls, change.fields)), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadChange("bad_value", f"{first['loc'][0]}: {first['msg']}") from error
    known = cls.model_fields
    for name, value in change.fields.items():
        if type(value) is int:
            if abs(value) > MAX_N:
                raise BadChange("bad_value", f"{name}: larger than any reader or column holds exactly")
        elif (type(value) is not str or name not in known) and not _can_be_kept(value, MAX_DEPTH):
            raise BadChange("bad_value", f"{name}: cannot be written down as JSON again")


def _can_be_kept(value: Any, depth: int) -> bool:
    """Whether a value can be chained, sealed and sent on. JSON can be read that cannot be written: half of a surrogate pair, a number
    that is read as infinite, a list so deep in lists that the writer gives up where the reader did not.
    """
    if isinstance(value, str):
        return value.isascii() or not _HALF.search(value)
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, dict):
        return depth > 0 and all(_can_be_kept(one, depth - 1) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return depth > 0 and all(_can_be_kept(one, depth - 1) for one in value)
    return True


def _values(cls: type[Record], fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a change says of each field; what is no change of a set at all is left to merge, which says so."""
    sets = _sets(cls)
    for name, value in fields.items():
        if name not in sets:
            yield name, value
        elif isinstance(value, dict):
            yield name, value.get("add", [])


@cache
def _sets(cls: type[Record]) -> frozenset[str]:
    return frozenset(name for name, about in cls.fields().items() if about.merge is Merge.SET)


@cache
def _whole(cls: type[Record]) -> TypeAdapter[Any]:
    """Of each field its type and limits alone, without a record around them; a consent's change is read by merge. One validator
    for all that a change may name: a call a field was most of the time.
    """
    types = {
        name: Annotated[info.annotation, *info.metadata]
        for name, info in cls.model_fields.items()
        if cls.about(name).merge is not Merge.CONSENT
    }
    return TypeAdapter(TypedDict(f"{cls.__name__}Fields", types, total=False))  # type: ignore[operator]
