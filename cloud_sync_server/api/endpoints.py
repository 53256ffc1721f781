"""The endpoints of the sync API."""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import Annotated

from flask import Response, jsonify
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection, select

from cloud_sync_server import enrolment, ingest, leases, outgoing, proof, quarantine, setback
from cloud_sync_server.api.door import Api, NoQuery
from cloud_sync_server.api.openapi import document
from cloud_sync_server.api.pressure import Turn
from cloud_sync_server.clock import now_ms
from cloud_sync_server.context import Hq
from cloud_sync_server.errors import (
    BrokenChain,
    CursorAhead,
    CursorGone,
    Forked,
    Gap,
    NotAllowed,
    NotYours,
    TooLarge,
    TooManyTries,
)
from cloud_sync_server.ingest import Looked
from cloud_sync_server.schema import inbox_head, origins
from salon.reconcile import Origin
from salon.reconcile.protocol import (
    MAX_BATCH_BYTES,
    MAX_OPS,
    AsideAnswer,
    AsideRequest,
    BucketsAnswer,
    BucketsRequest,
    Count,
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
    PullAnswer,
    Push,
    PushAnswer,
    RecordsAnswer,
    RecordsRequest,
    Short,
    SnapshotAnswer,
    StatusAnswer,
)
from salon.records import SCHEMA_VERSION

WAIT_FOR_ONE_BEFORE_S = 2.0
"""A batch of 1,000 changes takes a tenth of this."""
LOOK_EVERY_S = 0.002
"""At the database, for a number: some 0.1 ms."""

api = Api()


class PullQuery(BaseModel):
    """Where to read on, how much, and how the store is."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[str, Field(max_length=80, description="From the last pull or the snapshot")] = ""
    limit: Annotated[int, Field(ge=1, le=MAX_OPS)] = 500
    max_bytes: Annotated[int, Field(ge=1_000, le=MAX_BATCH_BYTES)] = MAX_BATCH_BYTES
    pending: Annotated[Count, Field(description="Changes waiting in the store")] = 0
    oldest_at: Annotated[Short, Field(description="When the oldest of them was written")] = ""
    epoch: Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{0,20}$")] = ""
    written: Annotated[Count, Field(description="Last number the store has written in this epoch")] = 0


class SnapshotQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    after: Annotated[str, Field(max_length=600, description="`next` of the page before")] = ""
    limit: Annotated[int, Field(ge=1, le=MAX_OPS)] = 500


class LookupQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    phone_key: Annotated[
        str,
        StringConstraints(pattern=r"^[0-9a-f]{64}$"),
        Field(description="Hex HMAC-SHA256 of the normalised number under the lookup key"),
    ]


@api.route(
    "POST", "/enrol", EnrolAnswer, body=EnrolRequest, by_store=False, errors=(NotAllowed, TooManyTries)
)
def enrol(hq: Hq, request: EnrolRequest) -> EnrolAnswer:
    """Give a new store its key for its one-time code."""
    return enrolment.enrol(hq.database, hq.vault, request)


@api.route(
    "POST", "/push", PushAnswer, body=Push, ahead=True, errors=(NotYours, Gap, Forked, BrokenChain, TooLarge)
)
def push(hq: Hq, store: str, message: Push, turn: Turn) -> PushAnswer:
    """Take in changes of the store, in order; a second delivery is harmless."""
    if message.origin.store != store:
        raise NotYours(f"{store} speaks for {message.origin.store}")
    looked = ingest.look(hq.vault, message)
    with turn:
        if message.held is not None and hq.settings.workers > 1:
            _wait_for_the_one_before(hq, looked)
        return _push(hq, store, looked)


def _wait_for_the_one_before(hq: Hq, looked: Looked) -> None:
    """Another worker has the batch that this one was sent ahead of: it is read here meanwhile, and taken in after it. One that never comes
    is waited for no longer than a batch takes.
    """
    end = time.monotonic() + WAIT_FOR_ONE_BEFORE_S
    while hq.database.read(lambda con: ingest.acked(con, looked.origin)) < looked.message.n - 1:
        if time.monotonic() > end:
            return
        time.sleep(LOOK_EVERY_S)


def _push(hq: Hq, store: str, looked: Looked) -> PushAnswer:
    message = looked.message
    try:
        return hq.database.write(lambda con: _take_in(con, hq, looked))
    except Forked as error:
        why = error.detail
        hq.database.write(lambda con: ingest.freeze(con, store, message.origin.epoch, why))
        raise
    except Gap as error:
        # Sent ahead of an answer it may have come too early: only what was acknowledged, and is not here, was lost.
        if message.held is None or (error.acked or 0) < message.held:
            _went_back(hq, store, message.origin.epoch, error)
        raise


def _take_in(con: Connection, hq: Hq, looked: Looked) -> PushAnswer:
    answer = ingest.push(con, hq.vault, hq.settings, looked)
    quarantine.settle(con, hq.vault, hq.settings, looked.message)
    return answer


def _went_back(hq: Hq, store: str, life: str, gap: Gap) -> None:
    here = f"{gap.acked or 0} here"
    hq.database.write(lambda con: setback.noticed(con, store, life, here))


@api.route("GET", "/pull", PullAnswer, query=PullQuery, errors=(CursorGone, Forked, Gap))
def pull(hq: Hq, store: str, query: PullQuery) -> PullAnswer:
    """Read the store's inbox from a cursor on; 410 means: take a snapshot first."""

    def read(con: Connection) -> tuple[PullAnswer, bool]:
        if query.epoch:
            said = query.written - query.pending
            ingest.meet(con, Origin(store, query.epoch), query.written, said)
        answer = outgoing.pull(con, hq.vault, store, query.cursor, query.limit, query.max_bytes)
        return answer, outgoing.is_news(con, store, query.cursor)

    try:
        answer, news = hq.database.read(read)
    except Gap as error:
        _went_back(hq, store, query.epoch, error)
        raise
    except CursorAhead as error:
        why = error.detail
        hq.database.write(lambda con: setback.noticed(con, store, "inbox", why))
        raise
    if news:
        hq.database.write(
            lambda con: outgoing.note_pull(con, store, query.cursor, query.pending, query.oldest_at)
        )
    return answer


