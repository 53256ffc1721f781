"""`make install` into a folder: all files where systemd, Chromium and journald look for them, and nothing secret among them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image")
    for _ in range(2):  # twice: the second time is an update
        subprocess.run(
            [ROOT / "tools" / "install.sh"],
            env={**os.environ, "DESTDIR": str(folder)},
            check=True,
            capture_output=True,
        )
    return folder


def test_every_unit_and_drop_in_is_installed(image):
    units = image / "etc" / "systemd" / "system"
    for path in (ROOT / "systemd").rglob("*"):
        if (
            path.suffix in {".service", ".timer", ".path"} and path.parent.name == "systemd"
        ) or path.parent.name.endswith(".service.d"):
            assert (units / path.relative_to(ROOT / "systemd")).read_bytes() == path.read_bytes()


def test_what_the_units_run_is_there(image):
    for path in (ROOT / "systemd").glob("*.service"):
        for program in re.findall(r"(?m)^Exec\w+=(/usr/lib/parlour/\S+)", path.read_text()):
            assert os.access(image / program.lstrip("/"), os.X_OK)
        for module in re.findall(r"python -m (\S+)", path.read_text()):
            found = image / "opt" / "parlour" / Path(*module.split("."))
            assert found.with_suffix(".py").exists() or (found / "__main__.py").exists()


def test_configuration_of_others_is_where_they_look(image):
    for path in (
        "usr/lib/sysusers.d/parlour.conf",
        "usr/lib/tmpfiles.d/parlour.conf",
        "etc/systemd/journald.conf.d/10-parlour.conf",
        "etc/chromium/policies/managed/parlour.json",
        "etc/avahi/services/parlour.service",
        "usr/share/parlour/boot.html",
        "opt/parlour/firmware_configs/common/node.yaml",
        "opt/parlour/edge/kiosk/static/vendor/socket.io.min.js",
        "opt/parlour/edge/kiosk/static/vendor/jsqr.min.js",
    ):
        assert (image / path).is_file()


def test_every_unit_of_a_store_is_started_and_nothing_of_head_office():
    listed = subprocess.run(
        [ROOT / "tools" / "units.sh"], check=True, capture_output=True, text=True
    ).stdout.split()
    installable = {
        path.name
        for path in (ROOT / "systemd").glob("parlour-*.*")
        if path.is_file() and "[Install]" in path.read_text()
    }
    assert set(listed) == installable - {"parlour-hq.service"}
    assert {"parlour-care.service", "parlour-vision.path", "parlour-backup.timer"} <= set(listed)


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed (apt: systemd)"
)
def test_the_installed_units_are_verified_where_they_lie(image, tmp_path):
    """As systemd will read them: with their drop-ins, timers and paths. Programs that only the appliance has are replaced."""
    units = tmp_path / "system"
    shutil.copytree(image / "etc" / "systemd" / "system", units)
    for path in units.glob("*.service"):
        path.write_text(re.sub(r"(?m)^(Exec\w+=)/\S+", r"\1/bin/true", path.read_text()))
    names = sorted(path.name for path in units.iterdir() if path.is_file())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *names],
        cwd=units, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"}, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert len(names) > 20


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("systemd-sysusers") is None, reason="needs root and systemd-sysusers"
)
def test_users_and_folders_are_made_from_the_image_with_the_rights_that_the_units_expect(image, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(image / "usr", root / "usr", symlinks=True)
    (root / "etc").mkdir()
    for command in (["systemd-sysusers"], ["systemd-tmpfiles", "--create", "parlour.conf"]):
        subprocess.run([command[0], f"--root={root}", *command[1:]], check=True, capture_output=True)
    users = {line.split(":")[0]: line.split(":") for line in (root / "etc/passwd").read_text().splitlines()}
    assert {"parlour", "parlour-hq", "parlour-browser"} <= set(users)
    assert all(fields[6].endswith("nologin") for fields in users.values())
    groups = {line.split(":")[0] for line in (root / "etc/group").read_text().splitlines()}
    assert {"dialout", "gpio", "video", "render", "input"} <= groups
    for user in ("parlour", "parlour-hq"):
        about = (root / "var/lib" / user).stat()
        assert (about.st_mode & 0o777, about.st_uid) == (0o700, int(users[user][2]))


def test_the_journal_is_bounded_and_the_browser_is_walled_in(image):
    journal = (image / "etc/systemd/journald.conf.d/10-parlour.conf").read_text()
    assert "Storage=volatile" in journal
    assert re.search(r"(?m)^RuntimeMaxUse=\d+M$", journal)
    policies = json.loads((image / "etc/chromium/policies/managed/parlour.json").read_text())
    assert policies["URLBlocklist"] == ["*"]
    start = "file:///usr/share/parlour/boot.html"
    assert start in policies["URLAllowlist"]
    assert start in (image / "etc/systemd/system/parlour-browser.service").read_text()
    assert (image / start.removeprefix("file:///")).is_file()


def test_nothing_secret_and_no_leftovers_are_installed(image):
    names = {path.name for path in image.rglob("*")}
    assert not names & {"secrets.yaml", "__pycache__", ".git", ".venv"}


def test_without_root_it_says_what_to_do():
    nobody = 65534 if os.geteuid() == 0 else None
    with (ROOT / "tools" / "install.sh").open("rb") as script:  # root's own clone is not nobody's to read
        done = subprocess.run(
            ["bash", "-s"], stdin=script, user=nobody, cwd="/", capture_output=True, text=True, check=False
        )
    assert (done.returncode, "sudo make install" in done.stderr) == (1, True)


def test_without_the_browser_libraries_it_brings_them_in_or_says_so(tmp_path):
    """From a fresh clone: no page may be installed without what makes it live."""
    tree = tmp_path / "clone"
    (tree / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "install.sh", tree / "tools")
    plain = tmp_path / "bin"
    plain.mkdir()
    for name in ("env", "bash", "dirname", "install"):
        (plain / name).symlink_to(shutil.which(name))
    env = {"PATH": str(plain), "DESTDIR": str(tmp_path / "image")}
    run = subprocess.run(
        [tree / "tools" / "install.sh"], env=env, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "npm is missing" in run.stderr
    assert not (tmp_path / "image" / "opt").exists()
    npm = plain / "npm"
    npm.write_text(f"#!{shutil.which('bash')}\necho npm $* >> npm.log\n")
    npm.chmod(0o755)
    subprocess.run([tree / "tools" / "install.sh"], env=env, capture_output=True, check=False)
    assert (tree / "npm.log").read_text().splitlines() == [
        "npm ci --silent --ignore-scripts",
        "npm run --silent vendor",
    ]
