"""HQ's tables. Keys lead with the member or the store, so that the same tables shard when one machine is not enough.

No sequences, triggers, advisory locks or foreign keys across shards: the same statements run on SQLite, PostgreSQL and what
speaks like it. JSON is text, times are ISO 8601 text, `body` is sealed under the member's own key (`vault`).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False, server_default=None if key else "")


def _number(name: str, *, key: bool = False) -> Column[int]:
    return Column(
        name,
        BigInteger,
        primary_key=key,
        autoincrement=False,
        nullable=False,
        server_default=None if key else "0",
    )


identity = Table(
    "identity",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _text("epoch"),
    _text("created_at"),
)
"""One row. `epoch` is drawn when the database is made: a cursor of another database is known by it."""

stores = Table(
    "stores", metadata, _text("store", key=True), _text("name"), _text("name_en"), _text("version"), _text("key_hash"),
    _text("enrolled_at"), _text("seen_at"), _text("pushed_at"), _text("pulled_at"), _number("pulled_seq"),
    _number("pending"), _text("oldest_at"), _number("skew_ms"),
    Column("lease_times", BigInteger, nullable=False, server_default="1"),
)  # fmt: skip

enrolment_codes = Table(
    "enrolment_codes", metadata, _text("store", key=True), _text("code_hash", key=True), _text("created_at"),
    _text("created_by"), _text("expires_at"), _text("used_at"),
)  # fmt: skip

origins = Table(
    "origins", metadata, _text("store", key=True), _text("epoch", key=True), _number("acked"),
    Column("h", LargeBinary, nullable=False), _text("first_at"), _text("last_at"), _text("frozen"),
    _text("last_t"),
)  # fmt: skip

changes = Table(
    "changes", metadata, _text("store", key=True), _text("epoch", key=True), _number("n", key=True), _text("member"),
    _text("kind"), _text("rid"), Column("body", LargeBinary), Column("h", LargeBinary, nullable=False), _text("at"),
    Index("changes_member", "member"),
)  # fmt: skip
"""Every number of every origin has its row; `body` is NULL for what was quarantined or erased."""

records = Table(
    "records", metadata, _text("member", key=True), _text("kind", key=True), _text("rid", key=True), _text("store"),
    _text("at"), Column("body", LargeBinary, nullable=False), Column("erased", Boolean, nullable=False),
    _text("updated_at"), Column("digest", LargeBinary), Index("records_at", "kind", "at"), Index("records_store", "store", "kind", "at"),
)  # fmt: skip

owners = Table("owners", metadata, _text("rid", key=True), _text("kind", key=True), _text("member"))
"""Whose a record is: an edit names only its rid."""

member_keys = Table(
    "member_keys", metadata, _text("member", key=True), Column("wrapped", LargeBinary), _text("created_at")
)

lookups = Table(
    "lookups",
    metadata,
    Column("token", LargeBinary, primary_key=True, nullable=False),
    _text("member", key=True),
    Index("lookups_member", "member"),
    sqlite_with_rowid=False,
)
"""Blind index: keyed hashes of phone, name and card, since nobody can search in what is sealed. A member has five or six rows at
random places of the tree, which were half of the pages that a push of new members wrote: so a row is short, and stands in one tree.
"""

subscriptions = Table(
    "subscriptions", metadata, _text("store", key=True), _text("member", key=True), _text("since"),
    Index("subscriptions_member", "member"),
)  # fmt: skip

inbox_head = Table("inbox_head", metadata, _text("store", key=True), _number("head"), _number("floor"))
"""One counter row a store, taken last in a transaction: numbers are in the order of commits, without gaps (sync.md 2.5)."""

inbox = Table(
    "inbox", metadata, _text("store", key=True), _number("seq", key=True), _text("origin_store"),
    _text("origin_epoch"), _number("n"),
)  # fmt: skip

quarantine = Table(
    "quarantine", metadata, _text("store", key=True), _text("epoch", key=True), _number("n", key=True), _text("at"),
    _text("kind"), _text("rid"), _text("reason"), _text("detail"), Column("body", LargeBinary, nullable=False),
    _text("state"), _text("decided_at"), _text("decided_by"),
)  # fmt: skip

conflicts = Table(
    "conflicts", metadata, _text("member", key=True), _text("kind", key=True), _text("rid", key=True),
    _text("field", key=True), _text("stamp", key=True), _text("winner"), Column("body", LargeBinary), _text("at"),
    Index("conflicts_at", "at"),
)  # fmt: skip
"""Values that gave way to one whose writer did not know of them, for a person to review (`reviews`)."""

users = Table(
    "users", metadata, _text("login", key=True), _text("password_hash"), _text("role"), _text("created_at"),
    Column("active", Boolean, nullable=False),
)  # fmt: skip

attempts = Table("attempts", metadata, _text("subject", key=True), _number("failures"), _text("last_at"))
"""Wrong passwords and codes in a row; a restart forgives nothing."""

audit = Table(
    "audit", metadata, _text("id", key=True), _text("at"), _text("actor"), _text("action"), _text("subject"),
    _text("detail"),
)  # fmt: skip

accounts = Table(
    "accounts", metadata, _text("member", key=True), _text("unit", key=True), _number("balance"), _number("leased"),
    _number("entries"), CheckConstraint("balance >= leased AND leased >= 0", name="accounts_never_overdrawn"),
)  # fmt: skip
"""What a member holds, and how much of it stores may spend without asking again. The sum of her entries, by another way."""

leases = Table(
    "leases", metadata, _text("member", key=True), _text("lease", key=True), _text("store"), _text("unit"), _number("amount"),
    _number("remains"), _text("state"), _text("at"), _text("recalled_at"),
    CheckConstraint("remains >= 0 AND remains <= amount", name="leases_never_overdrawn"),
    Index("leases_store", "store", "state", "unit", "remains"), Index("leases_given", "store", "at", "unit", "amount"),
)  # fmt: skip

pots = Table(
    "pots", metadata, _text("member", key=True), _text("unit", key=True), _text("store", key=True), _number("amount"),
    _text("first_at"), CheckConstraint("amount >= 0", name="pots_never_overdrawn"),
)  # fmt: skip
"""Which store holds the money of a balance: where it was topped up."""

settlements = Table(
    "settlements", metadata, _text("store", key=True), _text("creditor", key=True), _text("unit", key=True),
    _text("month", key=True), _number("amount"),
)  # fmt: skip
"""What `store` owes: to the store where its customers spent, or to `hq` for what it let them spend without a right."""

erasures = Table("erasures", metadata, _text("member", key=True), _text("at"), _text("by"), _text("store"))

heads = Table(
    "heads", metadata, _text("store", key=True), _text("epoch", key=True), _text("day", key=True), _number("n"),
    Column("h", LargeBinary, nullable=False), _text("at"), _text("signature"),
)  # fmt: skip
"""The head of each store's chain, signed by HQ once a day: whoever alters the log later cannot alter this."""

reports = Table(
    "reports", metadata, _text("store", key=True), _text("at", key=True), _text("outcome"), _text("body")
)
"""What each night's reconcile found."""

slots = Table(
    "slots", metadata, _text("store", key=True), _text("resource", key=True), _number("slot", key=True), _text("rid"),
    Index("slots_rid", "store", "rid"),
)  # fmt: skip
"""The calendars by minute: one booking a person, bed or room (APT-08)."""
