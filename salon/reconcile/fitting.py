"""Whether the values of a change fit their fields, judged field by field and without the record's state.

A whole document can be incomplete for a while (its first change waits in quarantine); a single value cannot. Judged this way the
answer is the same in any order of arrival, so a refusal on one side is a refusal on every side.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from salon.reconcile.change import BadChange, Change
from salon.records import Merge, Record


def check(cls: type[Record], change: Change) -> None:
    """Raises BadChange naming the first field that does not fit. Fields of a later schema fit: they are carried."""
    for name, value in change.fields.items():
        if name == "rid":
            raise BadChange("bad_value", "rid: a change names its record beside its fields")
        if name not in cls.model_fields:
            continue
        rule = cls.about(name).merge
        if rule is Merge.CONSENT:
            continue  # merge reads it
        if rule is Merge.SET:
            if isinstance(value, dict):
                _fit(cls, name, value.get("add", []))
            continue
        _fit(cls, name, value)


def _fit(cls: type[Record], name: str, value: Any) -> None:
    try:
        _adapter(cls, name).validate_python(value)
    except ValidationError as error:
        raise BadChange("bad_value", f"{name}: {error.errors()[0]['msg']}") from error


@cache
def _adapter(cls: type[Record], name: str) -> TypeAdapter[Any]:
    """The field's type and limits alone, without a record around them."""
    info = cls.model_fields[name]
    return TypeAdapter(Annotated[info.annotation, *info.metadata])  # type: ignore[arg-type]  # built at run time
