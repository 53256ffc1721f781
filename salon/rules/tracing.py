"""From a batch to everyone who had it (SAF-10), whether a product may be used at all (SAF-06), and care after a service (SAF-09)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from salon.records import Complaint, Member, Product, ProductUse, Service
from salon.rules.greeting import service_names
from salon.rules.said import Explain, Said
from salon.rules.times import instant


@dataclass(frozen=True)
class Had:
    """One customer who had a batch."""

    member: Member
    times: int
    first_at: str
    last_at: str
    visits: tuple[str, ...]
    staff: tuple[str, ...]
    complaints: tuple[str, ...]
    """Rids of her complaints that name the batch or one of the visits."""


@dataclass(frozen=True)
class Trace:
    """Who had a batch, the latest first; `unknown` are uses whose customer is not in this store's file (erased, or elsewhere)."""

    people: tuple[Had, ...]
    unknown: tuple[str, ...]
    explain: Explain


def who_had(
    product: str,
    batch: str,
    uses: Iterable[ProductUse],
    find: Callable[[str], Member | None],
    complaints: Iterable[Complaint] = (),
) -> Trace:
    """Everyone on whom the batch was used. `uses` may be of any product: hand in what the store's index (product, batch) finds.

    An empty batch means every batch of the product: where nobody wrote one down, all are suspect.
    """
    by: dict[str, list[ProductUse]] = {}
    for use in uses:
        if use.product == product and (use.batch == batch or not batch) and use.outcome != "stopped":
            by.setdefault(use.member, []).append(use)
    told = list(complaints)
    people: list[Had] = []
    unknown: list[str] = []
    for rid, own in by.items():
        member = find(rid)
        if member is None:
            unknown.append(rid)
            continue
        own.sort(key=lambda use: instant(use.at))
        visits = tuple(dict.fromkeys(use.visit for use in own))
        linked = tuple(
            c.rid
            for c in told
            if c.member == rid and (c.visit in visits or any(batch and batch in text for text in c.batches))
        )
        staff = tuple(sorted({use.by for use in own} - {""}))
        people.append(Had(member, len(own), own[0].at, own[-1].at, visits, staff, linked))
    people.sort(key=lambda had: instant(had.last_at), reverse=True)
    said = Said(
        f"批次 {batch or '（全部）'}：{len(people)} 位顾客使用过",
        f"Batch {batch or '(all)'}: {len(people)} customers had it",
    )
    figures = {"product": product, "batch": batch, "people": len(people), "unknown": len(unknown)}
    return Trace(tuple(people), tuple(sorted(unknown)), Explain("batch trace (SAF-10)", said, figures))


@dataclass(frozen=True)
class Admission:
    """Whether a product may be used (SAF-06), and what is missing."""

    ok: bool
    missing: tuple[Said, ...]
    explain: Explain


def admission(product: Product, today: date) -> Admission:
    """Admitted, checked, a sample retained, the supplier answers for allergies, and not out of date."""
    checks = (
        (product.admitted, Said("尚未准入", "Not admitted")),
        (bool(product.checked_at), Said("没有质检记录", "No quality check")),
        (bool(product.sample), Said("没有留样", "No retained sample")),
        (
            product.supplier_covers,
            Said("供应商未签过敏赔付协议", "The supplier does not answer for allergies"),
        ),
        (
            not product.expires or date.fromisoformat(product.expires) >= today,
            Said("已过有效期", "Out of date"),
        ),
    )
    missing = tuple(said for passed, said in checks if not passed)
    blocking = not product.admitted or (bool(product.expires) and date.fromisoformat(product.expires) < today)
    said = Said("；".join(m.zh for m in missing) or "齐全", "; ".join(m.en for m in missing) or "Complete")
    return Admission(not blocking, missing, Explain("admission (SAF-06)", said, {"product": product.rid}))


def aftercare(services: Iterable[Service]) -> tuple[Said, Explain]:
    """What to mind at home after today's services (SAF-09), each once."""
    own = list({s.rid: s for s in services}.values())
    parts = [Said(s.aftercare, s.aftercare_en or s.aftercare) for s in own if s.aftercare]
    said = Said("".join(part.zh for part in parts), " ".join(part.en for part in parts))
    what = service_names([s.rid for s in own], {s.rid: s for s in own})
    return said, Explain("aftercare (SAF-09)", what, {"services": [s.rid for s in own]})
