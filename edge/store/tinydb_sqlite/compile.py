"""A TinyDB query -> SQL that narrows the rows Python has to look at.

For each query there are two predicates: `over` is true for at least the rows that match, `under` for at most those.
Search uses `over` and re-checks each row in Python, so a mistake of omission here costs time, never a wrong answer.
`under` is for NOT, which swaps the two, and for counting: what it covers need not be read. Where both are the same
object the SQL is exact.

What a query means is read from the hash that TinyDB computes for its cache. Queries without one (`map`, lambdas),
and operations whose hash does not tell all (`fragment`, `test`), scan the table.

Paths are written into the SQL, not bound, because SQLite uses an expression index only for the very expression.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

from tinydb.queries import QueryInstance

EXACT_INT = 2**53  # beyond it SQLite's numbers (64-bit or float) and Python's may compare differently
MAX_SQL = 30_000  # characters: far below SQLite's limit of 1,000 levels an expression
_UNSAFE_IN_PATH = frozenset('"\\[]')


class Sql(NamedTuple):
    text: str
    params: tuple[Any, ...] = ()


class Narrowing(NamedTuple):
    """`over` None: any row may match. `under` None: no row is certain to."""

    over: Sql | None = None
    under: Sql | None = None

    @property
    def exact(self) -> bool:
        return self.over is not None and self.over is self.under


NOTHING_KNOWN = Narrowing()
_TRUE = Sql("TRUE")
EVERYTHING = Narrowing(_TRUE, _TRUE)


def compile_query(condition: object) -> Narrowing:
    """What SQL can say about a condition; `NOTHING_KNOWN` for anything but TinyDB's own query objects."""
    if type(condition) is QueryInstance:
        return _compile(condition._hash)  # noqa: SLF001  # the only description TinyDB keeps
    return NOTHING_KNOWN


def either(narrowings: Iterable[Narrowing]) -> Narrowing:
    """What is known of a row for which at least one of several queries holds."""
    parts = list(narrowings)
    overs = [part.over for part in parts if part.over is not None]
    unders = [part.under for part in parts if part.under is not None]
    over = _join(" OR ", overs) if len(overs) == len(parts) else None
    if all(part.exact for part in parts):
        return Narrowing(over, over)
    return Narrowing(over, _join(" OR ", unders))


def both(narrowings: Iterable[Narrowing]) -> Narrowing:
    """What is known of a row for which all of several queries hold: parts that do not compile are left out."""
    parts = list(narrowings)
    overs = [part.over for part in parts if part.over is not None]
    unders = [part.under for part in parts if part.under is not None]
    over = _join(" AND ", overs)
    if all(part.exact for part in parts):
        return Narrowing(over, over)
    return Narrowing(over, _join(" AND ", unders) if len(unders) == len(parts) else None)


def opposite(part: Narrowing) -> Narrowing:
    over = Sql(f"({part.under.text}) IS NOT TRUE", part.under.params) if part.under else None
    if part.exact:
        return Narrowing(over, over)
    return Narrowing(over, Sql(f"({part.over.text}) IS NOT TRUE", part.over.params) if part.over else None)


@lru_cache(maxsize=1024)
def json_path(fields: tuple[object, ...]) -> str | None:
    """`$."a"."b"` as an SQL literal, or None for a key that SQLite's paths cannot spell."""
    steps = []
    for field in fields:
        if not isinstance(field, str) or not field or _UNSAFE_IN_PATH.intersection(field):
            return None
        if any(character < " " for character in field) or not _encodable(field):
            return None
        steps.append(f'."{field}"')
    return "'$" + "".join(steps).replace("'", "''") + "'"


def value_at(path: str) -> str:
    """The expression that indexes are made on."""
    return f"json_extract(body,{path})"


def _compile(description: Any) -> Narrowing:
    """`description` is TinyDB's: `()`, `("and" | "or", {parts})`, `("not", part)` or `(operator, path, operand...)`."""
    if description == ():
        return EVERYTHING  # noop()
    if not isinstance(description, tuple) or len(description) < 2:
        return NOTHING_KNOWN
    operator, subject, *operands = description
    if leaf := _LEAVES.get(operator):
        path = json_path(subject)
        return leaf(path, *operands) if path is not None else NOTHING_KNOWN
    if operator == "and":
        return both(_compile(part) for part in subject)
    if operator == "or":
        return either(_compile(part) for part in subject)
    if operator == "not":
        return opposite(_compile(subject))
    return NOTHING_KNOWN


