"""Bytes -> one 8-bit sRGB photo, upright, or a named refusal. Memory stays bounded whatever is handed in.

Limits are checked on the header (`header.py`) before a decoder runs. A colour profile other than sRGB (phones
write Display P3) is converted, because every figure of the scan is a colour. EXIF rotation is applied and
then forgotten, so that nothing later has to think of it.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms, ImageOps
from PIL.Image import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from edge.vision.errors import (
    PhotoAnimated,
    PhotoColourMode,
    PhotoMissing,
    PhotoTooManyBytes,
    PhotoTooManyPixels,
    PhotoTooSmall,
    PhotoTruncated,
)
from edge.vision.header import Format, Header, read_header
from edge.vision.resample import shrink

MAX_BYTES = 30_000_000  # a 12 MP JPEG at quality 98 has about 9 MB, a PNG of it about 25 MB
MAX_PIXELS = 50_000_000  # of a JPEG; the Pi's largest camera gives 12 MP
# Larger JPEGs are decoded at a half or a quarter: a face over a 12 MP photo has all the detail there is a measure for. PNG and WebP have no
# such way: 49 MP of WebP took 950 MB until the face was found, 16 MP take 380.
FULL_PIXELS = 16_000_000
ORIENTATION = 0x0112  # the EXIF tag
END_OF_JPEG = b"\xff\xd9"
# A photo with a longer side from here on is first looked at in a half of its size: faces and colour cards are found there as well.
HALF_FROM = 2560  # px
PLAIN = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
MIN_SIDE = 200  # px: below this no face can carry the regions

# Opened by their own class, not by `Image.open`: no other decoder of Pillow can be reached from a file.
_DECODERS: dict[Format, type[JpegImageFile | PngImageFile | WebPImageFile]] = {
    "jpeg": JpegImageFile,
    "png": PngImageFile,
    "webp": WebPImageFile,
}

Rgb = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Photo:
    """One upright sRGB picture (H, W, 3) and where it came from."""

    rgb: Rgb
    sha256: str
    name: str = ""
    format: Format | None = None  # None: a frame straight from a camera

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])

    @classmethod
    def from_frame(cls, rgb: Rgb, name: str = "camera") -> Photo:
        """A frame that is already RGB in memory."""
        frame = np.ascontiguousarray(rgb)
        return cls(frame, hashlib.sha256(frame.data).hexdigest(), name)


@dataclass(frozen=True, eq=False)
class Opened:
    """A photo whose promise was judged, and which is not decoded yet."""

    data: bytes
    name: str
    header: Header

    def whole(self) -> Photo:
        """All of it, or a `PhotoError` that names what is wrong."""
        return _decode(self.data, self.name, self.header)

    def half(self) -> Rgb | None:
        """A large photo at half its size, which the JPEG decoder gives for a third of the work; None where it cannot.

        It says nothing of what is wrong with a file: that is for `whole` to name.
        """
        if self.header.format != "jpeg" or max(self.header.width, self.header.height) < HALF_FROM:
            return None
        try:
            with JpegImageFile(io.BytesIO(self.data)) as image:
                plain = _is_plain(self.data, image)
        except (OSError, SyntaxError, ValueError, EOFError):
            return None
        size = ((self.header.width + 1) // 2, (self.header.height + 1) // 2)
        return _by_opencv(self.data, cv2.IMREAD_REDUCED_GRAYSCALE_2, size) if plain else None


def open_photo(source: bytes | Path) -> Opened:
    """Judge what `source` promises, or raise a `PhotoError`."""
    if isinstance(source, bytes):
        return _opened(source, "")
    try:
        size = source.stat().st_size
    except OSError as error:
        raise PhotoMissing(path=source.name) from error
    if size > MAX_BYTES:
        raise PhotoTooManyBytes(mb=round(size / 1e6, 1), limit=MAX_BYTES // 1_000_000)
    try:
        data = source.read_bytes()
    except OSError as error:
        raise PhotoMissing(path=source.name) from error
    return _opened(data, source.name)


def load_photo(source: bytes | Path | Photo) -> Photo:
    """Decode `source` within the limits, or raise a `PhotoError` that names what is wrong."""
    return source if isinstance(source, Photo) else open_photo(source).whole()


def half_of(photo: Photo) -> Rgb | None:
    """The half of a large photo that is decoded already; None of a small one."""
    if max(photo.width, photo.height) < HALF_FROM:
        return None
    return shrink(photo.rgb, (photo.width // 2, photo.height // 2))


def _opened(data: bytes, name: str) -> Opened:
    if len(data) > MAX_BYTES:
        raise PhotoTooManyBytes(mb=round(len(data) / 1e6, 1), limit=MAX_BYTES // 1_000_000)
    header = read_header(data)
    _judge(header)
    return Opened(data, name, header)


def _decode(data: bytes, name: str, header: Header) -> Photo:
    try:
        with _DECODERS[header.format](io.BytesIO(data)) as image:
            plain = _plain_jpeg(data, image) if isinstance(image, JpegImageFile) else None
            if plain is None:
                if isinstance(image, JpegImageFile):
                    _drafted(image)
                image.load()
                plain = _pixels(image)
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        cv2.error,
    ) as error:  # what decoders raise on damaged files
        if isinstance(error, PhotoColourMode):
            raise
        raise PhotoTruncated(bytes=len(data)) from error
    return Photo(plain, hashlib.sha256(data).hexdigest(), name, header.format)


def _is_plain(data: bytes, image: JpegImageFile) -> bool:
    """What a camera writes: whole, upright, in sRGB and not too large."""
    turned = image.getexif().get(ORIENTATION, 1) != 1
    if turned or image.info.get("icc_profile") or image.width * image.height > FULL_PIXELS:
        return False
    return data.endswith(END_OF_JPEG)


def _plain_jpeg(data: bytes, image: JpegImageFile) -> Rgb | None:
    """A plain photo decoded by OpenCV, which has the same decoder as Pillow and gives the same bytes, for a third of the time and of
    the memory. None for all else, cut files too: those are Pillow's to name.
    """
    if not _is_plain(data, image):
        return None
    return _into_own(data, image.size) if sys.platform == "linux" else _by_opencv(data, 0, image.size)


def _by_opencv(data: bytes, how: int, size: tuple[int, int]) -> Rgb | None:
    """`how` is a flag for the size alone: the one for half of it says grey by its name, and colour here by the next flag."""
    # OpenCV answers None for what it cannot read, which its types do not say.
    answer: Any = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), how | PLAIN)
    found: Rgb | None = answer
    return found if found is not None and found.shape == (size[1], size[0], 3) else None


def _into_own(data: bytes, size: tuple[int, int]) -> Rgb | None:
    """The same in full size, into memory that NumPy has asked for in large pages.

    What OpenCV decodes from bytes lies in memory of its own and is copied out of it: twelve megapixels take twice the time so, half of it for
    nine thousand small pages. It takes somebody else's memory only when it reads a file: here one that has no place on any disk.
    """
    picture = np.empty((size[1], size[0], 3), dtype=np.uint8)
    # It may also give the picture back untouched. Rows are written from above, and none ever looks like this one.
    picture[-1] = unwritten = np.random.default_rng(size[0]).integers(0, 256, picture.shape[1:], np.uint8)
    with os.fdopen(os.memfd_create("photo"), "wb") as file:
        file.write(data)
        file.flush()
        try:
            answer: Any = cv2.imread(f"/proc/self/fd/{file.fileno()}", picture, PLAIN)
        except cv2.error:
            return None
    found: Rgb | None = answer
    if found is None or found.shape != picture.shape or np.array_equal(found[-1], unwritten):
        return None
    return found


def _drafted(image: JpegImageFile) -> None:
    """Let the decoder itself shrink what is too large: the full picture is never in memory."""
    step = 1
    while image.width * image.height > FULL_PIXELS * step**2:
        step *= 2
    if step > 1:
        image.draft("RGB", (image.width // step, image.height // step))


def _judge(header: Header) -> None:
    most = MAX_PIXELS if header.format == "jpeg" else FULL_PIXELS
    if header.width * header.height > most:
        raise PhotoTooManyPixels(mp=round(header.width * header.height / 1e6, 1), limit=most // 1_000_000)
    if header.animated:
        raise PhotoAnimated
    if header.bits > 8:
        raise PhotoColourMode(mode=f"{header.bits}-bit")
    if header.mode not in {"rgb", "rgba"}:
        raise PhotoColourMode(mode=header.mode)
    if min(header.width, header.height) < MIN_SIDE:
        raise PhotoTooSmall(width=header.width, height=header.height, limit=MIN_SIDE)


def _pixels(image: Image) -> Rgb:
    profile = image.info.get("icc_profile")
    ImageOps.exif_transpose(image, in_place=True)
    upright: Image = image
    if upright.mode == "RGBA":
        # Screenshots carry an alpha channel that hides nothing; one that does hide something is refused.
        if upright.getchannel("A").getextrema() != (255, 255):
            raise PhotoColourMode(mode="alpha")
        upright = upright.convert("RGB")
    if upright.mode != "RGB":
        raise PhotoColourMode(mode=upright.mode)
    if profile:
        upright = _to_srgb(upright, profile)
    return np.ascontiguousarray(np.asarray(upright, dtype=np.uint8))


def _to_srgb(image: Image, profile: bytes) -> Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return image
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError) as error:
        raise PhotoColourMode(mode="icc") from error
    return image if converted is None else converted
