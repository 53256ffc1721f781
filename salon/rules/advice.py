"""What a customer may do at home (MEA-05, SAF-09): aftercare of today's services, and products that suit what was seen.

A product with an allergen of hers is left out, and every product before her allergies are known in this store. No sentence here promises an effect or names a disease.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from salon.records import Member, Product, Service
from salon.rules import concerns
from salon.rules.said import Explain, Said
from salon.rules.told import Told

MOST_PRODUCTS = 3
"""A sheet with more reads as an advertisement (SEG-13: a limit against annoyance)."""
CLEAR_SCORE = 70
"""Scores from here on read "good" (vision's bands); such a concern needs no product."""

_SKIN_USES = {
    "dry": ("hydrating",),
    "oily": ("shine", "pores"),
    "combination": ("shine", "hydrating"),
    "sensitive": ("soothing",),
    "normal": ("hydrating",),
}
_ALWAYS = "sunscreen"


@dataclass(frozen=True)
class Advice:
    """One piece of advice, in the customer's language."""

    kind: Literal["aftercare", "product", "unasked"]
    title: str
    text: str
    reason: str
    product: str
    """Rid of the product; empty for the others."""
    explain: Explain


def home_care(
    member: Member,
    scan_concerns: Mapping[str, Any],
    products: Sequence[Product],
    services: Sequence[Service],
    lang: str,
    *,
    told: Told,
) -> list[Advice]:
    """`scan_concerns` are those of the last scan, `products` the catalogue, `services` those of today."""
    advice = [_aftercare(service, lang) for service in services if service.aftercare]
    allowed = [p for p in products if p.admitted and p.home_care and "home" in p.uses]
    allowed = [p for p in allowed if told.against(p) is None]
    if told.unasked is not None:
        return [*advice, _unasked(told.unasked, lang)]
    chosen: set[str] = set()
    for use, reason, figures in _needs(member, scan_concerns):
        fitting = sorted((p for p in allowed if use in p.uses and p.rid not in chosen), key=lambda p: p.rid)
        if not fitting or len(chosen) == MOST_PRODUCTS:
            continue
        chosen.add(fitting[0].rid)
        advice.append(_product(fitting[0], use, reason, figures, told, lang))
    return advice


def _needs(member: Member, scan: Mapping[str, Any]) -> list[tuple[str, Said, dict[str, Any]]]:
    """Uses to look for, the most wanted first: what the scan saw, then the skin type, then the sun."""
    seen = [
        (key, float(body["score"]))
        for key, body in scan.items()
        if concerns.measured(body) and body.get("score") is not None and body["score"] < CLEAR_SCORE
    ]
    needs: list[tuple[str, Said, dict[str, Any]]] = []
    for key, score in sorted(seen, key=lambda pair: (pair[1], pair[0])):
        name = concerns.label(key)
        reason = Said(
            f"今日检测：{name.zh} {score:.0f} 分（满分 100）",
            f"Seen today: {name.en.lower()}, {score:.0f} of 100",
        )
        needs.append((key, reason, {"concern": key, "score": score}))
    by_type = Said("依据您的肤质", "For your skin type")
    needs += [(use, by_type, {"skin_type": member.skin_type}) for use in _SKIN_USES.get(member.skin_type, ())]
    needs.append((_ALWAYS, Said("护理后日间防晒", "Sun protection by day after a treatment"), {}))
    return needs


def _aftercare(service: Service, lang: str) -> Advice:
    said = Said(f"“{service.name}”护理后须知", f"After your {service.name_en.lower()}")
    text = Said(service.aftercare, service.aftercare_en or service.aftercare)
    explain = Explain("home care (SAF-09)", said, {"service": service.rid})
    return Advice("aftercare", said.in_(lang), text.in_(lang), "", "", explain)


def _unasked(explain: Explain, lang: str) -> Advice:
    """Instead of products: why there are none, to her."""
    title = Said("居家产品", "Products for home")
    text = Said(
        "在了解您的过敏情况之前，我们不推荐任何产品；下次到店请先填写皮肤与过敏问卷。",
        "Before we know your allergies we recommend no product: please answer the skin and allergy questionnaire"
        " when you come next.",
    )
    return Advice("unasked", title.in_(lang), text.in_(lang), "", "", explain)


def _product(
    product: Product, use: str, reason: Said, figures: dict[str, Any], told: Told, lang: str
) -> Advice:
    if told.allergens:
        reason = Said(f"{reason.zh}；不含您的过敏原", f"{reason.en}; free of the allergens in your file")
    name = Said(product.name, product.name_en).in_(lang)
    text = Said(product.home_care, product.home_care_en or product.home_care).in_(lang)
    explain = Explain("home care (MEA-05, SEG-13)", reason, {"use": use, "product": product.rid, **figures})
    return Advice("product", name, text, reason.in_(lang), product.rid, explain)