def _equal(path: str, value: Any) -> Narrowing:
    if value is None:
        return _exact(f"json_type(body,{path})='null'")
    if _is_text(value):
        # An object written the same way reads as the same text. Its type tells, but is left to Python where Python
        # looks anyway: for the row that is found by an index it would be half of the time.
        same = f"{value_at(path)}=?"
        params = (str.__str__(value),)
        return Narrowing(Sql(same, params), Sql(f"({same} AND json_type(body,{path})='text')", params))
    if (number := _number(value)) is not None:
        return _exact(f"{value_at(path)}=?", number)  # JSON's true and false read as 1 and 0, as in Python
    if isinstance(value, tuple):
        return _of_type(path, "array")
    if isinstance(value, dict):
        return _of_type(path, "object")
    return NOTHING_KNOWN


def _not_equal(path: str, value: Any) -> Narrowing:
    return both([_exists(path), opposite(_equal(path, value))])


def _exists(path: str) -> Narrowing:
    return _exact(f"json_type(body,{path}) IS NOT NULL")


def _ordered(sign: str) -> Callable[[str, Any], Narrowing]:
    def compare(path: str, value: Any) -> Narrowing:
        if _is_text(value):
            # Code points and UTF-8 bytes have the same order.
            return _exact(f"({value_at(path)}{sign}? AND json_type(body,{path})='text')", str.__str__(value))
        if (number := _number(value)) is not None:
            kinds = "('integer','real','true','false')"
            return _exact(f"({value_at(path)}{sign}? AND json_type(body,{path}) IN {kinds})", number)
        return NOTHING_KNOWN

    return compare


def _one_of(path: str, items: Any) -> Narrowing:
    if not isinstance(items, tuple | frozenset):
        return NOTHING_KNOWN
    simple: list[str | int | float] = []
    others: list[Narrowing] = []
    for item in items:
        number = _number(item)
        if number is not None:
            simple.append(number)
        elif _is_text(item):
            simple.append(str.__str__(item))
        else:
            others.append(_equal(path, item))
    # One parameter whatever the number of items, so that the statement is prepared once.
    listed = Sql(f"{value_at(path)} IN (SELECT value FROM json_each(?))", (json.dumps(simple),))  # noqa: S608  # a checked path, no values
    over = either([Narrowing(over=listed), *others]).over
    return Narrowing(over=over)


def _text_only(path: str, *_: Any) -> Narrowing:
    return _of_type(path, "text")


def _sequence_only(path: str, *_: Any) -> Narrowing:
    return _of_type(path, "array", "object", "text")  # what Python can iterate over


_LEAVES: dict[str, Callable[..., Narrowing]] = {
    "==": _equal,
    "!=": _not_equal,
    "<": _ordered("<"),
    "<=": _ordered("<="),
    ">": _ordered(">"),
    ">=": _ordered(">="),
    "exists": _exists,
    "one_of": _one_of,
    "matches": _text_only,
    "search": _text_only,
    "any": _sequence_only,
    "all": _sequence_only,
}


def _exact(text: str, *params: Any) -> Narrowing:
    sql = Sql(text, params)
    return Narrowing(sql, sql)


def _of_type(path: str, *kinds: str) -> Narrowing:
    names = ",".join(f"'{kind}'" for kind in kinds)
    return Narrowing(over=Sql(f"json_type(body,{path}) IN ({names})"))


def _join(operator: str, parts: list[Sql]) -> Sql | None:
    if not parts or sum(len(part.text) for part in parts) > MAX_SQL:
        return None
    if len(parts) == 1:
        return parts[0]
    params = tuple(param for part in parts for param in part.params)
    return Sql("(" + operator.join(part.text for part in parts) + ")", params)


def _is_text(value: Any) -> bool:
    """A text that SQLite compares as Python does; a subclass may have its own equality (a StrEnum has not)."""
    return (
        isinstance(value, str)
        and type(value).__eq__ is str.__eq__
        and "\0" not in value
        and _encodable(value)
    )


def _number(value: Any) -> int | float | None:
    if isinstance(value, int) and type(value).__eq__ is int.__eq__ and abs(value) <= EXACT_INT:
        return int(value)
    if type(value) is float and isfinite(value) and abs(value) <= EXACT_INT:
        return value
    return None


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
