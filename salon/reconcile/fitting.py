"""Whether the values of a change fit their fields, judged field by field and without the record's state.

A whole document can be incomplete for a while (its first change waits in quarantine); a single value cannot. Judged this way the
answer is the same in any order of arrival, so a refusal on one side is a refusal on every side. A value must be of its field's type: a text
of digits is no amount, since it is kept, summed and chained as it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from salon.reconcile.change import MAX_N, BadChange, Change
from salon.records import Merge, Record


def check(cls: type[Record], change: Change) -> None:
    """Raises BadChange naming the first field that does not fit. Fields of a later schema fit: they are carried."""
    if "rid" in change.fields:
        raise BadChange("bad_value", "rid: a change names its record beside its fields")
    try:
        _whole(cls).validate_python(dict(_values(cls, change.fields)), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadChange("bad_value", f"{first['loc'][0]}: {first['msg']}") from error
    for name, value in change.fields.items():
        if type(value) is int and abs(value) > MAX_N:
            raise BadChange("bad_value", f"{name}: larger than any reader or column holds exactly")


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
