"""Who may see which customer (SEC-01), who may take data out (SEC-03), and what happens when an employee leaves (SEC-09, PRF-22)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from salon.records import Appointment, Employee, ExportRequest, FollowUp, Member, Privacy, Visit
from salon.rules.said import Explain, Said
from salon.rules.times import Now, days_between, instant, text

SEES_THE_STORE = {"desk", "consultant", "manager", "owner"}
MAY_EXPORT = {"manager", "owner"}
SERVED_DAYS = 365
"""A beautician sees whom she served within a year, or is to serve."""
APPROVAL_DAYS = 7
"""Days in which an approved export must be taken."""


@dataclass(frozen=True)
class Allowed:
    """A yes or no with its reason."""

    holds: bool
    explain: Explain


def may_see(
    employee: Employee, member: Member, visits: Iterable[Visit], bookings: Iterable[Appointment], now: Now
) -> Allowed:
    """Whether an employee sees a customer's file (SEC-01). A technician of devices sees none; who left sees nothing."""
    roles = set(employee.roles)
    if not employee.active:
        return _said(False, "已离职", "Left the house")
    if "owner" in roles or (roles & SEES_THE_STORE and member.home_store in {employee.store, ""}):
        return _said(True, "本店顾客", "A customer of the store")
    own = [v for v in visits if v.member == member.rid]
    coming = [b for b in bookings if b.member == member.rid and b.status in {"booked", "arrived"}]
    if roles & SEES_THE_STORE and employee.store in {*(v.store for v in own), *(b.store for b in coming)}:
        return _said(True, "到过或预约了本店", "Was here, or is booked here")
    if "beautician" not in roles:
        return _said(False, "岗位无权查看顾客档案", "This role sees no customer files")
    served = any(
        v.therapist == employee.rid and days_between(v.arrived_at or now, now) <= SERVED_DAYS for v in own
    )
    if member.therapist == employee.rid or served or any(b.therapist == employee.rid for b in coming):
        return _said(True, "由她服务的顾客", "A customer she serves")
    return _said(False, "不是她服务的顾客", "Not a customer she serves")


def _said(holds: bool, zh: str, en: str, rule: str = "who sees whom (SEC-01)") -> Allowed:
    return Allowed(holds, Explain(rule, Said(zh, en)))


class ExportRefused(ValueError):
    """Raised when an export may not be asked for, decided or taken; `.said` is for the page."""

    def __init__(self, code: str, said: Said) -> None:
        self.code = code
        self.said = said
        super().__init__(code)


def ask_export(
    rid: str, employee: Employee, purpose: str, columns: Sequence[str], members: Sequence[str], now: Now
) -> ExportRequest:
    """An application with purpose and scope (SEC-03). Raises ExportRefused."""
    _may_ask(employee, purpose)
    known = Member.fields()
    bad = [c for c in columns if c not in known or known[c].privacy in {Privacy.LOCAL, Privacy.HEALTH}]
    if bad or not columns:
        raise ExportRefused(
            "scope", Said("字段不可导出：健康信息不出店", "Fields not for export: health data stays")
        )
    return ExportRequest(
        rid=rid,
        store=employee.store,
        by=employee.rid,
        at=text(instant(now)),
        purpose=purpose.strip(),
        columns=list(columns),
        members=list(members),
    )


def ask_file(
    rid: str, employee: Employee, purpose: str, member: str, sees: Allowed, now: Now
) -> ExportRequest:
    """An application for all that is held of one member, health included, for herself (SEC-07, PIPL 45). Who may not see her file
    may not ask for it (`sees` is what `may_see` answered). Raises ExportRefused.
    """
    _may_ask(employee, purpose)
    if not sees.holds:
        raise ExportRefused("member", sees.explain.said)
    return ExportRequest(
        rid=rid, store=employee.store, by=employee.rid, at=text(instant(now)), purpose=purpose.strip(), columns=[],
        members=[member], scope="file",
    )  # fmt: skip


def _may_ask(employee: Employee, purpose: str) -> None:
    if not set(employee.roles) & MAY_EXPORT or not employee.active:
        raise ExportRefused("role", Said("仅店长与店主可申请导出", "Only manager and owner may ask"))
    if len(purpose.strip()) < 4:
        raise ExportRefused("purpose", Said("请写明用途", "Please write what it is for"))


def decide_export(request: ExportRequest, second: Employee, approve: bool, now: Now) -> dict[str, Any]:
    """The fields to change when a second person decides. Raises ExportRefused for the applicant herself."""
    if second.rid == request.by:
        raise ExportRefused("same", Said("须由另一人复核", "Another person has to decide"))
    if not set(second.roles) & MAY_EXPORT or not second.active:
        raise ExportRefused("role", Said("仅店长与店主可复核", "Only manager and owner may decide"))
    if request.state != "asked":
        raise ExportRefused("state", Said("申请已处理", "It was decided already"))
    state = "approved" if approve else "refused"
    return {"state": state, "second_person": second.rid, "decided_at": text(instant(now))}


