"""The nightly reconcile: prove that the store and HQ hold the same, mend what differs, and report (sync.md 2.6)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from edge.store import Store, again, countersigned, now
from edge.store.proof import Proof, records, take
from edge.sync.agent import Agent
from edge.sync.errors import SyncError
from salon.reconcile.digest import bucket_of
from salon.reconcile.protocol import MAX_OPS, BucketsRequest, DigestAnswer, DigestRequest, RecordsRequest

TRIES = 5
"""A write between the exchange and the comparison makes both stand at different points: exchange again."""
ROUNDS = 3
"""Mending, and looking again whether it helped."""
SETTING = "nightly_status"
UNSIGNED_HEADS = "signed_heads"
"""Setting: [[epoch, n, hash, day]...], from an HQ that cannot sign so that a store can check it."""


@dataclass
class Night:
    """What one night found."""

    at: str = ""
    outcome: str = "unreachable"
    """equal, mended, different, moving, or the code of what stood in the way."""
    records: int = 0
    differences: int = 0
    mended: int = 0
    root: str = ""
    last_equal: str = ""
    leases: int = 0
    countersigned: int = 0
    """Heads of this store's chain that are kept here under HQ's signature."""
    detail: str = ""


def reconcile(agent: Agent) -> Night:
    """Never raises a SyncError: the report says what stood in the way."""
    store = agent.store
    before = store.settings.get(SETTING, {}) or {}
    night = Night(
        at=now(),
        last_equal=before.get("last_equal", ""),
        countersigned=before.get("countersigned", 0),
    )
    try:
        store.finish_erasures()
        agent.settling.step(now=True)
        _prove(agent, night)
        agent.leasing.check(proved=night.outcome in {"equal", "mended"})
        night.leases = agent.leasing.wish_for_bookings()
        agent.leasing.step()
    except SyncError as error:
        night.outcome, night.detail = error.code, str(error)
    if night.outcome in {"equal", "mended"}:
        night.last_equal = now()
    store.settings.set(SETTING, asdict(night))
    return night


def _prove(agent: Agent, night: Night) -> None:
    for round_ in range(ROUNDS):
        compared = _compare(agent, night)
        if compared is None:
            night.outcome = "moving"
            return
        proof, answer = compared
        night.countersigned = _keep_heads(agent.store, answer)
        night.records, night.root = proof.buckets.count, proof.buckets.root
        if answer.equal:
            night.outcome = "mended" if night.mended else "equal"
            return
        night.outcome = "different"
        if round_ + 1 < ROUNDS:
            _mend(agent, proof, answer, night)


def _keep_heads(store: Store, answer: DigestAnswer) -> int:
    """What HQ says of this store's chain. An HQ of before says it without a signature."""
    unsigned = [] if answer.heads_key else [list(head) for head in answer.heads]
    if unsigned != (store.settings.get(UNSIGNED_HEADS, []) or []):
        store.settings.set(UNSIGNED_HEADS, unsigned)
    return countersigned.take(store, answer.heads_key, answer.signed)


def _compare(agent: Agent, night: Night) -> tuple[Proof, DigestAnswer] | None:
    """Both sides at one point; None when they do not come to stand still."""
    lapsed: list[str] = []
    for _ in range(TRIES):
        report = agent.sync_now()
        if report.error:
            raise agent.last_failure or SyncError(report.error)
        proof = take(agent.store.connections, lapsed)
        if proof.pending:
            continue
        answer = agent.line.digest(_request(agent.store, proof, night))
        if answer.moved:
            continue
        if sorted(answer.lapsed) != sorted(lapsed):
            lapsed = answer.lapsed
            continue
        return proof, answer
    return None


def _request(store: Store, proof: Proof, night: Night) -> DigestRequest:
    return DigestRequest(
        epoch=proof.epoch, acked=proof.acked, cursor=proof.cursor, root=proof.buckets.root, ledger=proof.ledger,
        buckets=proof.buckets.wire() if night.outcome == "different" or not night.last_equal else [],
        report={
            "records": proof.buckets.count, "mended": night.mended, "differences": night.differences,
            "last_equal": night.last_equal, "refusals": len(store.refusals(100)),
        },
    )  # fmt: skip


def _mend(agent: Agent, proof: Proof, answer: DigestAnswer, night: Night) -> None:
    """Find the records that differ, and make them the same on both sides from both sides' logs."""
    theirs_by_bucket = answer.buckets or [""] * len(proof.buckets.wire())
    unlike = [
        n
        for n, (mine, theirs) in enumerate(zip(proof.buckets.wire(), theirs_by_bucket, strict=True))
        if mine != theirs
    ]
    store = agent.store
    with store.transaction() as con:
        mine = {
            (kind, rid): digest.hex()
            for kind, rid, digest in records(con, store.connections, answer.lapsed)
            if bucket_of(kind, rid) in set(unlike)
        }
    theirs = {
        (kind, rid): digest
        for kind, rid, digest in agent.line.buckets(BucketsRequest(buckets=unlike)).records
    }
    different = sorted(ref for ref in mine.keys() | theirs.keys() if mine.get(ref) != theirs.get(ref))
    night.differences = max(night.differences, len(different))
    for start in range(0, len(different), MAX_OPS):
        refs = different[start : start + MAX_OPS]
        held = agent.line.records(RecordsRequest(refs=refs, mend=True)).records
        store.adopt(held)
        for one in held:
            if not again.knows_more(store, one.kind, one.rid, one.state):
                store.mend(one.kind, one.rid, one.state)
        there = {(one.kind, one.rid): one.state for one in held}
        said = again.documents(store, there, refs)
        gone = sum(went(store, there, refs) for went in (again.withdrawn, again.tombstones, again.discarded))
        said += again.facts(store, there, refs)
        again.witnessed(store, there, refs)  # a person decides: nothing is mended by it
        night.mended += max(len(held), said, gone)
