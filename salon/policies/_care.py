"""More sections of a policy: segments, offers, messages, bookings, quality and targets.

Money is in whole yuan here, as owners think of it; records keep fen.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from salon.policies._sections import Key, Section, Yuan

Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of the store's day: 09:00."""
Share = Annotated[float, Field(ge=0, le=1)]


class TrustWindow(Section):
    """The time after a first visit that decides whether she comes again (SEG-02)."""

    hours: int = Field(title="Hours", description="From the end of the first treatment", ge=1, le=336)


class Rfm(Section):
    """Limits of the RFM scores (SEG-03): the first limit reached gives 5, then 4, 3, 2; none gives 1."""

    recency_days: tuple[int, int, int, int] = Field(
        title="Recency", description="Days since the last visit, at most"
    )
    visits_a_year: tuple[int, int, int, int] = Field(
        title="Frequency", description="Visits of the last 365 days, at least"
    )
    ticket_yuan: tuple[int, int, int, int] = Field(
        title="Ticket", description="Average paid a visit, in yuan, at least"
    )


class Potential(Section):
    """Who is of high potential (SEG-04)."""

    visits_from: int = Field(title="Visits from", description="Visits so far", ge=1, le=50)
    visits_to: int = Field(title="Visits to", description="Visits so far", ge=1, le=50)
    ticket_from_yuan: Yuan = Field(title="Ticket from", description="Average paid a visit, in yuan")
    ticket_to_yuan: Yuan = Field(title="Ticket to", description="Average paid a visit, in yuan")


class Recommendation(Section):
    """How much may be recommended before it annoys (SEG-13)."""

    at_once: int = Field(title="At once", description="Recommendations shown at a time", ge=0, le=5)
    pause_days: int = Field(
        title="Pause", description="Days until a thing that was offered is offered again", ge=0, le=365
    )
    declines: int = Field(title="Declines", description="After so many it is not offered again", ge=1, le=10)


class QuietHours(Section):
    """When no message goes out (FUP-11)."""

    begins: Clock = Field(title="From", description="Store's time")
    ends: Clock = Field(title="To", description="Store's time")


class Vouchers(Section):
    """What vouchers are worth, and for how long (LOY-14..16)."""

    valid_days: int = Field(title="Valid", description="Days of a voucher", ge=1, le=730)
    birthday_yuan: Yuan = Field(title="Birthday", description="Birthday voucher, in yuan")
    birthday_discount: Share = Field(0.0, title="Birthday discount", description="Or a share off the price")
    trial_yuan: Yuan = Field(title="Trial", description="Trial voucher of a new customer, in yuan")
    anniversary_yuan: Yuan = Field(title="Anniversary", description="Of the first visit, in yuan")


class Benefit(Section):
    """A benefit of one tier."""

    tier: Key = Field(title="Tier", description="Key of a level")
    key: Key = Field(title="Key", description="Name in records")
    zh: str = Field(title="Chinese text", description="As customers read it", min_length=1)
    en: str = Field(title="English text", description="As customers read it", min_length=1)
    per_year: int = Field(0, title="A year", description="How often in 365 days; 0: always", ge=0, le=366)
    since_month_yuan: Yuan = Field(
        0, title="Monthly spend", description="Only for those who spend so much in 30 days (LOY-23)"
    )
    takes_off: Literal["", "basic_care", "cheapest_service"] = Field(
        "",
        title="Takes off",
        description="What it takes off a bill: nothing, the cheapest service of the visit, or of that as much as the basic treatment costs",
    )
    every_days: int = Field(
        0, title="Apart", description="Days between two uses: 80 for one a quarter; 0: any", ge=0, le=366
    )


class Benefits(Section):
    """What a tier brings (LOY-02..06, LOY-23)."""

    items: tuple[Benefit, ...] = Field(title="Benefits", description="Any order")


class MemberDay(Section):
    """The day of the members (LOY-17)."""

    day: int = Field(title="Day", description="Day of the month; 0: none", ge=0, le=28)
    spend_yuan: Yuan = Field(title="Spend", description="From this amount, in yuan")
    gift_yuan: Yuan = Field(title="Gift", description="Value of the treatment given, in yuan")
    gift_service: str = Field(title="Service", description="Rid of the service given", max_length=64)


class Together(Section):
    """Friends who come together (LOY-13)."""

    people: int = Field(title="People", description="From so many", ge=2, le=10)
    discount: Share = Field(title="Discount", description="Off each of their prices")


