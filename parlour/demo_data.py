"""What the demo chain starts with: stores with people and bookings, devices with their logins, an account at head office."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from edge.bus.broker import BrokerFiles
from edge.kiosk.signin import hash_pin
from edge.store import DoubleBooked, NotUnique, Store, now
from edge.store.keys import write_secret
from salon import demo
from salon.records import Appointment, Device, Employee, Record

FIRST, SECOND = "s001", "s002"
TITLE = "晴肌美学 · Clear Day Beauty (demo)"
HQ_LOGIN = "owner"
_HQ_PASSWORD = "hq-owner.password"  # noqa: S105 - a file's name
DEVICES = (
    # device, profile, name, name in English, place
    ("probe-1", "skin_probe", "皮肤检测笔", "Skin probe", "1号床"),
    ("bed-1", "bed", "1号床感应", "Bed 1", "1号床"),
    ("air-1", "room_air", "一号护理室空气", "Room 1 air", "1号床"),
    ("bottle-1", "bottle_scale", "舒缓精华瓶", "Serum bottle", "1号床"),
    ("steriliser-1", "steriliser", "灭菌器", "Steriliser", "1号床"),
)


class NotTheDemo(ValueError):
    """Raised when a folder holds a store that somebody else began: nothing invented is mixed into it. `.folder` is that folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"{folder} holds a store that is not the demo's. Set PARLOUR_HOME to another folder for the demo; "
            "its own units run that store (docs/technician.md)"
        )


@contextmanager
def store(folder: Path, store_id: str, moment: datetime) -> Iterator[Store]:
    """The demo's store, filled on its first day; on later days it gets that day's bookings."""
    with Store.create(folder, store_id) as made:
        with made.acting("system"):
            _fill(made, store_id, moment)
        yield made


def _fill(made: Store, store_id: str, moment: datetime) -> None:
    records = demo.build(store_id, moment, regulars=True)
    with made.transaction():
        if not made.settings.get("demo_filled", False):
            if len(made.stores) or len(made.employees) or len(made.members):
                if made.store_id != store_id or made.employees.find(demo.employees(store_id)[0].rid) is None:
                    raise NotTheDemo(made.home)
            else:
                _first_day(made, store_id, records)
            made.settings.set("demo_filled", True)
    for record in records:
        if isinstance(record, Appointment) and made.appointments.find(record.rid) is None:
            # Who tries the demo has moved and made bookings: where one stands, the invented one gives way.
            with suppress(DoubleBooked):
                made.add(record)


def _first_day(made: Store, store_id: str, records: Iterable[Record]) -> None:
    pins = demo.pins(store_id)
    for record in records:
        if isinstance(record, Employee):
            record.pin_hash = hash_pin(pins[record.login])
        made.add(record)


def add_devices(made: Store, broker: BrokerFiles) -> None:
    """The demo's devices, each with a login of its own."""
    known = set(broker.devices())
    for device, profile, name, name_en, place in DEVICES:
        if device not in known:
            broker.add_device(device)
        try:
            made.devices.add(
                Device(
                    rid=f"d-{made.store_id}-{device}", device=device, profile=profile, name=name, name_en=name_en,
                    place=place, store=made.store_id, added_at=now(),
                )
            )  # fmt: skip
        except NotUnique:
            continue


def prepare_head_office(folder: Path) -> None:
    """An owner's account at head office, with a password made on this machine and kept beside the keys."""
    from cloud_sync_server import admin

    path = folder / "keys" / _HQ_PASSWORD
    if not path.exists():
        password = secrets.token_urlsafe(9)
        admin.create_user(HQ_LOGIN, password, "owner")
        write_secret(path, password.encode())


def enrol(made: Store, hq_url: str) -> None:
    """Enrol a store at the demo's head office, once."""
    from cloud_sync_server import admin
    from edge.sync import enrol as enrol_store

    if made.settings.get("hq_url", "") == "":
        enrol_store(made, hq_url, admin.create_enrolment_code(made.store_id))
    else:
        made.settings.set("hq_url", hq_url)


def camera(folder: Path) -> dict[str, str]:
    """Which camera the bed station uses: the one that is there, else a picture file, so that a laptop can try a scan."""
    if os.environ.get("PARLOUR_CAMERA") or any(Path("/dev").glob("video*")):
        return {}
    try:
        from skimage import data, io
    except ImportError:
        return {}
    picture = folder / "demo-camera" / "astronaut.png"
    if not picture.exists():
        picture.parent.mkdir(exist_ok=True)
        io.imsave(picture, data.astronaut(), check_contrast=False)  # type: ignore[no-untyped-call] # it has no types
    return {"PARLOUR_CAMERA": f"file:{picture}"}


def logins(folder: Path) -> list[str]:
    """Who can sign in, as lines for a person."""
    password = (folder / "keys" / _HQ_PASSWORD).read_text()
    lines = ["Demo logins (PIN; never for a real store):"]
    people = {e.login: e for e in demo.employees(FIRST)}
    for login, pin in demo.pins(FIRST).items():
        person = people[login]
        lines.append(f"  {pin}  {person.name} {person.name_en} ({', '.join(person.roles)})")
    lines.append(f"Head office: {HQ_LOGIN} / {password}")
    return lines


def what_to_try() -> list[str]:
    """The first five minutes."""
    member = demo.members(FIRST, datetime.now().astimezone())[0]
    return [
        f"Kiosk: check in as {member.surname}{member.given_name} with {member.phone}, or as a new guest.",
        "Front desk: see her arrive; open her card.",
        "Bed station: confirm, scan, take a probe reading, try a product with alcohol in it, finish.",
        "Open the report, then look her up at head office and at the second store's front desk.",
        "Stop head office (kill its process): the store goes on.",
    ]
