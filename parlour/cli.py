"""`parlour`: the one command. Each verb is a few lines here; the work is done where it belongs."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(
    name="parlour",
    no_args_is_help=True,
    add_completion=False,
    help="The appliance that runs a beauty, nail or hair salon.",
    pretty_exceptions_enable=False,
)
sync = typer.Typer(no_args_is_help=True, help="Exchange changes with head office.")
devices = typer.Typer(no_args_is_help=True, help="The devices of this store.")
provision = typer.Typer(no_args_is_help=True, help="Set up a store, add and retire devices.")
policy = typer.Typer(no_args_is_help=True, help="The figures an owner may change.")
audit = typer.Typer(no_args_is_help=True, help="The log of all writes.")
staff = typer.Typer(no_args_is_help=True, help="Who works in this store.")
hq = typer.Typer(no_args_is_help=True, help="Head office: run it, its users, its enrolment codes.")
app.add_typer(sync, name="sync")
app.add_typer(devices, name="devices")
app.add_typer(provision, name="provision")
app.add_typer(staff, name="staff")
app.add_typer(hq, name="hq")
app.add_typer(audit, name="audit")
app.add_typer(policy, name="policy")


@app.command()
def run() -> None:
    """Start a demo chain on this machine: a store with its devices, a second store, and head office."""
    from parlour import demo_chain

    raise typer.Exit(demo_chain.run())


@app.command()
def scan(
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders of photos.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write overlays and results into this folder.")
    ] = None,
    of: Annotated[
        Literal["face", "scalp", "nails"],
        typer.Option("--of", help="What the photos show; close-ups want the strip."),
    ] = "face",
) -> None:
    """Measure skin on photos, or scalp or nails on close-ups: values, scores, errors; or the reasons why not. Keeps nothing."""
    from edge.vision.cli import scan_command

    raise typer.Exit(scan_command(photos, json, out, of))


@app.command()
def card(
    file: Annotated[Path, typer.Argument(help="PDF to write, A4: print it at 100 %.")],
    chart: Annotated[
        bool, typer.Option("--chart", help="The frame for a 24-patch chart instead of the grey strip.")
    ] = False,
) -> None:
    """Make the colour card that stands beside the chin: it takes the lamp's level and warmth out of a scan."""
    from parlour.scans import card_command

    raise typer.Exit(card_command(file, chart=chart))


@app.command()
def remeasure(
    member: Annotated[
        str, typer.Option(help="Record id of one customer; all of the store if left out.")
    ] = "",
) -> None:
    """Measure the kept photos of old scans anew with the models of today; the old records stay."""
    from parlour.scans import remeasure_command

    raise typer.Exit(remeasure_command(member))


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="A customer list: .xlsx or .csv.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen, change nothing.")
    ] = False,
) -> None:
    """Bring in a shop's customer list: preview, errors by row, no duplicates when run twice."""
    from parlour.importer import import_command

    raise typer.Exit(import_command(file, dry_run=dry_run))


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say in plain words what is wrong with this store, and what to do. Exit status 1 if anything is."""
    from parlour.doctor import doctor_command

    raise typer.Exit(doctor_command(json=json))


@sync.command("now")
def sync_now() -> None:
    """Push and pull at once, and say what was exchanged."""
    from parlour.stores import sync_now_command

    raise typer.Exit(sync_now_command())


@sync.command("nightly")
def sync_nightly() -> None:
    """Prove that the store and head office hold the same, mend what differs, and report."""
    from parlour.nightly import nightly_command

    raise typer.Exit(nightly_command())


@audit.command("verify")
def audit_verify() -> None:
    """Is the log of this store whole, and what head office signed? Exit status 1 if not."""
    from parlour.audit import verify_command

    raise typer.Exit(verify_command())


@devices.command("list")
def devices_list() -> None:
    """The devices of this store, with their last values."""
    from parlour.stores import list_devices_command

    raise typer.Exit(list_devices_command())


@devices.command("simulate")
def devices_simulate(
    only: Annotated[list[str] | None, typer.Argument(help="Device ids; all of the store if none.")] = None,
    seed: Annotated[int, typer.Option(help="Of the simulated values.")] = 1,
) -> None:
    """Be the store's devices: real MQTT clients that publish what an ESPHome node publishes. Ctrl-C stops."""
    from parlour.stores import simulate_command

    raise typer.Exit(simulate_command(only or [], seed))


@devices.command("reader")
def devices_reader(
    kind: Annotated[str, typer.Argument(help="scanner, card_reader or body_scale.")],
    path: Annotated[Path, typer.Argument(help="Where its port shall be, such as /tmp/scanner.")],
) -> None:
    """Be a serial reader: what is typed is sent as a real one sends it. A body scale takes `weight fat water muscle`."""
    from parlour.stores import reader_command

    raise typer.Exit(reader_command(kind, path, sys.stdin))