class Ambassador(Section):
    """What many referrals bring beside the tier (LOY-11)."""

    referrals: int = Field(title="Referrals", description="Customers brought who came", ge=1, le=100)
    reward: Literal["diamond", "ambassador"] = Field(
        title="Reward", description="diamond: the tier alone; ambassador: a discount for a year"
    )
    discount: Share = Field(0.0, title="Discount", description="Of an ambassador")
    days: int = Field(365, title="Days", description="How long it holds", ge=1, le=730)


class Rewards(Section):
    """Points for sharing and reviewing (LOY-08)."""

    share_points: int = Field(title="Share", description="Points for sharing", ge=0)
    review_points: int = Field(title="Review", description="Points for a review", ge=0)
    a_month: int = Field(title="A month", description="Rewarded at most, in 30 days", ge=0, le=60)


class Renewal(Section):
    """When a customer is reminded of her balance (LOY-21)."""

    below_yuan: Yuan = Field(title="Balance below", description="Stored value left, in yuan")
    voucher_days: int = Field(title="Voucher", description="Days before a voucher ends", ge=1, le=90)
    most_yuan: Yuan = Field(
        5000,
        title="At most",
        description="Stored value that one account may hold after a top-up, in yuan: the limit for a registered prepaid card",
    )


class Booking(Section):
    """Bookings (APT-04..14)."""

    prepare_min: int = Field(title="Preparation", description="Minutes before: confirmed", ge=5, le=480)
    remind_hours: int = Field(title="Reminder", description="Hours before", ge=1, le=168)
    early_min: int = Field(title="Early", description="Minutes to come early", ge=0, le=60)
    priority_tiers: tuple[Key, ...] = Field(
        title="Priority", description="Tiers that see the next days first"
    )
    priority_days: int = Field(
        title="Days ahead", description="Days that only these tiers may book beyond the others'", ge=0, le=90
    )
    open_days: int = Field(title="Open", description="Days ahead that anybody may book", ge=1, le=365)
    express_min: int = Field(title="Express", description="Minutes of an express service", ge=10, le=60)
    touch_up_days: int = Field(
        title="Touch-up", description="Days around a return that a slot is kept", ge=1, le=60
    )
    deposit_share: Share = Field(0.0, title="Deposit", description="Share of the price paid ahead")
    deposit_after_no_shows: int = Field(
        title="No-shows", description="A deposit is asked from so many in a year", ge=0, le=20
    )


class Quality(Section):
    """The weekly quality sheet (CMP-10)."""

    weak_below: int = Field(title="Weak below", description="Points of 100", ge=0, le=100)
    weak_months: int = Field(title="Weak months", description="In a row: retraining", ge=1, le=12)


class Targets(Section):
    """What figures are aimed at (KPI), and when numbers are too small (KPI-13)."""

    few: int = Field(title="Few", description="Below so many a percentage is not shown", ge=1, le=200)
    repurchase: Share = Field(title="Repurchase", description="A quarter (KPI-01)")
    ticket_growth: Share = Field(title="Ticket", description="Growth against the quarter before (KPI-02)")
    satisfied: Share = Field(title="Satisfaction", description="Share of content answers (KPI-04)")
    sop: Share = Field(title="SOP", description="Share of steps ticked (KPI-05)")
    win_back: Share = Field(title="Win-back", description="Dormant who came again (KPI-06, CHN-10)")
    nps: int = Field(title="NPS", description="Promoters less detractors (CMP-14)", ge=-100, le=100)


class StaffTargets(Section):
    """What an employee aims at (STF-02)."""

    satisfaction: int = Field(title="Satisfaction", description="Of 0-100", ge=0, le=100)
    completeness: Share = Field(title="Completeness", description="Of her customers' files")
    tags_a_week: int = Field(title="Tags", description="Preference tags updated a week", ge=0, le=100)


class Occasions(Section):
    """Which occasions a customer hears of (FUP-06, FUP-08)."""

    solar_terms: bool = Field(
        title="Solar terms", description="A tip at each of the four that begin a season"
    )
    all_terms: bool = Field(title="All terms", description="At each of the 24 terms")
    festivals: bool = Field(title="Festivals", description="A greeting at festivals")
    ahead_days: int = Field(title="Ahead", description="Days before", ge=0, le=30)
    weekly_tip: bool = Field(title="Weekly tip", description="A tip a week")
    monthly_recommendation: bool = Field(title="Monthly", description="A recommendation a month")
