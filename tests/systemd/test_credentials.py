"""Each unit is handed the secrets that it needs and sees no others: the units' files, and the code that reads what is handed over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cloud_sync_server.settings import Settings
from cloud_sync_server.vault import read_key as hq_key
from edge.care.settings import CareSettings
from edge.store import Store
from edge.store.keys import NONE, edge_login, read_key, secret_file
from edge.sync.enrolment import key_of
from edge.sync.errors import NotEnrolled
from parlour.stores import provision_store_command

FOLDER = Path(__file__).resolve().parents[2] / "systemd"
KEYS = "/var/lib/parlour/keys"
STORE = {"store.key", "media.key"}
EXCHANGE = {"hq.key", "hq-lookup.key"}
EDGE = {"mqtt-edge.password"}

#  unit        must be there     may be missing when it starts
HANDED = {
    "sensors": (STORE | EDGE, set()),
    "vision": (STORE | EDGE, set()),
    "kiosk": (STORE | EDGE, {"kiosk-session.key", "care-webhook"}),
    "wired": (STORE, set()),
    "provision": (STORE, set()),
    "care": (STORE, {"care-smtp", "care-webhook"}),
    "sync": (STORE, EXCHANGE),
    "reconcile": (STORE, EXCHANGE),
    "backup": (STORE, set()),
    "selftest": (STORE, EXCHANGE),
    "hq": (set(), {"database.url", "master.key", "database.key"}),
}
SEES_ITS_FOLDER = {"kiosk": {"handover"}, "wired": {"devices"}, "provision": {"devices", "handover"}}
"""Units that need a part of the folder of secrets, and which: their drop-ins say why."""
LOGINS = {"mqtt-admin.password", "mqtt-edge.password", "mqtt-home-assistant.password"}


def lines(unit, key):
    text = (FOLDER / f"parlour-{unit}.service").read_text()
    return re.findall(rf"(?m)^{key}=(.+)$", text)


@pytest.mark.parametrize("unit", HANDED)
def test_a_unit_is_handed_its_secrets_and_starts_without_those_that_may_be_missing(unit):
    must, may = HANDED[unit]
    handed = dict(line.split(":", 1) for line in lines(unit, "LoadCredential"))
    assert set(handed) == must | may
    assert all(Path(path).name == name for name, path in handed.items() if name != "database.url")
    # A secret that is not there ends the start of a unit, unless there is something in its stead: and that may not be empty.
    assert set(lines(unit, "SetCredential")) == {f"{name}:{NONE.decode()}" for name in may}


def test_whoever_opens_the_store_is_handed_its_keys():
    runs = re.compile(r"python -m edge|bin/parlour ")
    units = {p.stem.removeprefix("parlour-") for p in FOLDER.glob("*.service") if runs.search(p.read_text())}
    assert units == set(HANDED) - {"hq"}


def test_nobody_sees_the_folder_of_secrets_but_who_needs_a_part_of_it_and_that_part_alone():
    assert f"\nInaccessiblePaths=-{KEYS}\n" in (FOLDER / "parlour-.service.d/10-hardening.conf").read_text()
    others = {"care-smtp", "care-webhook", "kiosk-session.key", "devices", "handover"}
    every = STORE | EXCHANGE | LOGINS | others
    drop_ins = {p.parent.name: p.read_text() for p in FOLDER.glob("*.d/20-needs.conf")}
    opened = {name for name, text in drop_ins.items() if "\nInaccessiblePaths=\n" in text}
    assert opened == {f"parlour-{unit}.service.d" for unit in SEES_ITS_FOLDER}
    for unit, needs in SEES_ITS_FOLDER.items():
        text = drop_ins[f"parlour-{unit}.service.d"]
        hidden = {Path(path).name for path in re.findall(rf"(?m)^InaccessiblePaths=-({KEYS}/\S+)$", text)}
        makes = LOGINS if unit == "provision" else set()
        assert hidden == every - needs - HANDED[unit][1] - makes


def test_what_a_unit_must_be_handed_is_there_once_the_store_was_made(tmp_path, monkeypatch):
    monkeypatch.setenv("PARLOUR_HOME", str(tmp_path))
    assert provision_store_command("s001", "", "") == 0
    there = {path.name for path in (tmp_path / "keys").iterdir()}
    assert there >= set().union(*(must for must, _ in HANDED.values()), {"kiosk-session.key"})


def test_after_enrolment_the_exchange_is_begun_anew_with_its_key():
    assert f"PathChanged={KEYS}/hq.key\n" in (FOLDER / "parlour-enrolled.path").read_text()
    assert "try-restart parlour-sync.service\n" in (FOLDER / "parlour-enrolled.service").read_text()


# --- the code


@pytest.fixture
def handed(tmp_path, monkeypatch):
    """A folder as systemd makes one; what is put in is handed over."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))

    def hand(name, data):
        (folder / name).write_bytes(data)

    return hand


def test_what_is_handed_over_goes_before_the_file_and_none_means_none(tmp_path, handed):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "hq.key").write_bytes(b"of the folder")
    assert read_key(tmp_path, "hq.key") == b"of the folder"
    handed("hq.key", b"handed")
    assert read_key(tmp_path, "hq.key") == b"handed"
    handed("hq.key", NONE)
    assert secret_file(tmp_path, "hq.key") is None
    with pytest.raises(FileNotFoundError):
        read_key(tmp_path, "hq.key")


def test_a_unit_works_by_what_it_is_handed_when_its_folder_cannot_be_seen(tmp_path, handed, monkeypatch):
    with Store.create(tmp_path, "s001"):
        for name in STORE:
            handed(name, (tmp_path / "keys" / name).read_bytes())
    handed("mqtt-edge.password", b"x" * 32)
    handed("hq.key", NONE)
    is_file = Path.is_file

    def hidden(path):
        if path.parent == tmp_path / "keys":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", hidden)
    with Store.open(tmp_path) as store:
        assert store.store_id == "s001"
        assert edge_login(tmp_path).read_bytes() == b"x" * 32
        with pytest.raises(NotEnrolled):
            key_of(store)


def test_the_care_unit_takes_what_it_is_handed(tmp_path, handed, monkeypatch):
    monkeypatch.setenv("PARLOUR_HOME", str(tmp_path))
    handed("care-smtp", b"pass")
    handed("care-webhook", NONE)
    settings = CareSettings.from_environment()
    assert settings.smtp_password_file is not None
    assert settings.smtp_password_file.read_bytes() == b"pass"
    assert settings.webhook_secret_file is None


def test_head_office_is_handed_its_keys_and_its_databases_address_and_makes_its_keys_at_first(
    tmp_path, handed
):
    environ = {"PARLOUR_HOME": str(tmp_path), "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    for name in HANDED["hq"][1]:
        handed(name, NONE)
    settings = Settings.from_environment(environ)
    assert settings.database_url == ""
    made = hq_key(settings.home / "keys", "master.key")
    assert len(made) == 32
    assert hq_key(settings.home / "keys", "master.key") == made
    handed("master.key", b"k" * 32)
    handed("database.url", b"postgresql+psycopg://hq:secret@db/parlour\n")
    assert hq_key(settings.home / "keys", "master.key") == b"k" * 32
    assert Settings.from_environment(environ).database_url == "postgresql+psycopg://hq:secret@db/parlour"
