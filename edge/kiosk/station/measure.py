"""Measuring before and after: the scan with live guidance, a photo file instead, and the probe (MEA-01..03)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from edge.kiosk.context import actor, kiosk, the_store
from edge.kiosk.i18n import _, language
from edge.kiosk.services import eyes, findings, probes, scans, trends
from edge.kiosk.station.blueprint import bed, under_way, visit_of
from edge.store import now
from salon.rules.times import instant

if TYPE_CHECKING:
    from edge.kiosk.services.scans import Phase
    from edge.kiosk.services.treatment import Treatment
    from edge.store import Job


def page(rid: str, phase: Phase) -> ResponseReturnValue:
    the_store().wanted.ask(scans.KIND)  # the scan unit starts while she is made ready
    return render_template("station/measure.html", **_measured(under_way(rid), phase))


def part(rid: str, phase: Phase) -> ResponseReturnValue:
    """What was measured so far; fetched again when a reading or a scan arrives."""
    return render_template("station/measured.html", **_measured(under_way(rid), phase))


def _measured(found: Treatment, phase: Phase, problem: str = "") -> dict[str, object]:
    store = the_store()
    asked = request.args.get("asked", "")
    return {
        "treatment": found,
        "phase": phase,
        "compared": findings.result(store, found, phase),
        "pairs": probes.pairs(store, found),
        "probe": probes.at_bed(store, found.visit.bed or bed()),
        "asked": asked,
        "answer": probes.arrived_since(store, found, asked) if _is_instant(asked) else None,
        "waits": _is_instant(asked) and (instant(now()) - instant(asked)).total_seconds() < probes.EXPIRY_S,
        "may_keep": scans.may_keep_photos(store, found.member.rid),
        "camera": scans.has_camera(store, bed()),
        "problem": problem or _said_before(),
    }


def _is_instant(text: str) -> bool:
    try:
        instant(text)
    except ValueError:
        return False
    return True


def _said_before() -> str:
    """What went wrong with the press before this page, told by a word of ours in the address."""
    texts = {
        "no-probe": _("There is no probe at this bed."),
        "no-broker": _("The probe cannot be asked now: press the button on the probe itself."),
    }
    return texts.get(request.args.get("problem", ""), "")


def probe(rid: str, phase: Phase) -> ResponseReturnValue:
    """Ask the probe of this bed for a reading; the page shows it when it arrives."""
    found = under_way(rid)
    there = probes.at_bed(the_store(), found.visit.bed or bed())
    asked = now()
    if there is None:
        return redirect(url_for("station.measure", rid=rid, phase=phase, problem="no-probe"))
    if not probes.press(the_store(), kiosk().bus, there):
        return redirect(url_for("station.measure", rid=rid, phase=phase, problem="no-broker"))
    return redirect(url_for("station.measure", rid=rid, phase=phase, asked=asked))


def scan(rid: str, phase: Phase) -> ResponseReturnValue:
    """Ask the vision process for a scan."""
    sides = request.form.get("sides") == "yes"
    job = scans.start(the_store(), actor(), under_way(rid), phase, bed(), sides=sides)
    return redirect(url_for("station.scan", rid=rid, job=job))


def photo(rid: str, phase: Phase) -> ResponseReturnValue:
    """A photo file instead of the camera."""
    accept_upload()
    found = under_way(rid)
    try:
        held = scans.take_photo(the_store(), found, *uploaded())
    except scans.PhotoRefused as refused:
        shown = _measured(found, phase, refused.said.in_(language()))
        return render_template("station/measure.html", **shown), 422
    job = scans.start(the_store(), actor(), found, phase, bed(), photo=held)
    return redirect(url_for("station.scan", rid=rid, job=job))


def accept_upload() -> None:
    """Before anything of the request is read: how large it may be."""
    request.max_content_length = scans.MOST_BYTES + 64 * 1024  # the file, and the form around it


def uploaded() -> tuple[bytes, str]:
    """The file that was sent, and from where. Raises PhotoRefused for one far too large, which is not even read."""
    try:
        file = request.files.get("photo")
    except RequestEntityTooLarge as error:
        refused = scans.PhotoRefused("too_large")
        the_store().refuse("photo", request.remote_addr or "", refused.code, refused.said.en)
        raise refused from error
    # One byte more than is kept, so that a larger file is known as one without being read whole.
    return (file.stream.read(scans.MOST_BYTES + 1) if file else b""), request.remote_addr or ""


def watch(rid: str, job: str) -> ResponseReturnValue:
    """The scan while it runs."""
    found = under_way(rid)
    asked = job_of(found, job)
    of = asked.body.get("of", "face")
    if asked.state == "done":
        if of != "face":
            return redirect(url_for("station.closeup", rid=rid, of=of))
        return redirect(url_for("station.result", rid=rid, phase=asked.body["phase"]))
    why = scans.why_failed(asked).in_(language()) if asked.state == "failed" else ""
    return render_template(
        "station/scan.html",
        treatment=found,
        job=asked,
        why=why,
        phase=asked.body["phase"],
        of=of,
        point=eyes.may_point(the_store(), asked),
    )


def state(rid: str, job: str) -> ResponseReturnValue:
    """How the scan stands: asked every second, so that the page works without a broker."""
    asked = job_of(under_way(rid), job)
    return jsonify(state=asked.state)


def cancel(rid: str, job: str) -> ResponseReturnValue:
    asked = job_of(under_way(rid), job)
    the_store().jobs.cancel(asked.id)
    if asked.body.get("of", "face") != "face":
        return redirect(url_for("station.closeup", rid=rid, of=asked.body["of"]))
    return redirect(url_for("station.measure", rid=rid, phase=asked.body["phase"]))


def job_of(found: Treatment, job: str) -> Job:
    """The scan job, if it is one of this visit."""
    asked = scans.find(the_store(), job)
    if asked is None or asked.kind != scans.KIND or asked.body.get("visit") != found.visit.rid:
        abort(404)
    return asked


def result(rid: str, phase: Phase) -> ResponseReturnValue:
    """The scan beside the last one."""
    found = under_way(rid)
    compared = findings.result(the_store(), found, phase)
    if compared is None:
        return redirect(url_for("station.measure", rid=rid, phase=phase))
    shown = request.args.get("show", "")
    shown = shown if shown in compared.scan.overlays else _first_picture(compared)
    return render_template(
        "station/result.html",
        treatment=found,
        phase=phase,
        compared=compared,
        shown=shown,
        trend=trends.drawing(trends.of_member(the_store(), found.member.rid, shown.removesuffix("_change"))),
    )


def history(rid: str) -> ResponseReturnValue:
    """Her measures over all visits, and a month ago beside now; open at any time of the visit (MEA-05, MEA-07)."""
    found = visit_of(rid)
    return render_template(
        "station/history.html",
        treatment=found,
        history=trends.history(the_store(), found.member.rid, language()),
        drawing=trends.drawing,
        may_keep=scans.may_keep_photos(the_store(), found.member.rid),
    )


def _first_picture(compared: findings.Compared) -> str:
    """What is shown at first: the concern that changed, else the bare face, else nothing."""
    changed = [row.key for row in compared.rows if row.image and row.verdict in {"better", "worse"}]
    return next(iter([*changed, *compared.scan.overlays]), "")
