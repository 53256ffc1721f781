"""The sections of a policy: which figures there are, their limits and what they mean.

Money is in whole yuan here, as owners think of it; records keep fen.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,31}$")]
Yuan = Annotated[int, Field(ge=0, le=1_000_000)]


class Section(BaseModel):
    """Any section: unknown keys are refused, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DormantAfter(Section):
    """When a customer counts as dormant (CHN-01)."""

    per_cycle: bool = Field(
        title="Per service cycle",
        description="Use the cycle of the customer's last services where they have one; `days` otherwise",
    )
    cycles: float = Field(1.0, title="Cycles", description="How many cycles without a visit", ge=1, le=12)
    days: int = Field(title="Days", description="Days without a visit", ge=7, le=730)


class ChurnTriggers(Section):
    """What raises a churn alert (CHN-02..04)."""

    ticket_falls: int = Field(title="Falls", description="Tickets in a row, each lower than the last", ge=1)
    low_rating: int = Field(title="Low rating", description="A rating below this is low", ge=0, le=100)
    low_ratings: int = Field(title="Low ratings", description="Low ratings in a row", ge=1)
    cancellations_over: int = Field(title="Cancellations", description="More cancellations than this", ge=0)
    dormant: bool = Field(title="Dormant", description="A customer who became dormant raises an alert")
    rhythm: bool = Field(
        True, title="Rhythm", description="One who is late by her own rhythm raises an alert"
    )
    rhythm_visits: int = Field(
        3, title="Rhythm from", description="Visits for a kind of service from which she has one", ge=2, le=20
    )
    rhythm_late: float = Field(
        1.5, title="Late", description="Times her own median interval after which she is late", ge=1, le=6
    )
    called_days: int = Field(
        30, title="Called", description="Days in which who was called is not on top of the list", ge=0, le=365
    )


class IdentifyTarget(Section):
    """How fast a customer is to be known at the door (SVC-02), and how long she waits then (KPI-17)."""

    seconds: int = Field(title="Seconds", description="From the first touch to the greeting", ge=5, le=600)
    waiting_min: int = Field(
        10, title="Waiting", description="Minutes from her arrival to the treatment, at most", ge=1, le=120
    )


class Lifecycle(Section):
    """The stages of a customer (SEG-01)."""

    scheme: Literal["four", "three"] = Field(
        title="Scheme",
        description="four: new, potential, high value, dormant; three: new, retention, loyal",
    )
    potential_visits: int = Field(
        title="Potential / retention from", description="Visits from which it begins", ge=1, le=50
    )
    loyal_visits_a_year: int = Field(
        title="Loyal above", description="More visits a year than this", ge=1, le=365
    )
    loyal_top_up_yuan: Yuan = Field(title="Loyal top-up", description="Or more topped up than this, in yuan")


class Level(Section):
    """One tier: every condition that is above zero must hold."""

    key: Key = Field(title="Key", description="Name in records")
    zh: str = Field(title="Chinese name", description="As customers read it", min_length=1)
    en: str = Field(title="English name", description="As customers read it", min_length=1)
    amount_yuan: Yuan = Field(0, title="Spent", description="Spent in all, in yuan")
    visits_a_year: int = Field(0, title="Visits", description="Visits in the last 365 days", ge=0)
    referrals: int = Field(0, title="Referrals", description="Customers she brought", ge=0)


class Tiers(Section):
    """The tiers of membership (LOY-01, LOY-06), lowest first."""

    levels: tuple[Level, ...] = Field(title="Levels", description="Lowest first", min_length=1)


class HighValue(Section):
    """Who is of high value (SEG-05)."""

    rule: Literal["month", "loyal"] = Field(
        title="Rule", description="month: spend of the last 30 days; loyal: as the lifecycle's loyal stage"
    )
    month_yuan: Yuan = Field(title="A month", description="Spent in 30 days, in yuan")
    target_share: float = Field(0.2, title="Target", description="Share of customers aimed at", ge=0, le=1)


class Referral(Section):
    """What both get when one brings the other (LOY-10)."""

    points_each: int = Field(0, title="Points", description="Points to both", ge=0)
    voucher_yuan_each: Yuan = Field(0, title="Voucher", description="Voucher to both, in yuan")
    skin_test: bool = Field(False, title="Skin test", description="A free skin test for the new one")


class PartnerBenefit(Section):
    """What a partner of the house gives for points (LOY-08)."""

    key: Key = Field(title="Key", description="Name in records")
    zh: str = Field(title="Chinese text", description="As customers read it", min_length=1)
    en: str = Field(title="English text", description="As customers read it", min_length=1)
    points: int = Field(title="Points", description="What it costs", ge=1)


class Points(Section):
    """Points for spending, and what they buy (LOY-07, LOY-08)."""

    per_yuan: float = Field(title="Points a yuan", description="Rounded down per visit", ge=0, le=100)
    basic_polish_points: int = Field(title="Basic polish", description="Points for one basic polish", ge=1)
    yuan_points: int = Field(
        0,
        title="One yuan",
        description="Points for one yuan of other services and of products; 0: not for points",
        ge=0,
        le=1000,
    )
    partners: tuple[PartnerBenefit, ...] = Field(
        (), title="Partners", description="What partners of the house give for points"
    )


