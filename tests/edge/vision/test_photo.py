"""Bad files are refused by name, within bounds of memory, before they are decoded where the header tells."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from edge.vision.errors import (
    PhotoAnimated,
    PhotoColourMode,
    PhotoError,
    PhotoMissing,
    PhotoNotAnImage,
    PhotoTooManyBytes,
    PhotoTooManyPixels,
    PhotoTooSmall,
    PhotoTruncated,
)
from edge.vision.photo import MAX_BYTES, Photo, load_photo
from edge.vision.scan import analyse
from edge.vision.texts import all_texts


def saved(image: Image.Image, kind: str, **options) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def png_header(width: int, height: int, bits: int = 8, colour: int = 2) -> bytes:
    """A PNG that promises a size and holds nothing."""
    ihdr = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunk = b"IHDR" + ihdr
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + b"\0" * 64
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_formats_are_read(astronaut, encoded, kind):
    photo = load_photo(encoded(astronaut, kind))
    assert (photo.width, photo.height) == (512, 512)
    assert np.abs(photo.rgb.astype(int) - astronaut).mean() < 6


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_lossless_photo_comes_back_byte_for_byte(astronaut, encoded, kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    assert np.array_equal(load_photo(encoded(astronaut, kind, **options)).rgb, astronaut)


@pytest.mark.parametrize(
    "options",
    [
        {"quality": 92},
        {"quality": 80, "subsampling": 0},
        {"quality": 85, "subsampling": 2, "progressive": True},
        {"quality": 60, "optimize": True},
    ],
)
def test_the_quick_way_gives_what_pillow_gives(astronaut, encoded, options):
    data = encoded(astronaut[:509, :507], "JPEG", **options)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(load_photo(data).rgb, np.asarray(image))


def test_a_jpeg_with_a_damaged_table_is_refused(astronaut, encoded):
    """Its header promises a picture and its end is there: what comes back must not be memory that nobody wrote."""
    data = encoded(astronaut, "JPEG").replace(b"\xff\xc4\x00\x1f\x00\x00", b"\xff\xc4\x00\x1f\x00\x8a")
    with pytest.raises(PhotoTruncated):
        load_photo(data)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_undone(astronaut, orientation):
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    upright = Image.fromarray(astronaut[:, :400])
    lying = upright if undo is None else upright.transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(load_photo(saved(lying, "PNG", exif=exif)).rgb, np.asarray(upright))


def test_a_rotated_photo_measures_the_same(astronaut, models, encoded):
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = saved(Image.fromarray(astronaut).transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)
    turned, plain = analyse(lying, models=models), analyse(encoded(astronaut), models=models)
    assert turned.accepted
    assert turned.concerns == plain.concerns
    assert turned.checks == plain.checks


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.0005, 0.02, 0.5, 0.9])
def test_a_truncated_file_is_refused(astronaut, encoded, kind, share):
    whole = encoded(astronaut, kind)
    cut = whole[: max(12, int(len(whole) * share))]
    with pytest.raises(PhotoTruncated):
        load_photo(cut)


def test_a_flipped_bit_in_a_png_is_refused(astronaut, encoded):
    whole = bytearray(encoded(astronaut))
    whole[len(whole) // 2] ^= 0x10
    with pytest.raises(PhotoTruncated):
        load_photo(bytes(whole))


@pytest.mark.parametrize(
    "content", [b"", b"x", b"hello, not a photo", b"GIF89a" + b"\0" * 50, b"BM" + b"\0" * 99]
)
def test_what_is_no_photo_is_refused(content):
    with pytest.raises(PhotoNotAnImage):
        load_photo(content)


def test_a_huge_header_is_refused_before_decoding():
    with pytest.raises(PhotoTooManyPixels) as refused:
        load_photo(png_header(100_000, 100_000))
    assert refused.value.data["mp"] == 10_000


def test_a_real_jpeg_of_too_many_pixels_is_refused():
    # 64 MP that pack into some kilobytes: the promise alone must be enough.
    with pytest.raises(PhotoTooManyPixels):
        load_photo(saved(Image.new("RGB", (8000, 8001)), "JPEG"))


@pytest.mark.parametrize("lossless", [False, True])
def test_a_webp_that_promises_too_many_pixels_is_refused(lossless):
    data = bytearray(saved(Image.new("RGB", (256, 256)), "WEBP", lossless=lossless))
    at = 21 if lossless else 26
    data[at : at + 4] = b"\xff\xff\xff\x0f" if lossless else b"\xff\x3f\xff\x3f"  # the largest each can say
    with pytest.raises(PhotoTooManyPixels):
        load_photo(bytes(data))


def test_a_file_of_too_many_bytes_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "big.jpg"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(PhotoTooManyBytes):
        load_photo(path)
    with pytest.raises(PhotoTooManyBytes):
        load_photo(b"\xff\xd8\xff" + bytes(MAX_BYTES))


def test_a_tiny_photo_is_refused():
    with pytest.raises(PhotoTooSmall):
        load_photo(saved(Image.new("RGB", (640, 100)), "PNG"))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused(kind):
    frames = [Image.new("RGB", (256, 256), colour) for colour in ("red", "blue")]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(PhotoAnimated):
        load_photo(data)


@pytest.mark.parametrize(
    ("mode", "kind", "named"),
    [
        ("CMYK", "JPEG", "cmyk"),
        ("L", "JPEG", "grey"),
        ("L", "PNG", "grey"),
        ("P", "PNG", "palette"),
        ("I;16", "PNG", "16-bit"),
    ],
)
def test_other_kinds_of_colour_are_refused_by_name(mode, kind, named):
    with pytest.raises(PhotoColourMode) as refused:
        load_photo(saved(Image.new(mode, (256, 256)), kind))
    assert refused.value.data["mode"] == named


def test_sixteen_bit_rgb_is_refused():
    with pytest.raises(PhotoColourMode) as refused:
        load_photo(png_header(256, 256, bits=16))
    assert refused.value.data["mode"] == "16-bit"


def test_a_see_through_photo_is_refused_and_an_opaque_one_is_not(astronaut):
    opaque = Image.fromarray(astronaut).convert("RGBA")
    assert np.array_equal(load_photo(saved(opaque, "PNG")).rgb, astronaut)
    opaque.putpixel((3, 3), (1, 2, 3, 100))
    with pytest.raises(PhotoColourMode) as refused:
        load_photo(saved(opaque, "PNG"))
    assert refused.value.data["mode"] == "alpha"


def test_a_colour_profile_is_converted_to_srgb(astronaut):
    # Lab's own profile stands for "some other space": what counts is that the profile is not ignored.
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(
        load_photo(saved(Image.fromarray(astronaut), "PNG", icc_profile=srgb)).rgb, astronaut
    )
    with pytest.raises(PhotoColourMode):
        load_photo(saved(Image.fromarray(astronaut), "PNG", icc_profile=b"not a profile" * 20))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(PhotoMissing):
        load_photo(tmp_path / "none.jpg")
    with pytest.raises(PhotoMissing):
        load_photo(tmp_path)


@pytest.mark.parametrize("seed", range(20))
def test_random_damage_never_raises_anything_unnamed(astronaut, encoded, seed):
    rng = np.random.default_rng(seed)
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = bytearray(encoded(astronaut, kind))
        for at in rng.integers(0, len(whole), 30):
            whole[at] = rng.integers(0, 256)
        try:
            photo = load_photo(bytes(whole))
        except PhotoError as error:
            assert error.code in all_texts()  # noqa: PT017  # damage may also go unnoticed
        else:
            assert isinstance(photo, Photo)


def test_every_error_has_its_two_sentences():
    def leaves(parent):
        for child in parent.__subclasses__():
            yield child
            yield from leaves(child)

    for kind in leaves(PhotoError):
        assert kind.code in all_texts()
        assert f"{kind.code}.instruction" in all_texts()
