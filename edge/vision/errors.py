"""What can go wrong with a photo, a model or a camera, each with a translation key and its figures.

Nobody shows `str(exc)` to a customer: `code` leads to a sentence in `texts.toml`, `data` fills its figures in.
"""

from __future__ import annotations

from typing import ClassVar

Figure = str | int | float


class VisionError(Exception):
    """Anything the skin scan refuses, by a name."""

    code: ClassVar[str] = "vision_error"

    def __init__(self, **data: Figure) -> None:
        super().__init__(f"{self.code} {data}" if data else self.code)
        self.data: dict[str, Figure] = data


class PhotoError(VisionError, ValueError):
    """Raised when bytes are not a photo that can be measured."""

    code = "photo_unreadable"


class PhotoMissing(PhotoError, FileNotFoundError):
    """Raised when there is no readable file at the path."""

    code = "photo_missing"


class PhotoNotAnImage(PhotoError):
    """Raised when the bytes are no JPEG, PNG or WebP."""

    code = "photo_not_an_image"


class PhotoTruncated(PhotoError):
    """Raised when the file ends before the picture does, or is damaged inside."""

    code = "photo_truncated"


class PhotoTooManyBytes(PhotoError):
    """Raised when the file is larger than any camera of ours writes."""

    code = "photo_too_many_bytes"


class PhotoTooManyPixels(PhotoError):
    """Raised when the header promises more pixels than memory is meant for; nothing was decoded."""

    code = "photo_too_many_pixels"


class PhotoTooSmall(PhotoError):
    """Raised when the picture is too small to hold a face worth measuring."""

    code = "photo_too_small"


class PhotoAnimated(PhotoError):
    """Raised when the file holds several pictures."""

    code = "photo_animated"


class PhotoColourMode(PhotoError):
    """Raised when the pixels are not 8-bit RGB: CMYK, 16-bit, grey, palette or see-through."""

    code = "photo_colour_mode"


class FaceError(VisionError, LookupError):
    """Raised when there is not exactly one face with two eyes to measure."""

    code = "no_face"


class NoFace(FaceError):
    """Raised when no face was found."""

    code = "no_face"


class SeveralFaces(FaceError):
    """Raised when more than one large face is in the picture."""

    code = "several_faces"


class EyesNotFound(FaceError):
    """Raised when a face is there but its eyes, which give the scale, are not found."""

    code = "eyes_not_found"


class ModelRefused(VisionError, RuntimeError):
    """Raised when a model file is not the one its manifest names, or does not keep its contract."""

    code = "model_refused"


class CameraError(VisionError, OSError):
    """Raised when a camera does not open or stops giving pictures."""

    code = "camera_lost"


class NotComparable(VisionError, ValueError):
    """Raised when two scans must not be compared; `data` says why."""

    code = "not_comparable"