def export(
    request: ExportRequest, members: Iterable[Member], now: Now
) -> tuple[list[list[str]], dict[str, Any]]:
    """The rows of an approved application, the header first, and the fields to change. Raises ExportRefused."""
    may_take(request, "columns", now)
    wanted = set(request.members)
    chosen = sorted((m for m in members if not wanted or m.rid in wanted), key=lambda m: m.rid)
    rows = [list(request.columns)]
    rows += [[_cell(getattr(m, column)) for column in request.columns] for m in chosen]
    return rows, taken(len(chosen), now)


def is_applicant(request: ExportRequest, employee: Employee) -> None:
    """Raises ExportRefused for anybody else."""
    if request.by != employee.rid:
        raise ExportRefused("other", Said("只有申请人可以下载", "Only the applicant may take it"))


def may_take(request: ExportRequest, scope: Literal["columns", "file"], now: Now) -> None:
    """Whether an application was approved for such a file and still stands. Raises ExportRefused."""
    if request.scope != scope:
        raise ExportRefused("scope", Said("申请的不是此文件", "Another file was applied for"))
    if request.state != "approved":
        raise ExportRefused("state", Said("申请未获批准或已导出", "Not approved, or taken already"))
    if days_between(request.decided_at, now) >= APPROVAL_DAYS:
        raise ExportRefused("late", Said("批准已过期，请重新申请", "The approval is out of date: ask again"))


def taken(rows: int, now: Now) -> dict[str, Any]:
    """The fields to change when the file leaves: it does once."""
    return {"state": "done", "done_at": text(instant(now)), "rows": rows}


def _cell(value: Any) -> str:
    """As a spreadsheet takes it: what begins like a formula is kept as text."""
    plain = "、".join(value) if isinstance(value, list) else str(value)
    return f"'{plain}" if plain[:1] in {"=", "+", "-", "@", "\t", "\r"} else plain


@dataclass(frozen=True)
class Move:
    """One record that goes to a colleague: the fields to change."""

    kind: str
    rid: str
    to: str
    changes: dict[str, Any]


@dataclass(frozen=True)
class Leaving:
    """What changes when somebody leaves: her access at once, then her customers, bookings and tasks."""

    employee: dict[str, Any]
    """Fields of the employee: inactive, without badge and PIN."""
    moves: tuple[Move, ...]
    explain: Explain


def leave(
    leaver: Employee,
    colleagues: Iterable[Employee],
    members: Iterable[Member],
    bookings: Iterable[Appointment],
    tasks: Iterable[FollowUp],
    now: Now,
) -> Leaving:
    """Customers go to the colleague of the store who shares most specialities and has fewest taken over; a customer's bookings
    and tasks go with her. Without a colleague they are left to the desk (empty), never lost.
    """
    able = sorted(
        (
            c
            for c in colleagues
            if c.rid != leaver.rid and c.active and c.store == leaver.store and "beautician" in c.roles
        ),
        key=lambda c: c.rid,
    )
    load = dict.fromkeys((c.rid for c in able), 0)
    heirs: dict[str, str] = {}

    def heir(member: str) -> str:
        if member not in heirs:
            best = min(
                able,
                key=lambda c: (load[c.rid] - len(set(c.specialities) & set(leaver.specialities)), c.rid),
                default=None,
            )
            heirs[member] = best.rid if best else ""
            if best:
                load[best.rid] += 1
        return heirs[member]

    moves = [
        Move("member", m.rid, to, {"therapist": to})
        for m in members
        if m.therapist == leaver.rid
        for to in (heir(m.rid),)
    ]
    for booking in bookings:
        coming = booking.status == "booked" and instant(booking.starts_at) > instant(now)
        if booking.therapist == leaver.rid and coming:
            to = heir(booking.member)
            moves.append(Move("appointment", booking.rid, to, {"therapist": to}))
    for task in tasks:
        if task.owner == leaver.rid and task.state == "open":
            to = heir(task.member)
            moves.append(Move("follow_up", task.rid, to, {"owner": to}))
    said = Said(
        f"{leaver.name}离职：{len(heirs)} 位顾客交接给 {len(set(heirs.values()) - {''})} 位同事",
        f"{leaver.name} leaves: {len(heirs)} customers go to {len(set(heirs.values()) - {''})} colleagues",
    )
    fields = {"active": False, "left_at": text(instant(now)), "pin_hash": "", "badge": ""}
    return Leaving(fields, tuple(moves), Explain("leaver (SEC-09, PRF-22)", said, load))
