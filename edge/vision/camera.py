"""Where pictures come from: a file, a folder, a USB camera, the Pi's own. Each is an iterator of RGB frames.

The file and the folder are products, not test tools: a laptop without a camera shows the whole scan with them.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.errors import CameraError, PhotoError
from edge.vision.photo import load_photo

logger = logging.getLogger(__name__)

Frame = NDArray[np.uint8]

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
# What a USB camera is asked for; it answers with the nearest it has.
USB_SIZE = (1920, 1080)
# The Pi's camera: guided on a small stream, kept from a full one.
PI_GUIDE_SIZE = (1014, 760)  # a quarter of the sensor's side: read out whole, so that the view is the same
PI_STILL_SIZE = (4056, 3040)
MISSED_FRAMES = 10  # in a row before a camera counts as lost: a busy hub drops one now and then


class Source(Protocol):
    """A stream of frames."""

    name: str

    def frames(self) -> Iterator[Frame]: ...

    def close(self) -> None: ...


class _Closing:
    """`with source:` for those that hold something."""

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FileSource(_Closing):
    """One photo, again and again, as if a customer held still before a camera."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path

    def frames(self) -> Iterator[Frame]:
        photo = load_photo(self._path)
        while True:
            yield photo.rgb


class FolderSource(_Closing):
    """The photos of a folder in order of their names; files that are no photos are passed over."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self._folder = folder
        self.passed_over: list[tuple[str, str]] = []

    def frames(self) -> Iterator[Frame]:
        try:
            paths = sorted(p for p in self._folder.iterdir() if p.suffix.lower() in PHOTO_SUFFIXES)
        except OSError as error:
            raise CameraError(name=self.name) from error
        for path in paths:
            try:
                photo = load_photo(path)
            except PhotoError as error:
                self.passed_over.append((path.name, error.code))
                continue
            yield photo.rgb


class UsbSource(_Closing):
    """A V4L2 or USB camera through OpenCV."""

    def __init__(self, index: int = 0, size: tuple[int, int] = USB_SIZE) -> None:
        self.name = f"usb-{index}"
        self._camera = cv2.VideoCapture(index)
        if not self._camera.isOpened():
            self._camera.release()
            raise CameraError(name=self.name)
        self._camera.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
        self._camera.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
        self._camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest frame, not one of half a second ago

    def frames(self) -> Iterator[Frame]:
        missed = 0
        while missed < MISSED_FRAMES:
            got, bgr = self._camera.read()
            if not got:
                missed += 1
                continue
            missed = 0
            yield np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        raise CameraError(name=self.name)

    def close(self) -> None:
        self._camera.release()


class PiSource(_Closing):
    """A Raspberry Pi camera through picamera2, which comes with the Pi's system and is nowhere else.

    Guidance looks at a small stream; `still` is the same view at full size. Exposure and white balance are left to settle by
    the small stream and locked for the still, so that what was judged is what is kept.
    """

    def __init__(self, index: int = 0) -> None:
        self.name = f"pi-{index}"
        try:
            picamera2 = importlib.import_module("picamera2")
            self._camera: Any = picamera2.Picamera2(index)
            configuration = self._camera.create_still_configuration(
                main={"size": PI_STILL_SIZE, "format": "BGR888"},  # picamera2's name for R, G, B in memory
                lores={"size": PI_GUIDE_SIZE, "format": "RGB888"},
            )
            self._camera.configure(configuration)
            self._camera.start()
        except (ImportError, ValueError, RuntimeError, IndexError) as error:
            # ValueError too: so says a library of the system that was built for another NumPy than ours.
            if not isinstance(error, ModuleNotFoundError):
                logger.warning("the Pi's camera cannot be used: %s", error)
            raise CameraError(name=self.name) from error

    def frames(self) -> Iterator[Frame]:
        while True:
            try:
                frame = self._camera.capture_array("lores")
            except RuntimeError as error:
                raise CameraError(name=self.name) from error
            # The small stream comes as B, G, R under the name RGB888.
            yield np.ascontiguousarray(np.asarray(frame, dtype=np.uint8)[..., 2::-1])

    def still(self) -> Frame:
        """The whole sensor, under the exposure and white balance that guidance has just seen."""
        try:
            seen = self._camera.capture_metadata()
            locked = {
                "AeEnable": False,
                "AwbEnable": False,
                "ExposureTime": seen["ExposureTime"],
                "AnalogueGain": seen["AnalogueGain"],
                "ColourGains": seen["ColourGains"],
            }
            self._camera.set_controls(locked)
            frame = self._camera.capture_array("main")
            self._camera.set_controls({"AeEnable": True, "AwbEnable": True})
        except (RuntimeError, KeyError) as error:
            raise CameraError(name=self.name) from error
        return np.ascontiguousarray(np.asarray(frame, dtype=np.uint8)[..., :3])

    def close(self) -> None:
        self._camera.stop()
        self._camera.close()


def pi_cameras() -> int:
    """How many cameras the Pi's own library knows of; none where it is not installed."""
    try:
        picamera2 = importlib.import_module("picamera2")
        return len(picamera2.Picamera2.global_camera_info())
    except (ImportError, ValueError, RuntimeError):
        return 0


def still_of(source: Source, frame: Frame) -> Frame:
    """The picture to keep: the source's own full-size still where it has one, else the frame that was judged."""
    take = getattr(source, "still", None)
    return frame if take is None else np.asarray(take(), dtype=np.uint8)


def open_source(text: str) -> Source:
    """`pi:0`, `usb:0`, `file:PATH`, `folder:PATH`, or a plain path to either; `auto` is the Pi's camera, else USB."""
    if text == "auto":
        try:
            return PiSource()
        except CameraError:
            return UsbSource()
    if text.startswith("pi:"):
        index = text.removeprefix("pi:")
        if not index.isdigit():
            raise CameraError(name=text)
        return PiSource(int(index))
    if text.startswith("usb:"):
        index = text.removeprefix("usb:")
        if not index.isdigit():
            raise CameraError(name=text)
        return UsbSource(int(index))
    path = Path(text.removeprefix("file:").removeprefix("folder:")).expanduser()
    return FolderSource(path) if path.is_dir() else FileSource(path)
