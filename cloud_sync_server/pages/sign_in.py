"""Signing in and out, and who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from cloud_sync_server import users
from cloud_sync_server.context import hq
from cloud_sync_server.errors import TooManyTries
from cloud_sync_server.pages.language import t
from cloud_sync_server.users import User

sign_in = Blueprint("sign_in", __name__)
View = Callable[..., Any]


def current() -> User | None:
    """Who is signed in on this browser."""
    if "user" not in g:
        login, stamp = session.get("login"), session.get("stamp")
        found = hq().database.read(lambda con: users.find(con, login)) if login else None
        g.user = found if found is not None and found.stamp == stamp else None
    user: User | None = g.user
    return user


def signed_in(view: View) -> View:
    """Decorator: only for people who signed in; others are asked to."""

    @wraps(view)
    def guarded(**arguments: Any) -> Any:
        user = current()
        if user is None:
            return _to_sign_in()
        return view(user, **arguments)

    return guarded


def deciding(view: View) -> View:
    """Decorator: only for the owner."""

    @wraps(view)
    def guarded(**arguments: Any) -> Any:
        user = current()
        if user is None:
            return _to_sign_in()
        if not user.decides:
            abort(403)
        return view(user, **arguments)

    return guarded


def _to_sign_in() -> Response:
    """And back afterwards: to the page itself, or to the one whose button was touched after the session had ended."""
    came_from = urlsplit(request.referrer or "")
    before = came_from.path if came_from.netloc == request.host else "/"
    return redirect(
        url_for("sign_in.form", next=request.full_path.rstrip("?") if request.method == "GET" else before)
    )


@sign_in.get("/sign-in")
def form() -> str:
    return render_template("hq/sign_in.html", login="", problem="", onward=request.args.get("next", "/"))


@sign_in.post("/sign-in")
def enter() -> Response | tuple[str, int]:
    login, onward = request.form.get("login", "").strip(), request.form.get("next", "/")
    try:
        user = users.sign_in(hq().database, login, request.form.get("password", ""))
    except TooManyTries as error:
        problem, status = t("locked", n=error.retry_after_s), 429
    else:
        if user is not None:
            session.clear()
            session.permanent = True
            session["login"], session["stamp"] = user.login, user.stamp
            return redirect(_inside(onward))
        problem, status = t("wrong_password"), 401
    return render_template("hq/sign_in.html", login=login, problem=problem, onward=onward), status


@sign_in.post("/sign-out")
def leave() -> Response:
    session.clear()
    return redirect(url_for("sign_in.form"))


def _inside(onward: str) -> str:
    """A path of ours; never another host, nor a line that ends the header it goes into."""
    safe = (
        onward.startswith("/") and not onward.startswith("//") and "\\" not in onward and onward.isprintable()
    )
    return onward if safe else "/"
