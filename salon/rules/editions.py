"""What the house's services were when a visit was: a step that was written later was left out by nobody (KPI-05, CMP-15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from salon.records import Service, Visit
from salon.rules.times import instant


@dataclass(frozen=True)
class Editions:
    """The services of today, and how those read before that were changed."""

    today: Sequence[Service]
    before: Mapping[str, Sequence[tuple[str, Service]]] = field(default_factory=dict)
    """Rid -> (until when, how it read until then), the oldest first."""

    def at(self, visit: Visit) -> list[Service]:
        """As they were when she came; one that is under way is done by the steps it began with too."""
        return [self._at(service, visit.arrived_at) for service in self.today]

    def _at(self, service: Service, moment: str) -> Service:
        for until, edition in self.before.get(service.rid, ()):
            if moment and instant(moment) < instant(until):
                return edition
        return service
