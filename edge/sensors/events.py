"""Events on the bus: kept in the store before their device may forget them (edge/store/happened.py).

A device with an outbox says an event, with its id, until `.../event/<object>/command` brings that id back: the broker's own answer means
only that the broker had it, and a broker that dies takes it along. Stock ESPHome says an event once, with no id and no time, and queues
nothing: what comes from it happened now.
"""

from __future__ import annotations

from edge.sensors.intake import Happened
from edge.sensors.payloads import Event
from edge.store import Store, new_rid, now
from edge.store.clock import parse, wall_ms
from edge.store.happened import Happening, Moment, moment

TAKEN_EXPIRES = 30  # s at the broker: the device asks again long before


def taken_topic(store_id: str, device_id: str, object_id: str) -> str:
    """Where a device hears that its event was taken; the payload is the id."""
    return f"salon/{store_id}/{device_id}/event/{object_id}/command"


def keep(store: Store, happened: Happened) -> bool:
    """Keep an event. False for one that is known. Raises StoreError: then it was not taken."""
    device, event = happened.device, happened.event
    boot, up_ms = _when(event)
    came = now()
    return store.happened.add(
        Happening(
            id=event.id or new_rid(), what=happened.object_id, device=device.device, profile=device.profile, place=device.place,
            event_type=event.event_type, text=event.text, at=_readable(event.ts) or came, came=came, boot=boot, up_ms=up_ms,
        )
    )  # fmt: skip


def _when(event: Event) -> Moment:
    """When it happened, by this machine's own time. A device elsewhere says it by the clock on the wall, if it has one."""
    boot, up_ms = moment()
    if event.boot:
        return event.boot, event.up_ms
    if _readable(event.ts):
        return boot, up_ms - (wall_ms() - round(parse(event.ts).timestamp() * 1000))
    return boot, up_ms


def _readable(ts: str) -> str:
    """The time that a device said, if it is one."""
    try:
        said = parse(ts)
    except ValueError:
        return ""
    return ts if said.tzinfo is not None else ""
