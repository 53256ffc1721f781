"""The camera during one request: frames at an even pace, and a camera that was unplugged and comes back.

A camera that is not there when the request begins is an error at once. One that stops in the middle is waited for: the
page says so, and the guidance goes on when the plug is in again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.camera import Frame, Source, still_of
from edge.vision.errors import CameraError, PhotoError

FRAME_S = (
    1 / 12
)  # twelve frames a second are guided, so that ten are when a few come late; a faster camera's are skipped
RECOVER_S = 30.0  # for a camera to come back: time to find the plug
RETRY_S = 0.5  # between two tries to open it
CAPTURE_QUALITY = 95  # JPEG of a kept frame: repeats within a tenth of the repeat error of every concern
SIDE_PX = 1600  # longer side of a kept side view: it is looked at, not measured


class Stopped(Exception):
    """The unit ends while a camera is open."""


class LiveCamera:
    """The camera of a bed, as long as one request lasts."""

    def __init__(
        self,
        bed: str,
        open_camera: Callable[[str], Source],
        tick: Callable[[], float],
        wait: Callable[[float], bool],
    ) -> None:
        """`wait` sleeps for some seconds and answers whether to stop. Raises CameraError."""
        self._bed, self._open = bed, open_camera
        self._tick, self._wait = tick, wait
        self._source: Source | None = open_camera(bed)
        self.name = self._source.name

    def frames(self) -> Iterator[Frame | None]:
        """Frames at `FRAME_S`; None each time a lost camera was looked for in vain. Raises CameraError, Stopped."""
        lost_at: float | None = None
        while True:
            if self._source is not None:
                try:
                    for frame in self._paced(self._source):
                        lost_at = None
                        yield frame
                except CameraError:
                    self.close()
                else:
                    return  # a folder of photos ends; a camera does not
            lost_at = self._tick() if lost_at is None else lost_at
            if self._tick() - lost_at > RECOVER_S:
                raise CameraError(name=self.name)
            yield None
            if self._wait(RETRY_S):
                raise Stopped
            self._reopen()

    def _paced(self, source: Source) -> Iterator[Frame]:
        """Each frame is taken when it is due, so that it shows what is so now; who was late catches up."""
        frames, due = source.frames(), self._tick()
        while True:
            if self._wait(max(0.0, due - self._tick())):
                raise Stopped
            frame = next(frames, None)
            if frame is None:
                return
            yield frame
            due = max(due + FRAME_S, self._tick())

    def _reopen(self) -> None:
        try:
            self._source = self._open(self._bed)
        except CameraError:
            self._source = None

    def still(self, frame: Frame) -> Frame:
        """The picture to keep of what was just judged."""
        return frame if self._source is None else still_of(self._source, frame)

    def close(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None


def jpeg_of(rgb: NDArray[np.uint8], quality: int = CAPTURE_QUALITY) -> bytes:
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not done:
        raise PhotoError
    return bytes(data)


def smaller(rgb: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """No larger than `side` pixels."""
    scale = min(1.0, side / max(rgb.shape[:2]))
    size = (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
