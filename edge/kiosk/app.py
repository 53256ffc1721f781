"""The store's web server: assembles the page families, the guard, the languages and the socket around one store."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from flask import Blueprint, Flask
from flask_socketio import SocketIO

from edge.kiosk import chrome, errors, guard, heard, i18n, signin
from edge.kiosk.context import EXTENSION, Kiosk
from edge.kiosk.drafts import Drafts
from edge.kiosk.live import Live
from edge.kiosk.pages import Rights, families
from edge.kiosk.settings import KioskSettings
from edge.store.keys import SESSION_KEY, read_key
from salon.look import STATIC

if TYPE_CHECKING:
    from edge.store import Store

HERE = Path(__file__).parent
MOST_BYTES = 64 * 1024
"""Of a request's body: forms are small, and photos are taken by the vision process."""


def create_app(
    store: Store, bus: Any | None = None, settings: KioskSettings | None = None, *, testing: bool = False
) -> tuple[Flask, SocketIO]:
    """The web server of one store. With `testing`, nothing runs in the background."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=read_key(store.home, SESSION_KEY, create=True),
        TESTING=testing,
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME="parlour",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
    )
    app.jinja_env.undefined = jinja2.StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    rights = Rights()
    app.extensions[EXTENSION] = Kiosk(
        store=store,
        bus=bus,
        drafts=Drafts(store),
        rights=rights,
        settings=settings or KioskSettings.from_environment(),
    )
    live = Live(
        app, store
    )  # first, since the guard's own error pages carry the number of the last notice too
    app.extensions["live"] = live
    app.before_request(lambda: signin.load(store))  # before the guard, which asks who it is
    guard.install(app)
    heard.install(app)

    installed = families()
    i18n.install(app, (HERE, *(Path(family.blueprint.root_path) for family in installed)))
    app.register_blueprint(Blueprint("look", __name__, static_folder=STATIC, static_url_path="/look"))
    for family in installed:
        app.register_blueprint(family.blueprint)
        rights.add(family)
        if family.on_register is not None:
            family.on_register(app)
    rights.check(app)
    chrome.install(app)
    errors.install(app)
    _version_static_files(app)
    app.config["VERSION"] = version("parlour")
    if not testing:
        live.start()
    return app, live.socket


def _version_static_files(app: Flask) -> None:
    """Put a hash of its content into the address of each static file, so that browsers may keep it for ever.

    Read once: an update starts the server anew, and a page names ten files.
    """

    @cache
    def digest(folder: str, name: str) -> str:
        path = Path(folder, name)
        return hashlib.blake2b(path.read_bytes(), digest_size=6).hexdigest() if path.is_file() else ""

    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        blueprint, _, name = endpoint.rpartition(".")
        if name != "static" or "filename" not in values:
            return
        owner = app.blueprints[blueprint] if blueprint else app
        if owner.static_folder is None:
            return
        version = digest(owner.static_folder, values["filename"])
        if version:
            values["v"] = version

    app.url_defaults(add_version)
