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
    fits = _fits(cls)
    for name, value in change.fields.items():
        if name == "rid":
            raise BadChange("bad_value", "rid: a change names its record beside its fields")
        rule, adapter = fits.get(name, _CARRIED)
        if adapter is None:
            continue
        said = value
        if rule is Merge.SET:
            if not isinstance(value, dict):
                continue  # merge says so
            said = value.get("add", [])
        try:
            adapter.validate_python(said)
        except ValidationError as error:
            raise BadChange("bad_value", f"{name}: {error.errors()[0]['msg']}") from error


_Fit = tuple[Merge, "TypeAdapter[Any] | None"]
_CARRIED: _Fit = (Merge.LAST, None)


@cache
def _fits(cls: type[Record]) -> dict[str, _Fit]:
    """Of each field its type and limits alone, without a record around them; a consent's change is read by merge."""
    out: dict[str, _Fit] = {}
    for name, info in cls.model_fields.items():
        rule = cls.about(name).merge
        type_ = Annotated[info.annotation, *info.metadata]  # type: ignore[name-defined]  # built at run time
        out[name] = (rule, None if rule is Merge.CONSENT else TypeAdapter(type_))
    return out
