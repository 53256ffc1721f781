"""What the demo chain has: stores, employees with their demonstration PINs, services, products."""

from __future__ import annotations

from salon.demo._data import toml
from salon.records import Employee, Product, Service, Store


def stores() -> list[Store]:
    raw = toml("stores")
    return [Store(rid=rid, **body) for rid, body in raw.items() if rid != "employee"]


def employees(store_id: str) -> list[Employee]:
    """The people of one store, without PIN hashes: who sets up the demo hashes `pins`."""
    rows = [row for row in toml("stores")["employee"] if row["store"] == store_id]
    return [Employee(**{key: value for key, value in row.items() if key != "pin"}) for row in rows]


def pins(store_id: str) -> dict[str, str]:
    """Login -> demonstration PIN. Never for a real store."""
    return {row["login"]: row["pin"] for row in toml("stores")["employee"] if row["store"] == store_id}


def services() -> list[Service]:
    return [Service(rid=rid, **body) for rid, body in toml("services").items()]


def products() -> list[Product]:
    return [Product(rid=rid, **body) for rid, body in toml("products").items()]
