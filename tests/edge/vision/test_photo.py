"""Bad files are refused by name, within bounds of memory, before they are decoded where the header tells."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
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


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_cannot_be_decoded_smaller_may_have_fewer_pixels(kind):
    """17 MP of a JPEG are decoded at a half; these would all be in memory, three times over."""
    with pytest.raises(PhotoTooManyPixels) as refused:
        load_photo(saved(Image.new("RGB", (4200, 4100)), kind))
    assert refused.value.data["limit"] == 16
    half = load_photo(saved(Image.new("RGB", (4200, 4100)), "JPEG"))
    assert (half.width, half.height) == (2100, 2050)


def png_bomb(side: int) -> bytes:
    """A true black PNG of many pixels in few bytes."""
    rows = zlib.compressobj(1)
    packed = b"".join(rows.compress(b"\0" * (3 * side + 1)) for _ in range(side)) + rows.flush()
    idat = b"IDAT" + packed
    end = struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    return (
        png_header(side, side)[:33]
        + struct.pack(">I", len(packed))
        + idat
        + struct.pack(">I", zlib.crc32(idat))
        + end
    )


def jpeg_that_promises(side: int) -> bytes:
    """A whole small JPEG whose header says another size: a decoder finds too little."""
    data = bytearray(saved(Image.effect_noise((256, 256), 90).convert("RGB"), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", side, side)
    return bytes(data)


def test_garbage_of_a_hundred_megapixels_takes_no_memory(tmp_path):
    """In a process of its own, by what the system says that it ever held. Decoded, each would be 300 MB."""
    Image.MAX_IMAGE_PIXELS, most = None, Image.MAX_IMAGE_PIXELS
    try:
        flat = saved(Image.new("RGB", (10_000, 10_000)), "JPEG", quality=30)
        bomb = png_bomb(10_000)
        assert Image.open(io.BytesIO(bomb)).size == (10_000, 10_000), "a PNG, not only a header"
    finally:
        Image.MAX_IMAGE_PIXELS = most
    kinds = {"flat.jpg": flat, "bomb.png": bomb, "promise.jpg": jpeg_that_promises(10_000)}
    for name, data in kinds.items():
        (tmp_path / name).write_bytes(data)
    tried = subprocess.run(  # our own program
        [sys.executable, "-c", HELD, *(str(tmp_path / name) for name in kinds)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    *codes, held_mb = tried.stdout.split()
    assert codes == ["photo_too_many_pixels"] * len(kinds)
    assert int(held_mb) < 20


HELD = """
import resource, sys
from pathlib import Path
from edge.vision.errors import PhotoError
from edge.vision.photo import load_photo
def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = most()
for path in sys.argv[1:]:
    try:
        load_photo(Path(path))
        print("taken")
    except PhotoError as error:
        print(error.code)
print(most() - before)
"""


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


# Primaries as X, Y, Z of the D50 that ICC profiles are in: columns red, green, blue.
SRGB_D50 = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
P3_D50 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])


def matrix_profile(primaries: np.ndarray, gamma: float = 2.2) -> bytes:
    """A display's ICC profile, version 2.1: three primaries and a gamma (ICC.1:2001-04, 6.3.1.2)."""

    def xyz(values):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(gamma * 256))
    name = b"Display P3 as a test\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + b"\0" * 78,
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        **{key + b"XYZ": xyz(primaries[:, k]) for k, key in enumerate((b"r", b"g", b"b"))},
        **{key + b"TRC": curve for key in (b"r", b"g", b"b")},
    }
    table, body = struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        table += struct.pack(">4sII", tag, 128 + 4 + 12 * len(tags) + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    head = struct.pack(
        ">I4sI4s4s4s", 132 + 12 * len(tags) + len(body), b"test", 0x02100000, b"mntr", b"RGB ", b"XYZ "
    )
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    head += b"".join(struct.pack(">i", round(v * 65536)) for v in (0.9642, 1.0, 0.8249))
    return head.ljust(128, b"\0") + table + body


def test_a_colour_profile_is_converted_to_srgb(astronaut):
    """A phone's Display P3 and the same colours in sRGB, by the primaries of each (SMPTE EG 432-1, IEC 61966-2-1) and gamma 2.2."""
    wide = np.full((256, 256, 3), (190, 120, 95), dtype=np.uint8)
    linear = (np.array([190, 120, 95]) / 255) ** 2.2
    within = np.linalg.inv(SRGB_D50) @ P3_D50 @ linear
    expected = 255 * np.where(within <= 0.0031308, 12.92 * within, 1.055 * within ** (1 / 2.4) - 0.055)
    for kind in ("PNG", "JPEG"):
        options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
        data = saved(Image.fromarray(wide), kind, icc_profile=matrix_profile(P3_D50), **options)
        shown = load_photo(data).rgb[128, 128].astype(float)
        assert np.abs(shown - expected).max() < 2.0, kind
        assert shown[0] - 190 > 6, "redder than its bytes say"
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