class Contact(Section):
    """One contact after a visit."""

    key: Key = Field(title="Key", description="Name in records: report, survey, call, tip")
    zh: str = Field(title="Chinese text", description="What is to be done", min_length=1)
    en: str = Field(title="English text", description="What is to be done", min_length=1)
    after_h: float = Field(title="After", description="Hours after the end of the treatment", ge=0, le=8784)
    fit_h: float = Field(title="Fit for", description="Hours after which it is no longer fit to send", gt=0)
    who: Literal["new", "all"] = Field(title="Who", description="new: after a first visit only")
    channel: Literal["member", "phone", "store"] = Field(
        title="Channel", description="member: the channel the customer prefers"
    )
    merges: tuple[Key, ...] = Field(
        (), title="Merged", description="Contacts that this one also does, so that nobody is called twice"
    )


class FollowUps(Section):
    """The contacts after a visit (FUP-01..05)."""

    contacts: tuple[Contact, ...] = Field(title="Contacts", description="In order of time")
    overdue_h: int = Field(
        24, title="Overdue", description="Hours after which a task is the manager's business", ge=1, le=720
    )


class Birthday(Section):
    """What happens around a birthday (PRF-16, FUP-07)."""

    refresh_days: int = Field(title="Refresh", description="Days before: are the preferences right?", ge=0)
    staff_days: int = Field(title="Staff", description="Days before: the staff is told", ge=0, le=90)
    greeting_days: int = Field(title="Greeting", description="Days before: the greeting", ge=0, le=30)


class WinBack(Section):
    """What a dormant customer is offered (CHN-08, CHN-09)."""

    voucher_yuan: Yuan = Field(title="Voucher", description="Return voucher, in yuan")
    free_care: bool = Field(False, title="Free care", description="One free care with it")
    gift: bool = Field(False, title="Gift", description="A return gift with it")
    trial_voucher: bool = Field(False, title="Trial", description="A trial voucher for a new service")


class SatisfactionScale(Section):
    """How satisfaction is counted (STF-02, CMP-14, KPI-04)."""

    low: int = Field(title="Low below", description="Of 0-100", ge=0, le=100)
    good: int = Field(title="Good from", description="Of 0-100", ge=0, le=100)
    excellent: int = Field(title="Excellent from", description="Of 0-100", ge=0, le=100)
    nps_promoter: int = Field(9, title="Promoter from", description="Of 0-10", ge=1, le=10)
    nps_detractor: int = Field(6, title="Detractor to", description="Of 0-10", ge=0, le=9)


class ComplaintClock(Section):
    """How fast a complaint is answered (CMP-01)."""

    respond_min: int = Field(title="Response", description="Minutes to the first response", ge=1)
    plan_h: int = Field(title="Plan", description="Hours to the plan", ge=1)
    solve_h: int = Field(title="Solved", description="Hours to the solution", ge=1)
    opening_hours: Literal["all", "response", "none"] = Field(
        title="Opening hours", description="Which of the three clocks stand still while the store is closed"
    )
    pressing: float = Field(
        0.25,
        title="Pressing",
        description="Share of a clock's time left when it is shown as pressing",
        ge=0,
        le=1,
    )


class IntakeRequired(Section):
    """Which fields a file must have (PRF-03); what completeness counts (PRF-17)."""

    fields: tuple[str, ...] = Field(title="Fields", description="Fields of the customer file", min_length=1)
    target: float = Field(0.95, title="Target", description="Share of required fields filled", ge=0, le=1)


class TrainingGate(Section):
    """What an employee must have passed (STF-07)."""

    exam: Literal["before_duty", "first_week"] = Field(title="Exam", description="When the exam is due")
    training_days: int = Field(
        title="Days", description="Full days from her first day here to the exam", ge=0, le=90
    )


class MarketingCap(Section):
    """How many marketing messages a customer may get (FUP-11)."""

    per_week: int = Field(title="A week", description="Personal messages in 7 days, all stores", ge=0, le=14)


class Compensation(Section):
    """What a dissatisfied customer may be offered (SVC-17, CHN-07)."""

    free_basic_treatments: int = Field(0, title="Free", description="Basic treatments for free", ge=0, le=12)
    product_at_cost: bool = Field(False, title="At cost", description="A new product at cost price")
    package_discount: float = Field(0, title="Discount", description="Off the quarterly package", ge=0, le=1)
    package_extra: int = Field(0, title="Extra", description="Treatments added to the package", ge=0, le=12)


class Safety(Section):
    """How long a safety check holds (SAF-01, SAF-03)."""

    screening_days: int = Field(
        title="Questionnaire", description="Days until it is asked again", ge=1, le=1830
    )
    patch_test_days: int = Field(title="Patch test", description="Days a passed test holds", ge=1, le=1830)


class Photos(Section):
    """How long the photos of a scan are kept in the store; the figures stay (SEC-07)."""

    keep_days: int = Field(title="Photos", description="Days until a photo is erased", ge=1, le=1830)


class Report(Section):
    """How long a customer's report can be opened by its code (MEA-05)."""

    open_days: int = Field(
        title="Report", description="Days after the treatment until the link ends", ge=1, le=1830
    )
