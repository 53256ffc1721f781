"""What the unit `parlour-vision` does: takes scan requests from the store, guides, captures, measures, records.

One request at a time. An uploaded photo is measured as it is; otherwise the camera is opened for this request
alone, and every frame is answered with one sentence on the bus until enough good ones came in a row. Without a
broker the page shows no guidance, but the scan works; a request that was cut off by a crash waits again. Guidance and
previews are for the eye and kept nowhere.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from edge import notify
from edge.store import Job, MediaMissing, Store, StoreError, new_rid
from edge.store.wanted import Idle
from edge.vision.camera import Source
from edge.vision.capture import SIDE_PX, LiveCamera, Stopped, jpeg_of, smaller
from edge.vision.closeup import analyse_closeup
from edge.vision.closeup.guide import CloseupGuide
from edge.vision.closeup.recording import finish_closeup
from edge.vision.errors import CameraError, ModelRefused, VisionError
from edge.vision.face import Detector, default_detector
from edge.vision.guide import AutoCapture, Guidance, Guide, Pose
from edge.vision.lamp import ring_on
from edge.vision.models import Registry
from edge.vision.pointing import EYES_HELP, hold, pointed_at
from edge.vision.recording import (
    SIDE,
    Cancelled,
    Earlier,
    ScanRequest,
    check_wanted,
    compose,
    earlier_face,
    keep_pictures,
    told,
    writing,
)
from edge.vision.results import Of, ScanResult
from edge.vision.scan import analyse, default_models
from edge.vision.texts import Text, say

logger = logging.getLogger(__name__)

KIND = "scan"
IDLE_S = 0.25  # between two looks for a request: soon enough that nobody notices, rare enough to cost nothing
CAMERAS_S = 5.0  # between two looks at which cameras are plugged in
GIVE_UP_S = 120.0  # for a good frame: then the station is told what was wrong last
SIDE_S = 25.0  # for a side view: who does not want to turn waits no longer
PREVIEW_EVERY = 3  # frames: about four pictures a second beside the guidance
PREVIEW_SIDE = 320  # px
PREVIEW_BYTES = 40_000  # the pages pass no larger one on


class Publish(Protocol):
    """What the worker needs of the bus; False means that nobody heard."""

    def __call__(self, topic: str, payload: bytes, /) -> bool: ...


class Looks(Protocol):
    """What guides a stream of frames."""

    def look(self, frame: NDArray[np.uint8], /) -> Guidance: ...


class ScanWorker:
    """Works on scan requests with the store, camera and bus it is given."""

    def __init__(
        self,
        store: Store,
        open_camera: Callable[[str], Source],
        publish: Publish,
        *,
        models: Registry | None = None,
        detector: Detector | None = None,
        tick: Callable[[], float] = time.monotonic,
        give_up_s: float = GIVE_UP_S,
        tell_cameras: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._open_camera = open_camera
        self._publish = publish
        self._models = default_models() if models is None else models
        self._detector = default_detector(self._models) if detector is None else detector
        self._tick = tick
        self._give_up_s = give_up_s
        self._tell_cameras = tell_cameras
        self._stopping = threading.Event()
        self._alive_at = 0.0

    def stop(self) -> None:
        """End `run` soon; a scan under way waits for the next start."""
        self._stopping.set()

    def run(self) -> None:
        """Work until stopped."""
        waiting = self._store.jobs.requeue(KIND)
        if waiting:
            logger.info("%d scan requests were cut off and are taken up again", waiting)
        for refused in self._models.refused:
            self._store.refuse("config", refused.path, ModelRefused.code, refused.reason)
        notify.ready()
        idle = Idle(self._store.wanted, KIND, lambda: self._store.jobs.waits(KIND), tick=self._tick)
        looked = -CAMERAS_S
        while not self._stopping.is_set() and not idle.over():
            try:
                if (tick := self._tick()) >= looked + CAMERAS_S:
                    self._tell_cameras()
                    looked = tick
                worked = self.run_once()
            except StoreError:
                logger.exception("the store cannot be used now")
                worked = False
            self._prove_alive()
            if worked:
                idle.worked()
            else:
                self._stopping.wait(IDLE_S)
        notify.stopping()

    def _prove_alive(self) -> None:
        """Feed the watchdog when it is time to: after the store has answered, between requests and at every frame of a long one."""
        beat, tick = notify.interval(), self._tick()
        if beat is not None and tick >= self._alive_at:
            self._alive_at = tick + beat
            notify.alive()

    def run_once(self) -> bool:
        """Work on the oldest request; False when there is none."""
        job = self._store.jobs.claim(KIND)
        if job is None:
            return False
        try:
            request = ScanRequest.model_validate(job.body)
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors())
            self._store.refuse("config", "scan job", "bad_request", fields)
            self._fail(job, "bad_request", say("bad_request"))
            return True
        try:
            self._work(job, request)
        except Cancelled:
            logger.info("scan %s was cancelled", job.id)
        except MediaMissing:
            self._fail(job, "photo_missing", say("photo_missing", path=""))
        except VisionError as error:
            logger.warning("scan %s: %s", job.id, error)
            self._fail(
                job, error.code, _both(say(error.code, **error.data), say(f"{error.code}.instruction"))
            )
        except StoreError:
            logger.exception("scan %s could not be saved", job.id)
            self._fail(job, "not_saved", say("not_saved"))
        except Exception:  # a request that breaks the unit must not break it again after every restart
            logger.exception("scan %s failed", job.id)
            self._fail(job, "scan_failed", say("scan_failed"))
        return True

    # --- one request

    def _work(self, job: Job, request: ScanRequest) -> None:
        if request.photo:
            self._measure_upload(job, request)
        else:
            self._measure_live(job, request)

    def _measure_upload(self, job: Job, request: ScanRequest) -> None:
        data = self._store.media.get(request.photo).data
        waits = False
        try:
            if request.of != "face":
                result = analyse_closeup(data, request.of, models=self._models)
                if result.accepted:
                    finish_closeup(self._store, job, request, result, data)
            else:
                earlier = earlier_face(self._store, request)
                result = self._analyse(data, earlier, request)
                if result.accepted:
                    self._finish(job, request, result, data, earlier)
            if not result.accepted:
                waits = request.of == "face" and result.refusals[0].code in EYES_HELP
                self._refuse(job, result, "upload", request.photo if waits else "")
        finally:
            # Measured or not, nothing of it stays but what the record keeps, or until a person has pointed at the eyes. The sweep
            # (an hour at most) may have been faster.
            if not waits:
                with suppress(MediaMissing):
                    self._store.media.delete(request.photo)

    def _measure_live(self, job: Job, request: ScanRequest) -> None:
        camera = LiveCamera(request.bed, self._open_camera, self._tick, self._waited)
        if request.of != "face":
            self._measure_near(job, request, request.of, camera)
            return
        earlier = earlier_face(self._store, request)
        sides: dict[str, bytes] = {}
        try:
            with ring_on(self._store, request.bed, self._publish):
                taken = self._front(
                    job,
                    request,
                    camera,
                    Guide(self._detector),
                    lambda jpeg: self._analyse(jpeg, earlier),
                )
                if taken is not None and request.sides and request.keep_photo and not request.guest:
                    sides = self._sides(job, camera)
        except Stopped as stopped:
            raise Cancelled from stopped
        finally:
            camera.close()
        if taken is not None:
            self._finish(job, request, *taken, earlier, sides)

    def _measure_near(self, job: Job, request: ScanRequest, of: Of, camera: LiveCamera) -> None:
        """A close-up by the camera: taken in the same way as a face, guided by the grey strip."""
        try:
            with ring_on(self._store, request.bed, self._publish):
                taken = self._front(
                    job,
                    request,
                    camera,
                    CloseupGuide(),
                    lambda jpeg: analyse_closeup(jpeg, of, models=self._models),
                )
        except Stopped as stopped:
            raise Cancelled from stopped
        finally:
            camera.close()
        if taken is not None:
            finish_closeup(self._store, job, request, *taken)

    def _waited(self, seconds: float) -> bool:
        """Whether the unit is to end; asked again after `seconds`."""
        return self._stopping.wait(seconds) if seconds > 0 else self._stopping.is_set()

    def _front(
        self,
        job: Job,
        request: ScanRequest,
        camera: LiveCamera,
        guide: Looks,
        measure: Callable[[bytes], ScanResult],
    ) -> tuple[ScanResult, bytes] | None:
        """Guide until a photo is accepted; None when the time is over and the job has failed."""
        capture = AutoCapture()
        last: Guidance | None = None
        seen: NDArray[np.uint8] | None = None
        for last, frame in self._guided(job, camera, guide, self._give_up_s):
            seen = frame
            if not capture.see(last) or frame is None:
                continue
            jpeg = jpeg_of(camera.still(frame))
            result = measure(jpeg)
            if result.accepted:
                return result, jpeg
            # What the small copy could not see: say it, and go on looking.
            self._tell(job, _from_refusal(result))
            capture = AutoCapture()
        if last is None:
            raise CameraError(name=camera.name)
        held = ""
        if last.code in EYES_HELP and seen is not None and not request.guest:
            held = hold(self._store, request, jpeg_of(camera.still(seen)))
        self._fail(job, last.code, Text(zh=last.zh, en=last.en), held)
        return None

    def _sides(self, job: Job, camera: LiveCamera) -> dict[str, bytes]:
        """The side views that were taken in time; a scan is whole without them."""
        found: dict[str, bytes] = {}
        poses: tuple[Pose, ...] = ("left", "right")
        for pose in poses:
            capture = AutoCapture()
            for said, frame in self._guided(job, camera, Guide(self._detector, pose=pose), SIDE_S):
                if said.code == "no_pose":
                    return found
                if capture.see(said) and frame is not None:
                    found[f"{SIDE}{pose}"] = jpeg_of(smaller(camera.still(frame), SIDE_PX))
                    break
        return found

    def _guided(
        self, job: Job, camera: LiveCamera, guide: Looks, seconds: float
    ) -> Iterator[tuple[Guidance, NDArray[np.uint8] | None]]:
        """Frames with what was said of them, until the time is over; without a frame while the camera is lost."""
        end = self._tick() + seconds
        for number, frame in enumerate(camera.frames()):
            check_wanted(self._store, job.id)
            self._prove_alive()  # whoever takes two minutes to sit still must not have the unit killed under her
            said = _LOST if frame is None else guide.look(frame)
            self._tell(job, said)
            if frame is not None and number % PREVIEW_EVERY == 0:
                self._show(job, frame)
            yield said, frame
            if self._tick() >= end:
                return

    def _analyse(
        self, data: bytes, earlier: Earlier | None, request: ScanRequest | None = None
    ) -> ScanResult:
        like = None if earlier is None else earlier.face
        source, eyes = (data, None) if request is None else pointed_at(data, request)
        return analyse(source, detector=self._detector, models=self._models, like=like, eyes=eyes)

    # --- what came of it

    def _finish(
        self,
        job: Job,
        request: ScanRequest,
        result: ScanResult,
        jpeg: bytes,
        earlier: Earlier | None,
        sides: dict[str, bytes] | None = None,
    ) -> None:
        if request.guest:
            # Shown once and kept nowhere: no record, no picture.
            check_wanted(self._store, job.id)
            outcome = {"guest": told(result), "referrals": len(result.referrals)}
            self._store.jobs.finish(job.id, {**outcome, "timings_ms": result.timings_ms})
            return
        rid = new_rid()

        def pictures() -> dict[str, str]:
            return keep_pictures(self._store, request, result, jpeg, rid, earlier, self._models, sides)

        by = request.by or "system"
        with self._store.acting(by), writing(self._store, request, rid, pictures, job.id) as kept:
            self._store.scans.add(compose(request, result, rid, kept))
            self._store.jobs.finish(job.id, {"scan": rid, "timings_ms": result.timings_ms})

    def _refuse(self, job: Job, result: ScanResult, source: str, held: str = "") -> None:
        first = result.refusals[0]
        figures = "" if first.figure is None else f"{first.figure:g}, limit {first.threshold:g}"
        self._store.refuse("photo", source, first.code, f"{first.reason.en} {figures}".strip())
        self._fail(job, first.code, _both(first.reason, first.instruction), held)

    def _fail(self, job: Job, code: str, text: Text, held: str = "") -> None:
        """`held` is the photo on which a person may point at the eyes."""
        detail = text.model_dump() | ({"photo": held} if held else {})
        self._store.jobs.fail(job.id, code, json.dumps(detail, ensure_ascii=False))

    def _tell(self, job: Job, guidance: Guidance) -> None:
        self._publish(self._topic(job, "guidance"), guidance.model_dump_json().encode())

    def _show(self, job: Job, frame: NDArray[np.uint8]) -> None:
        small = smaller(frame, PREVIEW_SIDE)
        for quality in (75, 50, 25):
            jpeg = jpeg_of(small, quality)
            if len(jpeg) <= PREVIEW_BYTES:
                self._publish(self._topic(job, "preview"), jpeg)
                return

    def _topic(self, job: Job, what: str) -> str:
        return f"salon/{self._store.store_id}/edge/scan/{job.id}/{what}"


def _both(reason: Text, instruction: Text) -> Text:
    return Text(zh=f"{reason.zh}。{instruction.zh}", en=f"{reason.en}. {instruction.en}")


def _from_refusal(result: ScanResult) -> Guidance:
    first = result.refusals[0]
    return Guidance(code=first.code, ok=False, zh=first.instruction.zh, en=first.instruction.en)


_LOST = Guidance(
    code=CameraError.code,
    ok=False,
    zh=f"{say('camera_lost').zh}。{say('camera_lost.instruction').zh}",
    en=f"{say('camera_lost').en}. {say('camera_lost.instruction').en}",
)
