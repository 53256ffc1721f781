"""At the desk: somebody comes without a booking, is registered if she is new, and gets a therapist and a bed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast, get_args

from edge.kiosk.services import duties, people
from edge.kiosk.services.intake import Problems
from edge.store import new_rid, now
from salon.records import Member
from salon.rules import names, phones
from salon.rules import visit as steps
from salon.rules.said import Said

if TYPE_CHECKING:
    from edge.store import Store
    from salon.records import Visit

Gender = Literal["", "female", "male", "other"]
Occasion = Literal["", "wedding", "business", "travel", "gift", "treat"]


def register(store: Store, actor: str, *, name: str, phone: str, gender: str) -> Member:
    """A new customer with what the desk knows; the questionnaire and the consents she gives herself, on a screen.

    Somebody with the same phone and surname is she: nobody is registered twice (SYN-01). Raises Problems.
    """
    surname, given = names.split(" ".join(name.split())[:80])
    problems: dict[str, Said] = {}
    if not surname:
        problems["name"] = Said("请输入姓名", "Please enter a name")
    elif not names.is_name(surname + given):
        problems["name"] = Said("姓名里只能有文字", "A name has only letters")
    if gender not in get_args(Gender):
        problems["gender"] = Said("请选择一个称呼", "Please choose one")
    number = ""
    try:
        number = phones.normalise(phone)
    except phones.BadPhone as bad:
        problems["phone"] = bad.said
    if problems:
        raise Problems(**problems)
    with store.acting(actor), store.transaction():
        known = people.known_by(store, number, surname)
        if known is not None:
            return known
        return store.members.add(
            Member(
                rid=new_rid(),
                surname=surname,
                given_name=given,
                gender=cast("Gender", gender),
                phone=number,
                card_code=people.new_code(),
                home_store=store.store_id,
                joined_at=now(),
                source="desk",
            )
        )


def assign(store: Store, actor: str, visit: str, *, therapist: str, bed: str, services: list[str]) -> Visit:
    """Who treats her where, and what. Raises NoSuchRecord, NotOnDuty for a colleague without her exam (STF-07)."""
    with store.acting(actor), store.transaction():
        if therapist:
            store.employees.load(therapist)
            duties.check(store, therapist)
        known = [store.services.load(rid).rid for rid in services]
        return store.visits.edit(visit, therapist=therapist, bed=bed[:40], services=known)


def special(
    store: Store, actor: str, visit: Visit, *, occasion: str, together: list[str], original: str
) -> Visit:
    """What is special about a visit: its occasion, who came along (LOY-13), the earlier visit that it makes good (SVC-17)."""
    with store.acting(actor), store.transaction():
        known = store.visits.load(visit.rid)
        if known.state == "closed":
            return known
        company = [store.members.load(rid).rid for rid in together if rid != known.member]
        earlier = store.visits.find(original) if original else None
        good = earlier.rid if earlier and earlier.member == known.member and earlier.rid != known.rid else ""
        kind = cast("Occasion", occasion) if occasion in get_args(Occasion) else ""
        return store.visits.edit(visit.rid, occasion=kind, together=company, original=good)


def send_away(store: Store, actor: str, visit: str) -> Visit:
    """She leaves without a treatment. Raises WrongStep."""
    with store.acting(actor), store.transaction():
        known = store.visits.load(visit)
        return store.visits.edit(visit, **steps.advance(known, "cancelled", now()))
