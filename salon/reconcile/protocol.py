"""The messages of sync (`/v1/`): one declaration that HQ answers by, the agent reads by, and the OpenAPI document shows.

Requests are strict: HQ says which part it does not know. Answers are read leniently: a later HQ may say more than this version
knows. Changes stand in a push as raw JSON, because one that is malformed must be quarantined, not stop the others.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints

from salon.reconcile.change import MAX_N, chained, wire_text

MAX_OPS = 1_000
"""Changes in one push, or in one pull (sync.md 2.6)."""
MAX_BATCH_BYTES = 1_000_000
"""Changes of one push or pull as plain JSON, before gzip."""

StoreId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z_]{1,23}$")]
Epoch = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{4,20}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Count = Annotated[int, Field(ge=0, le=MAX_N)]
Short = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f]*$")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")


class EnrolRequest(_Request):
    """A new store shows its one-time code."""

    code: Annotated[str, StringConstraints(min_length=6, max_length=40)]
    store_id: StoreId
    name: Short = ""
    name_en: Short = ""
    version: Short = ""


class EnrolAnswer(_Answer):
    """What the store keeps, readable by its own user alone."""

    store_id: StoreId
    key: Annotated[str, Field(description="Bearer <store id>.<key> signs every later request")]
    lookup_key: Annotated[str, Field(description="Hex: HMAC-SHA256 key of phone_key in member look-ups")]
    heads_key: Annotated[
        str, Field(description="Hex: the Ed25519 public key of HQ's signatures under the store's chain")
    ] = ""


class OriginOnWire(_Request):
    store: StoreId
    epoch: Epoch


class Push(_Request):
    """Changes `n`, `n+1`... of one origin, in order, with the links of its hash chain before and after them."""

    origin: OriginOnWire
    client_now: Annotated[Count, Field(description="The store's wall clock, ms since 1970")]
    n: Annotated[int, Field(ge=1, le=MAX_N, description="Number of the first change")]
    prev_h: Annotated[Hash, Field(description="Chain hash before the first change")]
    h: Annotated[Hash, Field(description="Chain hash after the last change")]
    ops: Annotated[list[Any], Field(max_length=MAX_OPS, description="Changes, each as Change.wire()")]
    pending: Annotated[Count, Field(description="Changes still waiting in the store after these")] = 0
    oldest_at: Annotated[Short, Field(description="When the oldest waiting change was written")] = ""
    boot_n: Annotated[
        int | None, Field(ge=1, le=MAX_N, description="First change since the machine started")
    ] = None
    ages: Annotated[
        dict[int, Count],
        Field(max_length=MAX_OPS, description="ms, of changes whose stamp disagrees with their age"),
    ] = {}
    given: Annotated[
        dict[int, Short],
        Field(max_length=MAX_OPS, description="Stamps that HQ gave these changes once: it gets them again"),
    ] = {}
    held: Annotated[
        Count | None,
        Field(description="Sent before the answer to the batch before it: what HQ has acknowledged so far"),
    ] = None
    _texts: list[bytes] = PrivateAttr(default_factory=list)

    def came_as(self, texts: list[bytes]) -> None:
        """The changes' own text, where the reader of the message has it."""
        self._texts = texts

    def links(self) -> tuple[list[bytes], list[bytes]]:
        """The text of each change, and the hash chain after each. It is chained as it came, if that is what the sender chained;
        else in the canonical form, which is what is chained when the message was made in another way.
        """
        before, wanted = bytes.fromhex(self.prev_h), bytes.fromhex(self.h)
        if len(self._texts) == len(self.ops):
            links = chained(before, self._texts)
            if (links or [before])[-1] == wanted:
                return self._texts, links
        texts = [wire_text(op) for op in self.ops]
        return texts, chained(before, texts)


class PushResult(_Answer):
    """A change that was acknowledged, but not, or not all of it, taken in."""

    n: int
    code: str
    detail: str = ""


class PushAnswer(_Answer):
    acked: Annotated[Count, Field(description="HQ holds all changes up to this number")]
    results: Annotated[list[PushResult], Field(description="Only what was not simply taken in")] = []
    restamped: Annotated[
        dict[int, str], Field(description="Number -> the stamp that HQ gave it instead")
    ] = {}
    inbox_head: Annotated[Count, Field(description="Last number of the store's own inbox")]
    server_now: Count


class PulledChange(_Answer):
    origin: Annotated[str, Field(description="<store>.<epoch>")]
    op: dict[str, Any]


class PullAnswer(_Answer):
    ops: list[PulledChange]
    cursor: Annotated[str, Field(description="Give it back at the next pull")]
    more: bool
    recalls: Annotated[list[str], Field(description="Leases of this store that another store waits for")] = []
    server_now: Count


class RecordState(_Answer):
    """A record as merged so far; taken in with `salon.reconcile.join`."""

    kind: str
    rid: str
    state: dict[str, Any]


class SnapshotAnswer(_Answer):
    records: list[RecordState]
    next: Annotated[str, Field(description="`after` of the next page; empty on the last one")]
    cursor: Annotated[str, Field(description="Where to pull on from, once all pages are taken in")]


class RecordsRequest(_Request):
    """Records as HQ has them: to mend a difference, or after a restamp."""

    refs: Annotated[list[tuple[str, str]], Field(max_length=MAX_OPS, description="[kind, rid]")]
    mend: Annotated[bool, Field(description="They differ: HQ first makes them anew from its own log")] = False


class RecordsAnswer(_Answer):
    records: list[RecordState]


