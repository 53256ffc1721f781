"""What every page request passes: it must come from our own pages if it changes anything, and nothing is loaded from elsewhere.

The check is on headers that browsers set themselves (`Sec-Fetch-Site`, else `Origin`), so no form needs a token. The sync API
is not touched by it: its requests carry a key, never a cookie.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def install(app: Flask) -> None:
    app.before_request(_check_origin)
    app.after_request(_add_headers)


def from_our_pages(fetch_site: str | None, origin: str | None, host: str) -> bool:
    """Whether an unsafe request was sent by a page of ours, or by no browser at all."""
    if fetch_site is not None:
        return fetch_site in {"same-origin", "none"}
    return origin is None or urlsplit(origin).netloc == host


def _check_origin() -> None:
    if request.method in _SAFE or request.blueprint == "api":
        return
    if not from_our_pages(request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), request.host):
        abort(403)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint in {"views.static", "look.static"}:
        response.headers["Cache-Control"] = "public, max-age=3600"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
