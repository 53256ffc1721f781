"""The web application of HQ: the sync API for stores, pages for head office."""

from __future__ import annotations

from flask import Flask, Response, jsonify
from sqlalchemy import select
from sqlalchemy.exc import DataError

from cloud_sync_server import pages
from cloud_sync_server.api import api
from cloud_sync_server.api.door import refuse
from cloud_sync_server.context import EXTENSION, Hq, hq
from cloud_sync_server.errors import BadRequest
from cloud_sync_server.schema import identity
from cloud_sync_server.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """An application on the database that the settings name, brought up to this version's schema."""
    app = Flask(__name__, static_folder=None)
    here = Hq.open(settings or Settings.from_environment())
    app.extensions[EXTENSION] = here
    app.register_blueprint(api.blueprint)
    app.add_url_rule("/healthz", "healthz", _healthz)
    app.register_error_handler(DataError, _unstorable)
    pages.install(app, here)
    return app


def _unstorable(_error: DataError) -> Response:
    """A text that no database can hold (a NUL in an address, say) names nothing here."""
    return refuse(BadRequest("a text holds characters that cannot be stored"))


def _healthz() -> Response:
    """200 once the database answers."""
    here = hq()
    here.database.read(lambda con: con.execute(select(identity.c.epoch)).scalar_one())
    return jsonify(status="ok", database=here.database.engine.dialect.name)
