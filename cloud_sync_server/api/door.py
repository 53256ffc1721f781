"""The door of the API: body sizes, gzip, JSON and keys.

An endpoint is declared by its request and answer models and by nothing else; the OpenAPI document is read from the same
declaration (`openapi`), so it cannot say anything else than what is checked here.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel, ValidationError

from cloud_sync_server import refusals
from cloud_sync_server.context import Hq, hq
from cloud_sync_server.enrolment import authenticate
from cloud_sync_server.errors import BadRequest, HqError, TooLarge
from salon.reconcile.protocol import Problem, Push

M = TypeVar("M", bound=BaseModel)

MAX_PLAIN_BYTES = 2_000_000
"""A request after gunzip: 1 MB of changes, and what JSON adds around them."""
MAX_WIRE_BYTES = 1_200_000
"""A request as it comes."""
_GZIP_FROM_BYTES = 500
"""Smaller answers fit a packet anyway."""
_GZIP_LEVEL = 6


class NoQuery(BaseModel):
    """An endpoint without parameters."""

    model_config = {"extra": "forbid"}


@dataclass(frozen=True)
class Endpoint:
    """One way in: what it takes, what it answers, and who may use it."""

    method: str
    path: str
    summary: str
    answer: type[BaseModel]
    body: type[BaseModel] | None
    query: type[BaseModel]
    by_store: bool
    ahead: bool
    """A store may send one while another of its own is worked on: `work` is given its turn, and takes it."""
    errors: tuple[type[HqError], ...]


class Api:
    """A blueprint whose routes are endpoints."""

    def __init__(self) -> None:
        self.blueprint = Blueprint("api", __name__, url_prefix="/v1")
        self.endpoints: list[Endpoint] = []
        self.blueprint.register_error_handler(HqError, refuse)

    def route(
        self,
        method: str,
        path: str,
        answer: type[BaseModel],
        *,
        body: type[BaseModel] | None = None,
        query: type[BaseModel] = NoQuery,
        by_store: bool = True,
        ahead: bool = False,
        errors: tuple[type[HqError], ...] = (),
    ) -> Callable[[Callable[..., BaseModel]], Callable[..., BaseModel]]:
        """Declare an endpoint: `work(hq, store, request model)` for a store's, `work(hq, request model)` for others."""

        def declare(work: Callable[..., BaseModel]) -> Callable[..., BaseModel]:
            summary = (work.__doc__ or "").split("\n", 1)[0]
            endpoint = Endpoint(method, path, summary, answer, body, query, by_store, ahead, errors)
            self.endpoints.append(endpoint)
            self.blueprint.add_url_rule(
                path, work.__name__, lambda: _answer(endpoint, work), methods=[method]
            )
            return work

        return declare


def _answer(endpoint: Endpoint, work: Callable[..., BaseModel]) -> Response:
    here: Hq = hq()
    if not endpoint.by_store:
        return _json(work(here, _read(endpoint)))
    store = here.database.read(lambda con: authenticate(con, request.headers.get("Authorization", "")))
    with here.pressure.slot(store, ahead=endpoint.ahead) as turn:
        message = _read(endpoint)
        if endpoint.ahead:
            return _json(work(here, store, message, turn))
        with turn:
            return _json(work(here, store, message))


def _read(endpoint: Endpoint) -> BaseModel:
    if endpoint.body is None:
        return _valid(endpoint.query, request.args.to_dict())
    if endpoint.body is not Push:
        return _valid(endpoint.body, _json_of(_body()))
    value, texts = _json_and_changes(_body())
    push = _valid(Push, value)
    push.came_as(texts)
    return push


def _valid(model: type[M], value: Any) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRequest(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _body() -> bytes:
    if (request.content_length or 0) > MAX_WIRE_BYTES:
        raise TooLarge(f"at most {MAX_WIRE_BYTES} bytes")
    data = request.stream.read(MAX_WIRE_BYTES + 1)
    if request.headers.get("Content-Encoding", "") == "gzip":
        data = _gunzip(data)
    if len(data) > MAX_PLAIN_BYTES:
        raise TooLarge(f"at most {MAX_PLAIN_BYTES} bytes")
    return data


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


_JSON = json.JSONDecoder(parse_constant=_no_constant)
_CHANGES = '"ops":['


def _json_of(data: bytes) -> Any:
    try:
        return _JSON.decode(data.decode(errors="surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"not JSON: {error}") from error


def _json_and_changes(data: bytes) -> tuple[Any, list[bytes]]:
    """A push, and the text of each of its changes as it came, so that it need not be made again to check the chain and to be kept.

    Read so is only what has them last and without spaces, as our agent sends it; all else is read as any JSON, without texts.
    """
    if not data.endswith(b"]}"):
        return _json_of(data), []
    ops: list[Any] = []
    texts: list[bytes] = []
    try:
        text = data.decode(errors="surrogatepass")
        begin, last = text.index(_CHANGES), len(text) - 2
        place = begin + len(_CHANGES)
        while place <= last:
            op, end = _JSON.raw_decode(text, place)
            ops.append(op)
            texts.append(text[place:end].encode(errors="surrogatepass"))
            if end < last and text[end] != ",":
                return _json_of(data), []
            place = end + 1
        around = _JSON.decode(text[:begin] + '"ops":[]}')
    except (ValueError, RecursionError):  # whatever it is, this says what is wrong with it
        return _json_of(data), []
    if "ops" not in around:  # it was the end of another key
        return _json_of(data), []
    return around | {"ops": ops}, texts


def _gunzip(data: bytes) -> bytes:
    """Never more than one byte over the limit: a small bomb stays small."""
    stream = zlib.decompressobj(wbits=31)
    try:
        return stream.decompress(data, MAX_PLAIN_BYTES + 1)
    except zlib.error as error:
        raise BadRequest(f"not gzip: {error}") from error


def _json(model: BaseModel, status: int = 200) -> Response:
    data = model.model_dump_json(exclude_defaults=False).encode(errors="surrogatepass")
    response = Response(data, status, mimetype="application/json")
    if len(data) >= _GZIP_FROM_BYTES and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(data, _GZIP_LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "no-store"
    return response


def refuse(error: HqError) -> Response:
    """An error as the other side reads it."""
    if error.status >= 500 or error.status in {401, 403, 409} or error.code in refusals.CODES:
        current_app.logger.warning("refused %s %s: %s", request.method, request.path, error)
    if error.code in refusals.CODES:
        said = request.headers.get("Authorization", "").partition(" ")[2].partition(".")[0]
        hq().database.write(lambda con: refusals.note(con, said, request.path, error))
    response = _json(Problem(code=error.code, detail=error.detail, acked=error.acked), error.status)
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response
