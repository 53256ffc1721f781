"""What the unit `parlour-vision` does: takes scan requests from the store, guides, captures, measures, records.

One request at a time. An uploaded photo is measured as it is; otherwise the camera is opened for this request
alone, and every frame is answered with one sentence on the bus until enough good ones came in a row. Without a
broker the page shows no guidance, but the scan works; a request that was cut off by a crash waits again. Guidance and
previews are for the eye and kept nowhere.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from edge import notify
from edge.store import Job, MediaMissing, Store, StoreError, new_rid
from edge.store.wanted import Idle
from edge.vision.camera import Source, still_of
from edge.vision.errors import CameraError, ModelRefused, PhotoError, VisionError
from edge.vision.face import Detector, default_detector
from edge.vision.guide import AutoCapture, Guidance, Guide
from edge.vision.lamp import ring_on
from edge.vision.models import Registry
from edge.vision.recording import Earlier, ScanRequest, compose, earlier_face, keep_pictures, told
from edge.vision.results import ScanResult
from edge.vision.scan import analyse, default_models
from edge.vision.texts import Text, say

logger = logging.getLogger(__name__)

KIND = "scan"
IDLE_S = 0.25  # between two looks for a request: soon enough that nobody notices, rare enough to cost nothing
FRAME_S = 0.1  # ten frames a second are guided; a faster camera's are skipped
GIVE_UP_S = 120.0  # for a good frame: then the station is told what was wrong last
PREVIEW_EVERY = 3  # frames: about three pictures a second beside the guidance
PREVIEW_SIDE = 320  # px
PREVIEW_BYTES = 40_000  # the pages pass no larger one on
CAPTURE_QUALITY = 95  # JPEG of a kept frame: repeats within a tenth of the repeat error of every concern


class Publish(Protocol):
    """What the worker needs of the bus; False means that nobody heard."""

    def __call__(self, topic: str, payload: bytes, /) -> bool: ...


class _Cancelled(Exception):  # no error: the beautician pressed "stop"
    """The request is not wanted any more."""


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
    ) -> None:
        self._store = store
        self._open_camera = open_camera
        self._publish = publish
        self._models = default_models() if models is None else models
        self._detector = default_detector(self._models) if detector is None else detector
        self._tick = tick
        self._give_up_s = give_up_s
        self._stopping = threading.Event()

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
        beat = notify.interval()
        due = self._tick()
        idle = Idle(self._store.wanted, KIND, lambda: self._store.jobs.waits(KIND), tick=self._tick)
        while not self._stopping.is_set() and not idle.over():
            try:
                worked = self.run_once()
            except StoreError:
                logger.exception("the store cannot be used now")
                worked = False
            if beat is not None and self._tick() >= due:
                notify.alive()
                due = self._tick() + beat
            if worked:
                idle.worked()
            else:
                self._stopping.wait(IDLE_S)
        notify.stopping()

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
        except _Cancelled:
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
        try:
            earlier = earlier_face(self._store, request)
            result = self._analyse(data, earlier)
            if result.accepted:
                self._finish(job, request, result, data, earlier)
            else:
                self._refuse(job, result, "upload")
        finally:
            # Measured or not, nothing of it stays but what the record keeps. The sweep may have been faster.
            with suppress(MediaMissing):
                self._store.media.delete(request.photo)

    def _measure_live(self, job: Job, request: ScanRequest) -> None:
        source = self._open_camera(request.bed)
        try:
            with ring_on(self._store, request.bed, self._publish):
                self._guide(job, request, source)
        finally:
            source.close()

    def _guide(self, job: Job, request: ScanRequest, source: Source) -> None:
        guide, capture = Guide(self._detector), AutoCapture()
        end = self._tick() + self._give_up_s
        last: Guidance | None = None
        earlier = earlier_face(self._store, request)
        for number, frame in enumerate(self._paced(source.frames())):
            self._check_wanted(job)
            last = guide.look(frame)
            self._tell(job, last)
            if number % PREVIEW_EVERY == 0:
                self._show(job, frame)
            if capture.see(last):
                jpeg = _jpeg(still_of(source, frame), CAPTURE_QUALITY)
                result = self._analyse(jpeg, earlier)
                if result.accepted:
                    self._finish(job, request, result, jpeg, earlier)
                    return
                # What the small copy could not see: say it, and go on looking.
                last = _from_refusal(result)
                self._tell(job, last)
                capture = AutoCapture()
            if self._tick() >= end:
                break
        if last is None:
            raise CameraError(name=source.name)
        self._fail(job, last.code, Text(zh=last.zh, en=last.en))

    def _paced(self, frames: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
        due = self._tick()
        for frame in frames:
            wait = due - self._tick()
            if self._stopping.wait(wait) if wait > 0 else self._stopping.is_set():
                raise _Cancelled
            due = max(due, self._tick()) + FRAME_S
            yield frame

    def _check_wanted(self, job: Job) -> None:
        if self._store.jobs.get(job.id).state == "cancelled":
            raise _Cancelled

    def _analyse(self, data: bytes, earlier: Earlier | None) -> ScanResult:
        like = None if earlier is None else earlier.face
        return analyse(data, detector=self._detector, models=self._models, like=like)

    # --- what came of it

    def _finish(
        self, job: Job, request: ScanRequest, result: ScanResult, jpeg: bytes, earlier: Earlier | None
    ) -> None:
        if request.guest:
            # Shown once and kept nowhere: no record, no picture.
            self._check_wanted(job)
            self._store.jobs.finish(job.id, {"guest": told(result), "timings_ms": result.timings_ms})
            return
        rid = new_rid()
        try:
            # Pictures go first: a record never names one that is not there.
            kept = keep_pictures(self._store, request, result, jpeg, rid, earlier, self._models)
            with self._store.acting(request.by or "system"), self._store.transaction():
                self._check_wanted(job)
                self._store.scans.add(compose(request, result, rid, kept))
                self._store.jobs.finish(job.id, {"scan": rid, "timings_ms": result.timings_ms})
        except BaseException:
            self._store.media.delete_owner(rid)
            raise

    def _refuse(self, job: Job, result: ScanResult, source: str) -> None:
        first = result.refusals[0]
        figures = "" if first.figure is None else f"{first.figure:g}, limit {first.threshold:g}"
        self._store.refuse("photo", source, first.code, f"{first.reason.en} {figures}".strip())
        self._fail(job, first.code, _both(first.reason, first.instruction))

    def _fail(self, job: Job, code: str, text: Text) -> None:
        self._store.jobs.fail(job.id, code, text.model_dump_json())

    def _tell(self, job: Job, guidance: Guidance) -> None:
        self._publish(self._topic(job, "guidance"), guidance.model_dump_json().encode())

    def _show(self, job: Job, frame: NDArray[np.uint8]) -> None:
        scale = min(1.0, PREVIEW_SIDE / max(frame.shape[:2]))
        size = (round(frame.shape[1] * scale), round(frame.shape[0] * scale))
        small = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        for quality in (75, 50, 25):
            jpeg = _jpeg(small, quality)
            if len(jpeg) <= PREVIEW_BYTES:
                self._publish(self._topic(job, "preview"), jpeg)
                return

    def _topic(self, job: Job, what: str) -> str:
        return f"salon/{self._store.store_id}/edge/scan/{job.id}/{what}"


def _jpeg(rgb: NDArray[np.uint8], quality: int) -> bytes:
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not done:
        raise PhotoError
    return bytes(data)


def _both(reason: Text, instruction: Text) -> Text:
    return Text(zh=f"{reason.zh}。{instruction.zh}", en=f"{reason.en}. {instruction.en}")


def _from_refusal(result: ScanResult) -> Guidance:
    first = result.refusals[0]
    return Guidance(code=first.code, ok=False, zh=first.instruction.zh, en=first.instruction.en)
