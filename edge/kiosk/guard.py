"""What every request passes before it reaches a view.

- Its Host must be one of ours: an address, localhost, or a name set for this store. A foreign name that resolves to this
  machine (DNS rebinding) gets nothing.
- An unsafe method must come from our own pages: by `Sec-Fetch-Site`, or, where the browser does not send it (plain HTTP to a
  LAN address), by `Origin`. Header-based, so that no form needs a token.
- What was typed is text: no NUL.
- The route's rule: a kiosk page only from a kiosk's screen, a staff page only with a role.
- Every answer says that nothing may be loaded from elsewhere, framed or kept.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from edge.kiosk.context import kiosk, roles
from edge.kiosk.pages import Door

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; media-src 'self' blob:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # same-origin, not no-referrer: the latter makes browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def install(app: Flask) -> None:
    app.before_request(_check_host)
    app.before_request(_check_origin)
    app.before_request(_check_text)
    app.before_request(_check_rule)
    app.after_request(_add_headers)


def host_allowed(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header names this machine in a way that nobody else can point at it."""
    name = (urlsplit(f"//{host}").hostname or "").lower()
    if name in {"localhost", *names}:
        return True
    own = socket.gethostname().lower()
    if own and name in {own, f"{own}.local"}:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def from_our_pages(fetch_site: str | None, origin: str | None, host: str) -> bool:
    """Whether an unsafe request was sent by a page of ours (or by no browser at all)."""
    if fetch_site is not None:
        return fetch_site in {"same-origin", "none"}
    if origin is not None:
        return urlsplit(origin).netloc == host
    return True


def own_path(path: str, otherwise: str = "/") -> str:
    """A path of ours to go on to, as a page asked for it; never another site's address, nor a line that ends the header it goes into."""
    parts = urlsplit(path)
    ours = (
        path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    )
    return path if ours and path.isprintable() else otherwise


def _check_host() -> None:
    if not host_allowed(request.host, kiosk().settings.host_names):
        _refuse("host-unknown", request.host)
        abort(421)


def _check_origin() -> None:
    if request.method in SAFE_METHODS:
        return
    if not from_our_pages(request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), request.host):
        _refuse("cross-site", f"{request.method} {request.path}")
        abort(403)


def _check_text() -> None:
    """No text that people type holds a NUL, and no record can: it would only fail later, and worse."""
    if request.endpoint and request.endpoint.rpartition(".")[2] == "static":
        return
    texts = [text for _, text in request.args.items(multi=True)]
    if (
        request.mimetype == "application/x-www-form-urlencoded"
    ):  # an upload is read by its own route, with its own limit
        texts += [text for _, text in request.form.items(multi=True)]
    if any("\0" in text for text in texts):
        abort(400)


def _check_rule() -> AnyResponse | None:
    endpoint = request.endpoint
    if endpoint is None or endpoint.rpartition(".")[2] == "static":
        return None
    rule = kiosk().rights.rules[endpoint]
    if rule.door is Door.KIOSK and not at_kiosk_screen():
        abort(403)
    if rule.door is not Door.STAFF:
        return None
    if g.get("employee") is None:
        if request.method in SAFE_METHODS:
            return redirect(url_for("house.sign_in", next=request.full_path.rstrip("?")))
        abort(401)
    if not rule.allows(roles()):
        abort(403)
    return None


def at_kiosk_screen() -> bool:
    return request.remote_addr in kiosk().settings.screens


def _refuse(code: str, detail: str) -> None:
    kiosk().store.refuse("http", request.remote_addr or "", code, detail)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint and request.endpoint.rpartition(".")[2] == "static":
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
