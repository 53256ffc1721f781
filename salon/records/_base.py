"""What every record has in common, and what each field says about itself.

A field is declared once: its type and limits (pydantic), and an `About` with its labels, how two stores' values merge, and
who may see it. Forms, validation, merging, export and HQ's columns are read from these declarations and from nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic.fields import FieldInfo

SCHEMA_VERSION = 3
"""Raised by one with each additive change of the record classes (sync.md 2.6: additive only)."""


class Merge(StrEnum):
    """How two stores' values of one field become one."""

    LAST = "last"
    """The later stamp wins; the loser is kept for review when neither writer knew of the other."""
    FIRST = "first"
    """Set once: the earlier stamp stays. For facts."""
    SET = "set"
    """A set of texts, add-wins: an element stays until someone removes it having seen it."""
    CONSENT = "consent"
    """A permission: a withdrawal wins over a grant that did not know of it."""


class Privacy(StrEnum):
    """Who may hold a field's value."""

    OPEN = "open"
    """About the business: no person in it."""
    PERSONAL = "personal"
    """About a person, without naming one: goes to HQ."""
    CONTACT = "contact"
    """Names or reaches a person: goes to HQ, encrypted there under the member's own key."""
    HEALTH = "health"
    """Health: stays in the store unless the member consented to sharing it (`share_health`)."""
    LOCAL = "local"
    """Never leaves the store: photos, PIN hashes. It has no way out."""


class Lane(StrEnum):
    """Which log a change goes to."""

    HQ = "hq"
    STORE = "store"


class About:
    """Labels, merge rule and privacy class of one field."""

    __slots__ = ("en", "merge", "privacy", "unit", "zh")

    def __init__(
        self,
        zh: str,
        en: str,
        merge: Merge = Merge.LAST,
        privacy: Privacy = Privacy.PERSONAL,
        *,
        unit: str = "",
    ) -> None:
        self.zh = zh
        self.en = en
        self.merge = merge
        self.privacy = privacy
        self.unit = unit

    def label(self, language: str) -> str:
        return self.zh if language.startswith("zh") else self.en


class RecordError(Exception):
    """The base of all errors about records."""


class BadRecord(RecordError, ValueError):
    """Raised when a document does not fit its record class; `.problems` maps a field to what is wrong with it."""

    def __init__(self, kind: str, problems: dict[str, str]) -> None:
        self.kind = kind
        self.problems = problems
        super().__init__(f"{kind}: " + "; ".join(f"{name}: {why}" for name, why in problems.items()))


class UnknownKind(RecordError, KeyError):
    """Raised when a kind of record is not known here."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


def _sorted_set(value: list[str]) -> list[str]:
    return sorted(set(value))


Rid = Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z._-]{2,63}$")]
"""Identity of a record, unique in the chain: a UUIDv7 made in the store, or a fixed name for catalogue entries."""
Ref = Annotated[str, StringConstraints(pattern=r"^([0-9a-z][0-9a-z._-]{2,63})?$")]
"""The rid of another record, or empty."""
When = Annotated[
    str, StringConstraints(pattern=r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d))?$")
]
"""An instant, ISO 8601 with its offset; or empty."""
Day = Annotated[str, StringConstraints(pattern=r"^(\d{4}-\d\d-\d\d)?$")]
"""A calendar day, ISO 8601; or empty."""
Line = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Words = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]],
    AfterValidator(_sorted_set),
]
"""A set of short texts; kept sorted, so that equal sets are equal bytes."""


class Record(BaseModel):
    """One record: a *document* (fields merge one by one) or a *fact* (inserted once, never edited)."""

    # What was typed is never part of an error's text: errors end in logs.
    model_config = ConfigDict(
        extra="forbid", validate_assignment=True, frozen=False, hide_input_in_errors=True
    )

    kind: ClassVar[str]
    table: ClassVar[str]
    fact: ClassVar[bool] = False
    kept_by: ClassVar[str] = ""
    """Field that names the one store, besides head office, that writes such a record; empty: every store that knows the record does
    (decision 9).
    """
    zh: ClassVar[str]
    en: ClassVar[str]
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Fields, or groups of fields, that the store looks records up by."""

    rid: Annotated[Rid, About("编号", "Record id", Merge.FIRST, Privacy.OPEN)]

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Self:
        """Validate a document. Raises BadRecord naming each field that is wrong."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            problems = {".".join(map(str, e["loc"])) or "record": str(e["msg"]) for e in error.errors()}
            raise BadRecord(cls.kind, problems) from error

    def document(self) -> dict[str, Any]:
        """As plain JSON values, every field present."""
        return self.model_dump(mode="json")

    @classmethod
    def about(cls, name: str) -> About:
        """What a field says about itself. Raises KeyError for an unknown field."""
        return cls.fields()[name]

    @classmethod
    def fields(cls) -> Mapping[str, About]:
        """What each field says about itself, by name."""
        return _fields(cls)

    @classmethod
    def defaults(cls) -> Mapping[str, Any]:
        """The value of each field that need not be given, as in a document. Not to be altered."""
        return _defaults(cls)

    @classmethod
    def lane(cls, document: dict[str, Any]) -> Lane:  # noqa: ARG003 - subclasses decide by the document
        """Whether such a record is for HQ at all, or for this store alone."""
        return Lane.HQ


@cache
def _fields(cls: type[Record]) -> Mapping[str, About]:
    return {name: _about(info) for name, info in cls.model_fields.items()}


@cache
def _defaults(cls: type[Record]) -> Mapping[str, Any]:
    return {
        name: info.get_default(call_default_factory=True)
        for name, info in cls.model_fields.items()
        if not info.is_required()
    }


def _about(info: FieldInfo) -> About:
    for item in info.metadata:
        if isinstance(item, About):
            return item
    raise TypeError(f"a field without About: {info!r}")


R = TypeVar("R", bound=Record)

_KINDS: dict[str, type[Record]] = {}


def register(cls: type[R]) -> type[R]:
    """Class decorator: make a kind known by its name. Every field must have its About."""
    cls.fields()
    if cls.kind in _KINDS:
        raise TypeError(f"two classes for kind {cls.kind!r}")
    _KINDS[cls.kind] = cls
    return cls


def record_class(kind: str) -> type[Record]:
    """The class of a kind. Raises UnknownKind."""
    try:
        return _KINDS[kind]
    except KeyError:
        raise UnknownKind(kind) from None


def kinds() -> dict[str, type[Record]]:
    """All kinds, by name."""
    return dict(_KINDS)
