"""The worklist of missing and doubtful data (PRF-21): what a file lacks, what cannot be right, who may be here twice (PRF-15)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from salon.policies import Policy
from salon.records import Member
from salon.rules import completeness
from salon.rules.said import Explain, Said
from salon.rules.times import Now, local

OLDEST = 110
"""Years: an older birthday is a slip of the finger."""


@dataclass(frozen=True)
class Doubt:
    """One thing to look at in one file."""

    member: str
    key: str
    """missing, birthday, shared_phone, one_channel, unreachable."""
    field: str
    explain: Explain


def worklist(
    members: Iterable[Member], screened: set[str], policy: Policy, now: Now, timezone: str
) -> list[Doubt]:
    """All doubts, the files with most of them first. `screened`: members who answered the questionnaire."""
    people = list(members)
    numbers = _shared(people)
    today = local(now, timezone).date()
    found = [d for m in people for d in _of(m, m.rid in screened, numbers, policy, today)]
    count = Counter(doubt.member for doubt in found)
    return sorted(found, key=lambda doubt: (-count[doubt.member], doubt.member, doubt.key, doubt.field))


def _shared(people: Iterable[Member]) -> set[tuple[str, str]]:
    """(rid, field) of numbers that another file has too. A second number counts only under one surname: it may be a husband's (PRF-15)."""
    having: dict[str, list[tuple[Member, str]]] = defaultdict(list)
    for member in people:
        for field, number in (("phone", member.phone), ("phone2", member.phone2)):
            if number and not (field == "phone2" and number == member.phone):
                having[number].append((member, field))
    return {
        (one.rid, field)
        for number_of in having.values()
        for one, field in number_of
        for other, theirs in number_of
        if other.rid != one.rid and ((field, theirs) == ("phone", "phone") or other.surname == one.surname)
    }


def _of(
    member: Member, screened: bool, numbers: set[tuple[str, str]], policy: Policy, today: date
) -> Iterable[Doubt]:
    for field in completeness.score(member, policy, screened=screened).missing:
        about = Member.about(field)
        yield _doubt(member, "missing", field, Said(f"缺少{about.zh}", f"{about.en} is missing"), policy)
    if member.birthday:
        years = (today - date.fromisoformat(member.birthday)).days / 365.25
        if not 0 <= years <= OLDEST:
            yield _doubt(member, "birthday", "birthday", Said("生日不可能", "An impossible birthday"), policy)
    for field in ("phone", "phone2"):
        if (member.rid, field) in numbers and not member.family:
            said = Said("与另一位会员手机号相同", "The same phone as another member")
            yield _doubt(member, "shared_phone", field, said, policy)
    ways = [way for way in (member.phone, member.phone2, member.email) if way]
    if not ways:
        yield _doubt(member, "unreachable", "phone", Said("没有任何联系方式", "No way to reach her"), policy)
    elif len(ways) == 1:
        said = Said("只有一种联系方式，换号即失联", "One way to reach her: a new number would lose her")
        yield _doubt(member, "one_channel", "phone2", said, policy)


def _doubt(member: Member, key: str, field: str, said: Said, policy: Policy) -> Doubt:
    return Doubt(member.rid, key, field, Explain("data quality (PRF-21, PRF-15)", said, {}, policy.version))
