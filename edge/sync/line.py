"""The line to HQ: one HTTP client, JSON and gzip both ways, and HQ's answers as models or errors."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from edge.sync.errors import Refused, Unreachable
from edge.web import httpx
from salon.reconcile.protocol import (
    AsideAnswer,
    AsideRequest,
    BucketsAnswer,
    BucketsRequest,
    DigestAnswer,
    DigestRequest,
    EnrolAnswer,
    EnrolRequest,
    LeaseAnswer,
    LeaseRequest,
    LeaseReturn,
    LeasesAnswer,
    LeasesCheck,
    LookupAnswer,
    OwnAnswer,
    OwnRequest,
    Problem,
    PullAnswer,
    Push,
    PushAnswer,
    RecordsAnswer,
    RecordsRequest,
    SnapshotAnswer,
    StatusAnswer,
)

A = TypeVar("A", bound=BaseModel)

TIMEOUT_S = 20.0
"""For connecting and for each pause in an answer: a line that slow is as good as none."""
_GZIP_FROM_BYTES = 300
_GZIP_LEVEL = 6
"""38 B an operation against 41 at level 3 (sync.md 2.6); a batch of 1,000 takes a few milliseconds."""
_MAX_WAIT_S = 3600.0
"""A Retry-After longer than this is not believed."""


def new_client() -> httpx.Client:
    """A client that talks to HQ only: no proxy or credentials from the environment, no redirects."""
    return httpx.Client(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False)


class Line:
    """HQ as the agent sees it. Every call raises Unreachable or Refused."""

    def __init__(self, url: str, client: httpx.Client, store_id: str = "", key: str = "") -> None:
        self._client = client
        self.turn_to(url, store_id, key)

    def turn_to(self, url: str, store_id: str = "", key: str = "") -> None:
        """Ask there from now on, as this store."""
        self._url = url.rstrip("/") + "/v1"
        self._headers = {"Authorization": f"Bearer {store_id}.{key}"} if key else {}

    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        return self._post("/enrol", request, EnrolAnswer)

    def push(self, message: Push, changes: Iterable[str]) -> PushAnswer:
        """`changes` go as the log has them, and last: HQ chains, reads and keeps that very text."""
        around = message.model_dump_json(exclude_defaults=True, exclude={"ops"})
        return self._send_json("/push", f'{around[:-1]},"ops":[{",".join(changes)}]}}', PushAnswer)

    def pull(
        self, cursor: str, limit: int, *, pending: int, oldest_at: str, epoch: str, written: int
    ) -> PullAnswer:
        query = {
            "cursor": cursor, "limit": limit, "pending": pending, "oldest_at": oldest_at, "epoch": epoch,
            "written": written,
        }  # fmt: skip
        return self._get("/pull", query, PullAnswer)

    def snapshot(self, after: str, limit: int) -> SnapshotAnswer:
        return self._get("/snapshot", {"after": after, "limit": limit}, SnapshotAnswer)

    def look_up(self, phone_key: str) -> LookupAnswer:
        return self._get("/members/lookup", {"phone_key": phone_key}, LookupAnswer)

    def own(self, request: OwnRequest) -> OwnAnswer:
        return self._post("/own", request, OwnAnswer)

    def records(self, request: RecordsRequest) -> RecordsAnswer:
        return self._post("/records", request, RecordsAnswer)

    def aside(self, request: AsideRequest) -> AsideAnswer:
        return self._post("/quarantine", request, AsideAnswer)

    def lease(self, request: LeaseRequest) -> LeaseAnswer:
        return self._post("/leases", request, LeaseAnswer)

    def return_lease(self, message: LeaseReturn) -> LeaseAnswer:
        return self._post("/leases/return", message, LeaseAnswer)

    def check_leases(self, message: LeasesCheck) -> LeasesAnswer:
        return self._post("/leases/check", message, LeasesAnswer)

    def digest(self, request: DigestRequest) -> DigestAnswer:
        return self._post("/digest", request, DigestAnswer)

    def buckets(self, request: BucketsRequest) -> BucketsAnswer:
        return self._post("/digest/buckets", request, BucketsAnswer)

    def status(self) -> StatusAnswer:
        return self._get("/status", {}, StatusAnswer)

    def _get(self, path: str, query: dict[str, Any], answer: type[A]) -> A:
        return self._send(self._client.build_request("GET", self._url + path, params=query), answer)

    def _post(self, path: str, message: BaseModel, answer: type[A]) -> A:
        return self._send_json(path, message.model_dump_json(exclude_defaults=True), answer)

    def _send_json(self, path: str, text: str, answer: type[A]) -> A:
        data = text.encode()
        headers = {"Content-Type": "application/json"}
        if len(data) >= _GZIP_FROM_BYTES:
            data = gzip.compress(data, _GZIP_LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return self._send(
            self._client.build_request("POST", self._url + path, content=data, headers=headers), answer
        )

    def _send(self, request: httpx.Request, answer: type[A]) -> A:
        request.headers.update(self._headers)
        try:
            response = self._client.send(request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        if response.is_success:
            return _read(response, answer)
        raise _refusal(response)


def _read(response: httpx.Response, model: type[A]) -> A:
    try:
        return model.model_validate(response.json())
    except (ValueError, ValidationError) as error:
        raise Unreachable(f"not HQ's answer: {str(error)[:200]}") from error


def _refusal(response: httpx.Response) -> Refused:
    try:
        problem = Problem.model_validate(response.json())
    except (ValueError, ValidationError):
        problem = Problem(code=f"http_{response.status_code}")
    after = response.headers.get("Retry-After", "")
    wait = min(float(after), _MAX_WAIT_S) if after.isascii() and after.isdecimal() else None
    return Refused(response.status_code, problem.code, problem.detail, problem.acked, wait)