@api.route("GET", "/snapshot", SnapshotAnswer, query=SnapshotQuery)
def snapshot(hq: Hq, store: str, query: SnapshotQuery) -> SnapshotAnswer:
    """Read all that the store may know, page by page; then pull on from the cursor."""
    return hq.database.read(
        lambda con: outgoing.snapshot(con, hq.vault, hq.settings, store, query.after, query.limit)
    )


@api.route("GET", "/members/lookup", LookupAnswer, query=LookupQuery)
def look_up(hq: Hq, store: str, query: LookupQuery) -> LookupAnswer:
    """Fetch the members with a phone number; the store gets their changes from now on."""
    return hq.database.write(lambda con: outgoing.look_up(con, hq.vault, hq.settings, store, query.phone_key))


@api.route("POST", "/records", RecordsAnswer, body=RecordsRequest)
def some_records(hq: Hq, store: str, request: RecordsRequest) -> RecordsAnswer:
    """Read these records as merged so far; to mend a difference HQ first makes them anew from its own log."""
    if request.mend:
        hq.database.write(lambda con: proof.mend(con, hq.vault, request.refs))
    return hq.database.read(lambda con: outgoing.some(con, hq.vault, hq.settings, store, request.refs))


@api.route("POST", "/own", OwnAnswer, body=OwnRequest)
def own_changes(hq: Hq, store: str, request: OwnRequest) -> OwnAnswer:
    """Give a store that was set back what it once wrote."""
    return hq.database.read(lambda con: outgoing.own_changes(con, hq.vault, store, request.known, MAX_OPS))


@api.route("POST", "/quarantine", AsideAnswer, body=AsideRequest)
def put_aside(hq: Hq, store: str, request: AsideRequest) -> AsideAnswer:
    """Say what was decided of changes of the store that were put aside, and what of it waits for a first change."""

    def answer(con: Connection) -> AsideAnswer:
        if request.erased:
            quarantine.erased(con, store, request.erased)
        if request.unwanted:
            quarantine.unwanted(con, store, request.unwanted)
        return AsideAnswer(
            decided=quarantine.decided(con, store, request.changes),
            orphans=quarantine.orphans(con, store, MAX_OPS),
        )

    return (hq.database.write if request.erased or request.unwanted else hq.database.read)(answer)


@api.route("POST", "/leases", LeaseAnswer, body=LeaseRequest, errors=(NotYours,))
def lease(hq: Hq, store: str, request: LeaseRequest) -> LeaseAnswer:
    """Set aside a part of an account for this store; what other stores hold is called back."""
    return hq.database.write(lambda con: leases.grant(con, hq.lease_limits, store, request))


@api.route("POST", "/leases/return", LeaseAnswer, body=LeaseReturn, errors=(Gap,))
def return_lease(hq: Hq, store: str, request: LeaseReturn) -> LeaseAnswer:
    """Take back what remains of a lease that the store has closed."""
    return hq.database.write(lambda con: leases.take_back(con, store, request))


@api.route("POST", "/leases/check", LeasesAnswer, body=LeasesCheck)
def check_leases(hq: Hq, store: str, message: LeasesCheck) -> LeasesAnswer:
    """Say what is set aside for the store: after a restore it may know too little, or too much."""
    return hq.database.read(lambda con: leases.held(con, store, message))


@api.route("POST", "/digest", DigestAnswer, body=DigestRequest)
def digest(hq: Hq, store: str, request: DigestRequest) -> DigestAnswer:
    """Compare what the store holds with what HQ holds for it, and keep the outcome."""
    answer = hq.database.read(lambda con: proof.compare(con, hq.settings, store, request))
    if answer.moved:
        return answer
    signed = hq.database.write(lambda con: proof.keep(con, hq.vault, store, request, answer))
    told = [(head.epoch, head.n, head.h, head.at[:10]) for head in signed]
    return answer.model_copy(update={"heads": told, "signed": signed, "heads_key": hq.vault.public_key})


@api.route("POST", "/digest/buckets", BucketsAnswer, body=BucketsRequest)
def digest_buckets(hq: Hq, store: str, request: BucketsRequest) -> BucketsAnswer:
    """List the hashes of the records in some buckets."""
    return hq.database.read(lambda con: proof.bucket_list(con, hq.settings, store, request.buckets))


@api.route("GET", "/status", StatusAnswer)
def status(hq: Hq, store: str, _query: NoQuery) -> StatusAnswer:
    """Say what HQ holds of the store."""

    def ask(con: Connection) -> StatusAnswer:
        return StatusAnswer(
            store_id=store,
            acked=dict(
                con.execute(select(origins.c.epoch, origins.c.acked).where(origins.c.store == store)).all()
            ),
            inbox_head=con.execute(select(inbox_head.c.head).where(inbox_head.c.store == store)).scalar_one(),
            quarantined=quarantine.count(con, store),
            version=version("parlour"),
            schema_version=SCHEMA_VERSION,
            server_now=now_ms(),
        )

    return hq.database.read(ask)


@api.blueprint.get("/openapi.json")
def openapi() -> Response:
    """The API's own description."""
    return jsonify(document(api.endpoints))
