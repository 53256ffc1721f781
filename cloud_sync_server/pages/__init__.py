"""Head office's pages: today's figures, members, the stores, what was put aside. Simplified Chinese and English."""

from __future__ import annotations

from flask import Blueprint, Flask

from cloud_sync_server.context import Hq
from cloud_sync_server.pages import guard, language
from cloud_sync_server.pages.chain_policy import chain_policy
from cloud_sync_server.pages.office import office
from cloud_sync_server.pages.reviews import reviews, shown
from cloud_sync_server.pages.sign_in import sign_in
from cloud_sync_server.pages.views import views
from salon.look import STATIC

SESSION_HOURS = 12


def install(app: Flask, here: Hq) -> None:
    """Add the pages to the application."""
    app.config.update(
        SECRET_KEY=here.vault.derive("session"),
        SESSION_COOKIE_NAME="parlour_hq",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=here.settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=SESSION_HOURS * 3600,
        MAX_FORM_MEMORY_SIZE=64 * 1024,
    )
    app.register_blueprint(Blueprint("look", __name__, static_folder=STATIC, static_url_path="/look"))
    app.register_blueprint(sign_in)
    app.register_blueprint(views)
    app.register_blueprint(office)
    app.register_blueprint(chain_policy)
    app.register_blueprint(reviews)
    app.jinja_env.globals["shown_lost"] = shown
    language.install(app)
    guard.install(app)