@provision.command("store")
def provision_store(
    store_id: Annotated[str, typer.Argument(help="Short id, such as s003.")],
    hq_url: Annotated[str, typer.Option("--hq", help="Address of head office.")] = "",
    code: Annotated[str, typer.Option(help="One-time enrolment code; asked for if left out.")] = "",
) -> None:
    """Make this machine a store, and enrol it at head office."""
    from parlour.stores import provision_store_command

    raise typer.Exit(provision_store_command(store_id, hq_url, code))


@provision.command("device")
def provision_device(
    device_id: Annotated[str, typer.Argument(help="Lower-case id, such as room-1-air.")],
    profile: Annotated[str, typer.Option(help="Kind of device.")],
    name: Annotated[str, typer.Option(help="Its name on the screens.")],
    place: Annotated[str, typer.Option(help="Where it stands, such as bed-1.")] = "",
    address: Annotated[
        str, typer.Option(help="For one wired to this machine: serial:/dev/..., gpio:17, tasmota:<MAC>.")
    ] = "",
) -> None:
    """Add a device: its record, its broker login, its firmware file."""
    from parlour.stores import provision_device_command

    raise typer.Exit(provision_device_command(device_id, profile, name, place, address))


@provision.command("wifi")
def provision_wifi(
    port: Annotated[str, typer.Argument(help="Serial port of the node, such as /dev/ttyACM0.")],
    ssid: Annotated[str, typer.Option(help="Network to join; lists what the node sees if left out.")] = "",
) -> None:
    """Give a node its Wi-Fi over the USB cable (Improv); the password is asked for."""
    from parlour.stores import provision_wifi_command

    raise typer.Exit(
        provision_wifi_command(port, ssid, lambda: str(typer.prompt("Password", hide_input=True)))
    )


@provision.command("retire")
def provision_retire(
    device_id: Annotated[str, typer.Argument(help="Id of the device.")],
    stolen: Annotated[bool, typer.Option("--stolen", help="Say that it was stolen.")] = False,
) -> None:
    """Lock a device out at once and wipe what it left on the bus."""
    from parlour.stores import retire_device_command

    raise typer.Exit(retire_device_command(device_id, stolen=stolen))


@policy.command("check")
def policy_check(
    file: Annotated[Path, typer.Argument(help="A policy as TOML.", exists=True, dir_okay=False)],
    chain: Annotated[Path | None, typer.Option(help="Head office's text, whose bounds hold.")] = None,
) -> None:
    """Say what is wrong with a policy, line by line."""
    from parlour.policy import check_command

    raise typer.Exit(check_command(file, chain))


@policy.command("simulate")
def policy_simulate(
    file: Annotated[Path, typer.Argument(help="A policy as TOML.", exists=True, dir_okay=False)],
) -> None:
    """Replay this store's own history under a policy: tiers, points, alerts and messages that would differ."""
    from parlour.policy import simulate_command

    raise typer.Exit(simulate_command(file))


@policy.command("set")
def policy_set(
    file: Annotated[Path, typer.Argument(help="A policy as TOML.", exists=True, dir_okay=False)],
) -> None:
    """Make a policy this store's own, within what head office allows."""
    from parlour.policy import set_command

    raise typer.Exit(set_command(file))


@staff.command("add")
def staff_add(
    login: str,
    name: Annotated[str, typer.Option(help="As guests and colleagues read it.")],
    role: Annotated[
        list[str],
        typer.Option(help="beautician, desk, consultant, technician, manager or owner; again for another."),
    ],
    name_en: Annotated[str, typer.Option(help="Her name in English pages.")] = "",
) -> None:
    """The first people of a store: its manager adds the others on the page of the team. The PIN is asked for."""
    from parlour.staff import add_command

    pin = typer.prompt("PIN", hide_input=True, confirmation_prompt=True)
    raise typer.Exit(add_command(login, name, name_en, role, pin))


@hq.command("user")
def hq_user(
    login: str,
    role: Annotated[Literal["owner", "manager"], typer.Option(help="What it may see and do.")] = "owner",
) -> None:
    """Make a head-office user; the password is asked for."""
    from cloud_sync_server import admin

    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    admin.create_user(login, password, role)
    typer.echo(f"{login}: made")


@hq.command("code")
def hq_code(store_id: str) -> None:
    """Make a one-time enrolment code for a store."""
    from cloud_sync_server import admin
    from parlour.stores import said_of_store_id

    if said_of_store_id(store_id):
        raise typer.Exit(1)
    typer.echo(admin.create_enrolment_code(store_id))


def main() -> None:
    """Entry point. What a person can mend is said in one line, without a traceback."""
    from edge.store import StoreError

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Chinese or ✓ still gets the rest
    try:
        app()
    except StoreError as error:
        sys.exit(f"parlour: {error}")
