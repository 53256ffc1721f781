"""Where pictures come from: a file, a folder, a USB camera. Each is an iterator of RGB frames that can be closed.

The file and the folder are products, not test tools: a laptop without a camera shows the whole scan with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.errors import CameraError, PhotoError
from edge.vision.photo import load_photo

Frame = NDArray[np.uint8]

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
# What a USB camera is asked for; it answers with the nearest it has.
USB_SIZE = (1920, 1080)
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


def open_source(text: str) -> Source:
    """`usb:0`, `file:PATH`, `folder:PATH`, or a plain path to either."""
    if text.startswith("usb:"):
        index = text.removeprefix("usb:")
        if not index.isdigit():
            raise CameraError(name=text)
        return UsbSource(int(index))
    path = Path(text.removeprefix("file:").removeprefix("folder:")).expanduser()
    return FolderSource(path) if path.is_dir() else FileSource(path)
