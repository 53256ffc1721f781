"""How complete a customer's file is (PRF-17), and which fields of the form hardly anybody fills (PRF-18)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from salon.policies import Policy
from salon.records import Member
from salon.rules import filefields
from salon.rules.said import Explain, Said


@dataclass(frozen=True)
class Completeness:
    """A share, and what is missing."""

    share: float
    missing: tuple[str, ...]
    """Fields of Member, in the order of the policy."""
    explain: Explain


def score(member: Member, policy: Policy, *, screened: bool = False) -> Completeness:
    """How much of what the policy requires is there.

    `screened`: the questionnaire was answered; then "no allergens" is an answer and not a gap.
    """
    required = policy.intake_required.fields
    missing = tuple(
        field for field in required if not getattr(member, field) and not (field == "allergens" and screened)
    )
    share = 1 - len(missing) / len(required)
    about = [Member.about(field) for field in missing]
    said = (
        Said(f"缺少：{'、'.join(a.zh for a in about)}", f"Missing: {', '.join(a.en for a in about)}")
        if missing
        else Said("资料完整", "The file is complete")
    )
    figures = {"required": list(required), "missing": list(missing), "target": policy.intake_required.target}
    return Completeness(share, missing, Explain("completeness (PRF-17)", said, figures, policy.version))


HARDLY = 0.05
"""Filled in so small a share of the files, a field is asked of everybody for nothing."""


def hardly_filled(members: Sequence[Member], policy: Policy) -> list[tuple[Said, float]]:
    """Fields that the house does not require and hardly anybody fills, the emptiest first; none of too few files (PRF-18)."""
    if len(members) < policy.targets.few:
        return []
    asked = filefields.fields(filefields.names(), policy.intake_required.fields)
    shares = [
        (field.label, sum(bool(getattr(member, field.name)) for member in members) / len(members))
        for field in asked
        if not field.required and field.shape != "yes"
    ]
    return sorted((pair for pair in shares if pair[1] < HARDLY), key=lambda pair: pair[1])
