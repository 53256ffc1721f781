"""What fills the variables of a template: names, days and links, in the customer's language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from salon.records import Appointment, Member, Service, Visit
from salon.records import Store as StoreRecord
from salon.rules import names, seasons, tracing
from salon.rules.greeting import service_names, therapist_name
from salon.rules.said import Said
from salon.rules.times import Now, full_day, local

if TYPE_CHECKING:
    from edge.store import Store


class Words:
    """Variables for one store's messages."""

    def __init__(self, store: Store, house: StoreRecord, report_url: str) -> None:
        self._store = store
        self.house = house
        self._report_url = report_url.rstrip("/")

    @property
    def timezone(self) -> str:
        return self.house.timezone

    def of(self, member: Member, **more: str) -> dict[str, str]:
        """What every message may use, and more."""
        lang = member.language or "zh"
        house = Said(self.house.name, self.house.name_en or self.house.name)
        return {
            "name": names.address(member, lang),
            "store": house.in_(lang),
            "phone": self.house.phone,
            **more,
        }

    def of_visit(self, member: Member, visit: Visit, now: Now) -> dict[str, str]:
        """For the contacts after a visit. A link is there only where customers can open one from outside."""
        lang = member.language or "zh"
        services = self.services(visit.services)
        staff = self._store.employees.find(visit.therapist) if visit.therapist else None
        more = {
            "staff": therapist_name(staff, lang) or Said("店长", "the manager").in_(lang),
            "aftercare": tracing.aftercare(services)[0].in_(lang),
            "services": service_names(visit.services, {s.rid: s for s in services}).in_(lang),
            "tip": self.tip(lang, now),
        }
        if self._report_url and visit.report_code:
            more["link"] = f"{self._report_url}/r/{visit.report_code}"
        return self.of(member, **more)

    def of_booking(self, member: Member, booking: Appointment, early_min: int) -> dict[str, str]:
        """For a reminder."""
        lang = member.language or "zh"
        at = local(booking.starts_at, self.timezone)
        services = self.services(booking.services)
        return self.of(
            member,
            when=f"{full_day(at.date()).in_(lang)} {at:%H:%M}",
            services=service_names(booking.services, {s.rid: s for s in services}).in_(lang),
            early=str(early_min),
        )

    def tip(self, lang: str, now: Now) -> str:
        """The tip of the season."""
        return seasons.season(local(now, self.timezone).date()).tip.in_(lang)

    def services(self, rids: Iterable[str]) -> list[Service]:
        """Those still in the catalogue."""
        found = (self._store.services.find(rid) for rid in rids)
        return [service for service in found if service is not None]
