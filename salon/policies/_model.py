"""The policy: all sections, and the version that decisions carry."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from salon.policies import _care as c
from salon.policies import _room as r
from salon.policies import _sections as s


class Policy(BaseModel):
    """Every figure an owner may change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field("house", title="Name", description="What the owner calls this version", max_length=60)
    dormant_after: s.DormantAfter
    churn_triggers: s.ChurnTriggers
    identify_target: s.IdentifyTarget
    lifecycle: s.Lifecycle
    tiers: s.Tiers
    high_value: s.HighValue
    referral: s.Referral
    points: s.Points
    followups: s.FollowUps
    birthday: s.Birthday
    win_back: s.WinBack
    satisfaction_scale: s.SatisfactionScale
    complaint_clock: s.ComplaintClock
    intake_required: s.IntakeRequired
    training_gate: s.TrainingGate
    marketing_cap: s.MarketingCap
    compensation: s.Compensation
    safety: s.Safety
    report: s.Report
    photos: s.Photos
    trust_window: c.TrustWindow
    rfm: c.Rfm
    potential: c.Potential
    recommendation: c.Recommendation
    quiet_hours: c.QuietHours
    vouchers: c.Vouchers
    benefits: c.Benefits
    member_day: c.MemberDay
    together: c.Together
    ambassador: c.Ambassador
    rewards: c.Rewards
    renewal: c.Renewal
    booking: c.Booking
    quality: c.Quality
    targets: c.Targets
    staff_targets: c.StaffTargets
    occasions: c.Occasions
    bed: r.Bed
    restock: r.Restock

    @cached_property
    def version(self) -> str:
        """The declared name and a hash of the figures: two policies with different figures never share one."""
        figures = json.dumps(self.model_dump(mode="json", exclude={"name"}), sort_keys=True).encode()
        return f"{self.name}+{hashlib.blake2b(figures, digest_size=4).hexdigest()}"

    @classmethod
    def sections(cls) -> dict[str, type[s.Section]]:
        found: dict[str, Any] = {name: info.annotation for name, info in cls.model_fields.items()}
        del found["name"]
        return found