class OwnRequest(_Request):
    """A store that was set back to an earlier day asks for what it once wrote."""

    known: Annotated[dict[Epoch, Count], Field(max_length=1000, description="Epoch -> last number held")]


class OwnChange(_Answer):
    epoch: str
    n: int
    h: str
    op: Annotated[dict[str, Any] | None, Field(description="Absent: quarantined, or erased since")] = None


class OwnAnswer(_Answer):
    ops: list[OwnChange]
    more: bool


class AsideRequest(_Request):
    """What has become of changes of this store that were put aside?"""

    changes: Annotated[list[tuple[Epoch, Count]], Field(max_length=MAX_OPS, description="[epoch, n]")]
    erased: Annotated[
        list[tuple[Epoch, Count]],
        Field(max_length=MAX_OPS, description="[epoch, n] of `orphans` whose record is erased since"),
    ] = []
    unwanted: Annotated[
        list[tuple[Epoch, Count]],
        Field(
            max_length=MAX_OPS,
            description="[epoch, n] of `orphans` whose record's first change was discarded",
        ),
    ] = []


class AsideAnswer(_Answer):
    decided: Annotated[
        list[tuple[str, int, str]],
        Field(description="[epoch, n, replayed | mended | discarded | erased]; what still waits is left out"),
    ]
    orphans: Annotated[
        list[tuple[str, int, str]],
        Field(description="[epoch, n, rid] of the store's changes that wait for their record's first one"),
    ] = []


class LeaseRequest(_Request):
    """May this store spend so much of an account, also without a line?"""

    lease: Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z._-]{2,63}$")]
    member: Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z._-]{2,63}$")]
    unit: Literal["points", "fen", "voucher"]
    amount: Annotated[int, Field(ge=1, le=MAX_N)]


Limit = Literal["open", "open_amount", "day", "day_amount", "account"]
"""Which limit of head office's kept a store from getting what it asked for: rights at once, what is in them, rights in a day, what was given
with them, or its share of one account."""


class LeaseAnswer(_Answer):
    lease: str
    amount: Annotated[Count, Field(description="What was set aside; 0: nothing is free")]
    recalled: Annotated[Count, Field(description="Leases of other stores that were called back now")] = 0
    limit: Annotated[
        Short,
        Field(description="The store has reached a limit: open, open_amount, day, day_amount or account"),
    ] = ""


class LeaseReturn(_Request):
    """The store spends no more under a lease: the last change that may have is `fence`."""

    lease: Annotated[str, StringConstraints(max_length=64)]
    epoch: Epoch
    fence: Count


class LeasesCheck(_Request):
    """What is set aside for this store? Everything it spent must be acknowledged: else the two cannot be compared."""

    epoch: Epoch
    acked: Count


class LeasesAnswer(_Answer):
    moved: bool = False
    leases: Annotated[dict[str, int], Field(description="Lease -> what remains of it")] = {}


class DigestRequest(_Request):
    """What the store holds, at a point that both sides know: by buckets (salon.reconcile.digest) and by sums."""

    epoch: Epoch
    acked: Count
    cursor: Short
    root: Hash
    buckets: Annotated[list[Hash], Field(max_length=256, description="Sent once the roots differ")] = []
    ledger: Annotated[dict[Short, tuple[int, int]], Field(description="unit -> [entries, sum]")] = {}
    report: Annotated[dict[Short, int | str], Field(max_length=50)] = {}


class SignedHead(_Answer):
    """The head of a store's chain, signed by HQ: `salon.reconcile.countersigned.head_text`."""

    epoch: str
    n: int
    h: Annotated[str, Field(description="Hex: the link at that number")]
    at: Annotated[str, Field(description="HQ's time of signing")]
    signature: Annotated[str, Field(description="Hex: Ed25519")]


class DigestAnswer(_Answer):
    moved: Annotated[bool, Field(description="The two sides stand at different points: exchange first")] = (
        False
    )
    equal: bool = False
    root: str = ""
    count: int = 0
    buckets: Annotated[list[str], Field(description="Only when the store sent its own and they differ")] = []
    ledger: dict[str, tuple[int, int]] = {}
    heads: Annotated[
        list[tuple[str, int, str, str]],
        Field(description="[epoch, n, hash, day] of this store's chain: `signed`, for stores of before"),
    ] = []
    signed: Annotated[
        list[SignedHead], Field(description="The last heads of this store's chain, a day each")
    ] = []
    heads_key: Annotated[str, Field(description="Hex: the public key that `signed` is signed by")] = ""
    lapsed: Annotated[
        list[str], Field(description="Members whose changes this store does not get any more")
    ] = []


class BucketsRequest(_Request):
    buckets: Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(max_length=256)]


class BucketsAnswer(_Answer):
    records: Annotated[list[tuple[str, str, str]], Field(description="[kind, rid, hash] in these buckets")]


class LookupAnswer(_Answer):
    members: Annotated[list[str], Field(description="rids of the members with this number")]
    records: Annotated[list[RecordState], Field(description="All that HQ holds of them")]


class StatusAnswer(_Answer):
    store_id: str
    acked: Annotated[dict[str, int], Field(description="By epoch of the store's database")]
    inbox_head: Count
    quarantined: Count
    version: str
    schema_version: int
    server_now: Count


class Problem(_Answer):
    """Why a request was not answered. `code` is for programs, `detail` for people who mend things."""

    code: str
    detail: str = ""
    acked: Annotated[int | None, Field(description="With 409: what HQ holds")] = None
